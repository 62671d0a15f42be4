// Reads requests and writes responses of the REST-JSON protocol by the schema of the operation.

import type { NormalizedSchema } from '@smithy/core/schema';
import { IotError, invalidRequest, NOT_EMULATED } from './errors.ts';
import type { ApiModel } from './model.ts';
import type { Route } from './routing.ts';

export type RestRequest = {
  readonly method: string;
  /** percent-encoded, without the query */
  readonly path: string;
  readonly query: URLSearchParams;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

export type RestResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const unexpected = (path: string, expected: string) => invalidRequest(`expected ${expected} at '${path}'`);

/** A value of the query, a header or the path: text that stands for a string, a number or a boolean. */
const readText = (schema: NormalizedSchema, text: string, path: string): unknown => {
  if (schema.isBooleanSchema()) {
    if (text !== 'true' && text !== 'false') throw unexpected(path, 'true or false');
    return text === 'true';
  }
  if (!schema.isNumericSchema()) return text;
  if (!/^-?\d+$/.test(text)) throw unexpected(path, 'a whole number');
  return Number(text);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value of the JSON payload. Unknown members of a structure are dropped, as AWS drops them. */
const readJson = (schema: NormalizedSchema, value: unknown, path: string): unknown => {
  if (schema.isStructSchema()) {
    if (!isRecord(value)) throw unexpected(path, 'an object');
    const members = [...schema.structIterator()].filter(([name]) => value[name] !== undefined && value[name] !== null);
    return Object.fromEntries(
      members.map(([name, member]) => [name, readJson(member, value[name], `${path}.${name}`)]),
    );
  }
  if (schema.isMapSchema()) {
    if (!isRecord(value)) throw unexpected(path, 'an object');
    const member = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, readJson(member, item, `${path}.${key}`)]),
    );
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw unexpected(path, 'a list');
    return value.map((item, index) => readJson(schema.getValueSchema(), item, `${path}.${index}`));
  }
  if (schema.isBooleanSchema() && typeof value !== 'boolean') throw unexpected(path, 'a boolean');
  if (schema.isNumericSchema() && typeof value !== 'number') throw unexpected(path, 'a number');
  if (schema.isStringSchema() && typeof value !== 'string') throw unexpected(path, 'a string');
  return value;
};

const parsePayload = (body: string): Record<string, unknown> => {
  if (body === '') return {};
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch (cause) {
    throw Object.assign(invalidRequest('the request body is not JSON'), { cause });
  }
  if (!isRecord(payload)) throw unexpected('body', 'an object');
  return payload;
};

const readMember = (
  name: string,
  schema: NormalizedSchema,
  { labels }: Route,
  request: RestRequest,
  payload: Record<string, unknown>,
): unknown => {
  const { httpLabel, httpQuery, httpHeader } = schema.getMergedTraits();
  if (httpLabel === undefined && httpQuery === undefined && httpHeader === undefined) {
    const value = payload[name];
    return value === undefined || value === null ? undefined : readJson(schema, value, name);
  }
  const header = httpHeader === undefined ? undefined : request.headers[httpHeader.toLowerCase()];
  const text = httpLabel === undefined ? (header ?? request.query.get(httpQuery ?? '')) : labels[name];
  return typeof text === 'string' ? readText(schema, text, name) : undefined;
};

/** @throws InvalidRequestException when a required member is absent or a member has the wrong type */
export const readInput = (route: Route, request: RestRequest): Record<string, unknown> => {
  const { input, required } = route.model;
  if (input.isUnitSchema()) return {};
  const payload = parsePayload(request.body);
  const members = [...input.structIterator()].flatMap(([name, schema]) => {
    const value = readMember(name, schema, route, request, payload);
    return value === undefined ? [] : [[name, value] as const];
  });
  const given = Object.fromEntries(members);
  const missing = [...required].find((name) => given[name] === undefined);
  if (missing !== undefined) throw invalidRequest(`Missing required parameter: ${missing}`);
  return given;
};

/** Only members of the schema are written; times are seconds since 1970, as REST-JSON has them. */
const writeJson = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map((item) => writeJson(schema.getValueSchema(), item));
  if (!isRecord(value)) return value;
  const memberSchemas = schema.isStructSchema()
    ? [...schema.structIterator()]
    : Object.keys(value).map((key) => [key, schema.getValueSchema()] as const);
  return Object.fromEntries(memberSchemas.map(([name, member]) => [name, writeJson(member, value[name])]));
};

const respond = (status: number, headers: Record<string, string>, body: unknown): RestResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const writeOutput = ({ model }: Route, output: object): RestResponse =>
  respond(model.status, {}, model.output.isUnitSchema() ? {} : writeJson(model.output, output));

/** An error that the API does not have is its `InternalFailureException`. */
export const writeError = (error: unknown, { errorStatus }: ApiModel): RestResponse => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const details = error instanceof IotError ? error.details : {};
  if (name === NOT_EMULATED) return respond(501, { 'x-amzn-errortype': name }, { message });
  const type = errorStatus.has(name) ? name : 'InternalFailureException';
  return respond(errorStatus.get(type) ?? 500, { 'x-amzn-errortype': type }, { message, ...details });
};
