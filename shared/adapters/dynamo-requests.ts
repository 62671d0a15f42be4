// Requests to DynamoDB made of what an adapter wants: expressions with every name and value aliased, and page cursors.

import * as v from 'valibot';
import { PermanentError } from '#domain/errors.ts';
import { TABLE_KEYS } from '#names/keys.ts';

export type Item = Record<string, unknown>;
export type Key = { readonly pk: string; readonly sk: string };

/** One update of one item. Attribute names are written as `#name`, values as `:name`. */
export type Change = {
  /** attributes with their new values; null removes one. A name may carry a list index: `history[3]` */
  readonly set: Item;
  /** attributes that keep the value they have */
  readonly setIfAbsent?: Item;
  /** numbers that grow by so much */
  readonly add?: Readonly<Record<string, number>>;
  readonly condition: string;
  /** values that the condition names */
  readonly values?: Item;
};

/** @property name null for the table itself, which is read consistently; an index cannot be */
type Index = { readonly name: string | null; readonly partition: string; readonly sort: string };
export const TABLE = { name: null, ...TABLE_KEYS } as const satisfies Index;
/** The items of one partition of an index, or of the table, in the order of their sort key or against it. */
export type IndexQuery = {
  readonly index: Index;
  readonly partition: string;
  readonly sort?: { readonly startsWith: string } | { readonly from: string };
  readonly newestFirst?: true;
};

export const alias = (attribute: string) => `#${attribute}`;
export const namesIn = (...expressions: string[]): Record<string, string> =>
  Object.fromEntries(
    expressions
      .join(' ')
      .match(/#\w+/g)
      ?.map((name) => [name, name.slice(1)]) ?? [],
  );

export const updateRequest = (change: Change) => {
  const values: Item = { ...change.values, ...(change.add && { ':zero': 0 }) };
  const assign = (entries: Item, expression: (name: string, value: string) => string, prefix: string) =>
    Object.entries(entries)
      .filter(([, value]) => value !== null)
      .map(([attribute, value], position) => {
        const name = `:${prefix}${position}`;
        values[name] = value;
        return expression(alias(attribute), name);
      });
  const assignments = [
    ...assign(change.set, (name, value) => `${name} = ${value}`, 'set'),
    ...assign(change.add ?? {}, (name, value) => `${name} = if_not_exists(${name}, :zero) + ${value}`, 'add'),
    ...assign(change.setIfAbsent ?? {}, (name, value) => `${name} = if_not_exists(${name}, ${value})`, 'once'),
  ];
  const removals = Object.entries(change.set)
    .filter(([, value]) => value === null)
    .map(([attribute]) => alias(attribute));
  const expression = [
    assignments.length > 0 ? `SET ${assignments.join(', ')}` : '',
    removals.length > 0 ? `REMOVE ${removals.join(', ')}` : '',
  ]
    .join(' ')
    .trim();
  return {
    UpdateExpression: expression,
    ConditionExpression: change.condition,
    ExpressionAttributeNames: namesIn(expression, change.condition),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
};

// A cursor is where the last page ended, and names the index and partition that it belongs to.
const Cursor = v.tuple([v.nullable(v.string()), v.string(), v.string(), v.string(), v.string()]);
const badCursor = () =>
  new PermanentError(
    'CURSOR_INVALID',
    'expected the cursor of the previous page of this list; start again without one',
  );

export const cursorOf = ({ index, partition }: IndexQuery, lastKey: Item): string =>
  Buffer.from(
    JSON.stringify([
      index.name,
      partition,
      lastKey[index.sort],
      lastKey[TABLE_KEYS.partition],
      lastKey[TABLE_KEYS.sort],
    ]),
  ).toString('base64url');

/** @throws PermanentError for a cursor that is none, or that is of another list */
export const startOf = ({ index, partition, sort: within }: IndexQuery, cursor: string): Item => {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw badCursor();
  }
  const parsed = v.safeParse(Cursor, decoded);
  if (!parsed.success || parsed.output[0] !== index.name || parsed.output[1] !== partition) throw badCursor();
  const [, , sort, pk, sk] = parsed.output;
  // DynamoDB takes no start outside of what is asked for
  if (within !== undefined && 'startsWith' in within && !sort.startsWith(within.startsWith)) throw badCursor();
  return { [TABLE_KEYS.partition]: pk, [TABLE_KEYS.sort]: sk, [index.partition]: partition, [index.sort]: sort };
};

export const queryRequest = (query: IndexQuery) => {
  const { index, partition, sort, newestFirst = false } = query;
  const conditions = [`${alias(index.partition)} = :partition`];
  const values: Item = { ':partition': partition };
  if (sort !== undefined && 'from' in sort) {
    conditions.push(`${alias(index.sort)} >= :sort`);
    values[':sort'] = sort.from;
  } else if (sort !== undefined && sort.startsWith !== '') {
    conditions.push(`begins_with(${alias(index.sort)}, :sort)`);
    values[':sort'] = sort.startsWith;
  }
  const condition = conditions.join(' AND ');
  return {
    ...(index.name === null ? { ConsistentRead: true } : { IndexName: index.name }),
    ScanIndexForward: !newestFirst,
    KeyConditionExpression: condition,
    ExpressionAttributeNames: namesIn(condition),
    ExpressionAttributeValues: values,
  };
};
