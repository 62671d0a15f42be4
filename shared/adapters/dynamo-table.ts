// The registry table as its adapters see it: consistent reads, single-item conditional writes, queries by page.
// No scan and no transaction: every access is by key or index.

import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type ReturnValue,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { TransientError } from '#domain/errors.ts';
import type { Page, PageRequest } from '#ports/trust-registry.ts';
import {
  type Change,
  cursorOf,
  type IndexQuery,
  type Item,
  type Key,
  queryRequest,
  startOf,
  TABLE,
  updateRequest,
} from './dynamo-requests.ts';
import { awsCall } from './sdk-errors.ts';

/** The item after the write; or, when the condition did not hold, the item that stood in the way, if there is one. */
export type Written =
  | { readonly written: true; readonly item: Item }
  | { readonly written: false; readonly item: Item | null };

export type RegistryTable = {
  get(key: Key): Promise<Item | null>;
  /** Consistent, up to 100 items in one call; those that do not exist are left out. */
  getAll(keys: readonly Key[]): Promise<Item[]>;
  /** The same, each under its name; null for what does not exist, and for what is not asked for. */
  getSet<Name extends string>(keys: Readonly<Record<Name, Key | null>>): Promise<Readonly<Record<Name, Item | null>>>;
  update(key: Key, change: Change): Promise<Written>;
  query(query: IndexQuery, page: PageRequest): Promise<Page<Item>>;
  /** Consistent: every item of one partition of the table whose sort key starts so, as many at a time as one answer holds. */
  itemsUnder(partition: string, startsWith: string): AsyncGenerator<Item[]>;
  /** Writes and deletes without condition, for items that nobody refers to. */
  putAll(items: readonly (Key & Item)[]): Promise<void>;
  deleteAll(keys: readonly Key[]): Promise<void>;
};

/** UnprocessedKeys and UnprocessedItems are a throttle in another dress: waits before each further attempt. */
const BATCH_WAITS_MS = [50, 100, 200, 400, 800];
// BatchGetItem takes 100 keys, BatchWriteItem 25 items (DynamoDB API reference). A few batches at once keep a large list
// within a request's time.
const BATCH_GET_LIMIT = 100;
const BATCH_WRITE_LIMIT = 25;
const BATCHES_AT_ONCE = 8;
const batchesOf = <T>(all: readonly T[], size: number): readonly T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));

/** The document client leaves the item of a failed condition as it came over the wire; the table holds these types only. */
const plain = (value: AttributeValue): unknown => {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(plain);
  if (value.M !== undefined) return plainItem(value.M);
  throw new TypeError(`expected an attribute of type S, N, BOOL, NULL, L or M, got ${Object.keys(value).join()}`);
};
const plainItem = (item: Record<string, AttributeValue>): Item =>
  Object.fromEntries(Object.entries(item).map(([attribute, value]) => [attribute, plain(value)]));

/** True as well when what stands in the way is the write itself: its answer was lost, and the SDK sent it again. */
export const stands = (outcome: Written, set: Item): boolean =>
  outcome.written ||
  (outcome.item !== null &&
    Object.entries(set).every(([attribute, value]) => isDeepStrictEqual(outcome.item?.[attribute] ?? null, value)));

