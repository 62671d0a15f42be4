// What the routes of the management API have in common: shapes of names, times and pages, and of a route itself.

import * as v from 'valibot';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';

export const tenantName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected a tenant name: a-z, 0-9 and -, 1 to 32 characters, no underscore'),
);
export const fingerprint = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 fingerprint: 64 lower-case hex digits'),
);
export const time = v.pipe(v.string(), v.isoTimestamp('expected an ISO 8601 time in UTC such as 2026-01-31T12:00:00Z'));
export const state = v.picklist(CERTIFICATE_STATES, `expected one of ${CERTIFICATE_STATES.join(', ')}`);
export const pageQuery = {
  limit: v.optional(v.pipe(v.string(), v.regex(/^([1-9]\d?|100)$/, 'expected a limit from 1 to 100'))),
  cursor: v.optional(v.pipe(v.string(), v.maxLength(2_048))),
};

export const page = <const Key extends string, Item extends v.GenericSchema>(key: Key, item: Item) =>
  v.object({ [key]: v.array(item), cursor: v.nullable(v.string()) } as {
    [K in Key]: v.ArraySchema<Item, undefined>;
  } & {
    cursor: v.NullableSchema<v.StringSchema<undefined>, undefined>;
  });

export const none = v.strictObject({});
export const pages = v.strictObject(pageQuery);
export const tenantPath = v.object({ tenant: tenantName });
/** a client id or a certificate fingerprint */
const device = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9:_-]{1,128}$/, 'expected a client id or a certificate fingerprint'),
);
export const devicePath = v.object({ tenant: tenantName, device });
export const operatorDevicePath = v.object({ device });

/** RFC 9457 problem details, with our code. */
export const Problem = v.object({
  type: v.literal('about:blank'),
  title: v.string(),
  status: v.number(),
  code: v.string(),
  detail: v.string(),
  requestId: v.string(),
});
export type Problem = v.InferOutput<typeof Problem>;

export type RouteShape = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly params: v.GenericSchema;
  readonly query: v.GenericSchema;
  readonly body: v.GenericSchema;
  readonly status: 200 | 201 | 202;
  readonly response: v.GenericSchema;
};

/** What a table of routes says of one of them. */
export type Routes = Record<string, RouteShape>;
export type Params<Table extends Routes, Id extends keyof Table> = v.InferOutput<Table[Id]['params']>;
export type Query<Table extends Routes, Id extends keyof Table> = v.InferOutput<Table[Id]['query']>;
export type Body<Table extends Routes, Id extends keyof Table> = v.InferOutput<Table[Id]['body']>;
export type Response<Table extends Routes, Id extends keyof Table> = v.InferOutput<Table[Id]['response']>;
