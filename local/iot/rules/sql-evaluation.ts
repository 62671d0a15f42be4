// Applies a query to one message. Undefined values follow the AWS IoT SQL reference: a comparison with one is not true.

import { randomUUID } from 'node:crypto';
import type { Message } from '../message-bus.ts';
import { type Comparison, type Expression, type FunctionName, type Query, SqlError } from './sql.ts';

export type Surroundings = {
  readonly accountId: string;
  /** epoch milliseconds */
  readonly now: () => number;
};

type Scope = Surroundings & { readonly message: Message; readonly payload: unknown };

/** What clientid() gives for a message that did not come over MQTT (AWS IoT SQL reference, functions). */
export const NO_CLIENT_ID = 'n/a';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined when the payload is not JSON: then no path in it leads anywhere. */
const parsePayload = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
};

const fieldAt = (value: unknown, path: readonly string[]): unknown => {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  return isRecord(value) && Object.hasOwn(value, first) ? fieldAt(value[first], rest) : undefined;
};

const FUNCTIONS: Readonly<Record<FunctionName, (scope: Scope, argument: number | null) => unknown>> = {
  accountid: ({ accountId }) => accountId,
  clientid: ({ message }) => message.clientId ?? NO_CLIENT_ID,
  newuuid: () => randomUUID(),
  principal: ({ message }) => message.principal ?? undefined,
  timestamp: ({ now }) => now(),
  topic: ({ message: { topic } }, level) => (level === null ? topic : topic.split('/')[level - 1]),
};

/** Numbers and strings that read as numbers are compared as numbers; other pairs of types are not ordered. */
const comparable = (left: unknown, right: unknown): [number, number] | [string, string] | null => {
  if (typeof left === 'string' && typeof right === 'string') return [left, right];
  const [a, b] = [left, right].map((value) => {
    if (typeof value === 'number') return value;
    return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null;
  });
  return typeof a === 'number' && typeof b === 'number' ? [a, b] : null;
};

const compare = (operator: Comparison, left: unknown, right: unknown): boolean | undefined => {
  if (left === undefined || right === undefined) return undefined;
  const pair = comparable(left, right);
  if (operator === '=' || operator === '<>' || operator === '!=') {
    const equal = pair === null ? left === right : pair[0] === pair[1];
    return operator === '=' ? equal : !equal;
  }
  if (pair === null) return undefined;
  const [a, b] = pair;
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
};

const negate = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? !value : undefined);

const evaluate = (expression: Expression, scope: Scope): unknown => {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path':
      return fieldAt(scope.payload, expression.path);
    case 'call':
      return FUNCTIONS[expression.name](scope, expression.argument);
    case 'compare':
      return compare(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'and':
      return evaluate(expression.left, scope) === true && evaluate(expression.right, scope) === true;
    case 'or':
      return evaluate(expression.left, scope) === true || evaluate(expression.right, scope) === true;
    case 'not':
      return negate(evaluate(expression.operand, scope));
  }
};

/**
 * @returns what the actions get, or null when WHERE is not true. `SELECT *` alone hands the payload on as it came,
 * whatever it is.
 * @throws SqlError when `*` is joined with other fields and the payload is not a JSON object
 */
export const applyQuery = (query: Query, message: Message, surroundings: Surroundings): Uint8Array | null => {
  const payload = parsePayload(message.payload);
  const scope = { ...surroundings, message, payload };
  if (query.where !== null && evaluate(query.where, scope) !== true) return null;
  if (query.all && query.fields.length === 0) return message.payload;
  if (query.all && !isRecord(payload))
    throw new SqlError('the payload is not a JSON object, so * has no fields to give');
  const fields = query.fields.map(({ name, expression }) => [name, evaluate(expression, scope)]);
  const selected: unknown = { ...(query.all && isRecord(payload) ? payload : {}), ...Object.fromEntries(fields) };
  return Buffer.from(JSON.stringify(selected));
};