/** @param client with the retries and the endpoint that its maker chose */
export const registryTable = (client: DynamoDBClient, tableName: string): RegistryTable => {
  const documents = DynamoDBDocumentClient.from(client);

  const batchGet = async (keys: readonly Key[]): Promise<Item[]> => {
    const found: Item[] = [];
    let left: Item[] = [...keys];
    for (const pause of [...BATCH_WAITS_MS, null]) {
      const request = new BatchGetCommand({ RequestItems: { [tableName]: { Keys: left, ConsistentRead: true } } });
      const output = await awsCall('dynamodb:BatchGetItem', documents.send(request));
      found.push(...(output.Responses?.[tableName] ?? []));
      left = output.UnprocessedKeys?.[tableName]?.Keys ?? [];
      if (left.length === 0) return found;
      if (pause !== null) await wait(pause);
    }
    throw new TransientError(`dynamodb:BatchGetItem left ${left.length} items unread`);
  };

  const getAll = async (keys: readonly Key[]): Promise<Item[]> =>
    (await Promise.all(batchesOf(keys, BATCH_GET_LIMIT).map(batchGet))).flat();

  const batchWrite = async (requests: readonly Item[]): Promise<void> => {
    let left = [...requests];
    for (const pause of [...BATCH_WAITS_MS, null]) {
      const output = await awsCall(
        'dynamodb:BatchWriteItem',
        documents.send(new BatchWriteCommand({ RequestItems: { [tableName]: left } })),
      );
      left = output.UnprocessedItems?.[tableName] ?? [];
      if (left.length === 0) return;
      if (pause !== null) await wait(pause);
    }
    throw new TransientError(`dynamodb:BatchWriteItem left ${left.length} items unwritten`);
  };

  const batchWriteAll = async (requests: readonly Item[]): Promise<void> => {
    const batches = batchesOf(requests, BATCH_WRITE_LIMIT).values();
    const worker = async () => {
      for (const batch of batches) await batchWrite(batch);
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
  };

  const queryOutput = (request: Omit<QueryCommandInput, 'TableName'>) =>
    awsCall('dynamodb:Query', documents.send(new QueryCommand({ TableName: tableName, ...request })));

  return {
    get: async (key) => {
      const request = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true });
      return (await awsCall('dynamodb:GetItem', documents.send(request))).Item ?? null;
    },

    getAll,

    getSet: async (keys) => {
      const named = Object.entries<Key | null>(keys);
      const items = await getAll(named.flatMap(([, key]) => key ?? []));
      const at = (key: Key | null) => items.find(({ pk, sk }) => pk === key?.pk && sk === key?.sk) ?? null;
      return Object.fromEntries(named.map(([name, key]) => [name, at(key)])) as Record<keyof typeof keys, Item | null>;
    },

    update: async (key, change) => {
      const request = new UpdateCommand({
        TableName: tableName,
        Key: key,
        ...updateRequest(change),
        ReturnValues: 'ALL_NEW' satisfies ReturnValue,
        // tells why a condition failed without a second call
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        const output = await awsCall('dynamodb:UpdateItem', documents.send(request));
        return { written: true, item: output.Attributes ?? {} };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { written: false, item: error.Item === undefined ? null : plainItem(error.Item) };
      }
    },

    query: async (query, page) => {
      const output = await queryOutput({
        ...queryRequest(query),
        Limit: page.limit,
        ...(page.cursor !== null && { ExclusiveStartKey: startOf(query, page.cursor) }),
      });
      return {
        items: output.Items ?? [],
        cursor: output.LastEvaluatedKey === undefined ? null : cursorOf(query, output.LastEvaluatedKey),
      };
    },

    async *itemsUnder(partition, startsWith) {
      const request = queryRequest({ index: TABLE, partition, sort: { startsWith } });
      let start: Item | undefined;
      do {
        const output = await queryOutput({ ...request, ...(start !== undefined && { ExclusiveStartKey: start }) });
        yield output.Items ?? [];
        start = output.LastEvaluatedKey;
      } while (start !== undefined);
    },

    putAll: (items) => batchWriteAll(items.map((item) => ({ PutRequest: { Item: item } }))),
    deleteAll: (keys) => batchWriteAll(keys.map((key) => ({ DeleteRequest: { Key: key } }))),
  };
};

export const keyOf = ({ pk, sk }: Item): Key => ({ pk: String(pk), sk: String(sk) });

/** Reads many items of a page in the page's order: an index carries only what a line of a list needs. */
export const itemsInOrder = async (table: RegistryTable, page: Page<Item>): Promise<Page<Item>> => {
  const keys = page.items.map(keyOf);
  const found = new Map(
    (await table.getAll(keys)).map((item) => [`${String(item['pk'])} ${String(item['sk'])}`, item]),
  );
  const items = keys.map(({ pk, sk }) => found.get(`${pk} ${sk}`)).filter((item) => item !== undefined);
  return { items, cursor: page.cursor };
};

/** @throws Error naming the item when it is not what the contract says: the table was written by something else */
export const parseItem = <const Schema extends v.GenericSchema>(schema: Schema, item: Item): v.InferOutput<Schema> => {
  const parsed = v.safeParse(schema, item);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `registry item ${String(item['pk'])} is not readable: ${v.getDotPath(issue) ?? 'item'}: ${issue.message}; restore it from a backup`,
  );
};
