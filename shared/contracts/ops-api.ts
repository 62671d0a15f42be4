// The management API: every route with the shapes that cross it. The stack, the function, the command line and the
// OpenAPI document are all made from this table.

import * as v from 'valibot';
import { CAUSES, CERTIFICATE_STATES } from '#domain/certificate.ts';

const tenantName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected a tenant name: a-z, 0-9 and -, 1 to 32 characters, no underscore'),
);
const fingerprint = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 fingerprint: 64 lower-case hex digits'),
);
const time = v.pipe(v.string(), v.isoTimestamp('expected an ISO 8601 time in UTC such as 2026-01-31T12:00:00Z'));
const state = v.picklist(CERTIFICATE_STATES, `expected one of ${CERTIFICATE_STATES.join(', ')}`);
const admission = v.picklist(['auto', 'approve'], 'expected auto or approve');
/** At most this many common names in one allow-list: what one API request can carry and write within its timeout. */
export const ALLOW_LIST_LIMIT = 10_000;
const allowCn = v.nullable(
  v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    v.maxLength(ALLOW_LIST_LIMIT, `expected at most ${ALLOW_LIST_LIMIT} common names`),
  ),
);

const pageQuery = {
  limit: v.optional(v.pipe(v.string(), v.regex(/^([1-9]\d?|100)$/, 'expected a limit from 1 to 100'))),
  cursor: v.optional(v.pipe(v.string(), v.maxLength(2_048))),
};

export const TenantView = v.object({
  tenant: tenantName,
  naming: v.string(),
  admission,
  /** number of CNs is not kept; whether a list is in force is */
  allowList: v.boolean(),
  createdAt: time,
});
export type TenantView = v.InferOutput<typeof TenantView>;

export const AnchorView = v.object({
  fingerprint,
  tenant: tenantName,
  state: v.picklist(['ACTIVE', 'REVOKED']),
  proof: v.picklist(['OPERATOR']),
  subject: v.string(),
  validFrom: time,
  validTo: time,
  registeredAt: time,
  registeredBy: v.string(),
  pem: v.string(),
});
export type AnchorView = v.InferOutput<typeof AnchorView>;

export const ListedDevice = v.object({
  clientId: v.nullable(v.string()),
  fingerprint,
  tenant: tenantName,
  anchor: fingerprint,
  state,
  reason: v.nullable(v.string()),
  seen: v.nullable(v.string()),
  firstSeenAt: time,
  decidedAt: v.nullable(time),
  validTo: v.nullable(time),
});
export type ListedDevice = v.InferOutput<typeof ListedDevice>;

const CertificateView = v.object({
  fingerprint,
  /** certificates of several tenants may give one client id; null until it is decided */
  tenant: v.nullable(tenantName),
  anchor: v.nullable(fingerprint),
  state,
  reason: v.nullable(v.string()),
  seen: v.nullable(v.string()),
  causes: v.array(v.picklist(CAUSES)),
  subject: v.nullable(v.string()),
  validTo: v.nullable(time),
  firstSeenAt: time,
  decidedAt: v.nullable(time),
  /** oldest first, bounded */
  history: v.array(
    v.object({ at: time, actor: v.string(), state, reason: v.nullable(v.string()), seen: v.nullable(v.string()) }),
  ),
});

export const DeviceView = v.object({
  clientId: v.nullable(v.string()),
  tenant: v.nullable(tenantName),
  state,
  reason: v.nullable(v.string()),
  seen: v.nullable(v.string()),
  /** what an operator does about the reason; null when there is nothing to do */
  advice: v.nullable(v.string()),
  thingName: v.nullable(v.string()),
  permissionSet: v.nullable(v.string()),
  certificates: v.array(CertificateView),
  presence: v.nullable(
    v.object({
      connected: v.boolean(),
      at: time,
      ip: v.nullable(v.string()),
      disconnectReason: v.nullable(v.string()),
    }),
  ),
  /** the last attempt with a client id that is not this device's */
  mismatch: v.nullable(
    v.object({
      code: v.literal('CLIENT_ID_MISMATCH'),
      tried: v.string(),
      at: time,
      ip: v.nullable(v.string()),
      count: v.number(),
    }),
  ),
});
export type DeviceView = v.InferOutput<typeof DeviceView>;

export const RejectedEventView = v.object({
  id: v.string(),
  at: time,
  source: v.string(),
  code: v.string(),
  reason: v.string(),
  body: v.string(),
});
export type RejectedEventView = v.InferOutput<typeof RejectedEventView>;

export const BrokerView = v.object({ host: v.string(), port: v.number(), serverCaPem: v.string() });
export type BrokerView = v.InferOutput<typeof BrokerView>;

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

/** Answer of a device verb: the fact is recorded, IoT Core follows. */
export const Accepted = v.object({
  fingerprint,
  clientId: v.nullable(v.string()),
  accepted: v.picklist(['approve', 'reject', 'retry']),
});
export type Accepted = v.InferOutput<typeof Accepted>;

const page = <const Key extends string, Item extends v.GenericSchema>(key: Key, item: Item) =>
  v.object({ [key]: v.array(item), cursor: v.nullable(v.string()) } as {
    [K in Key]: v.ArraySchema<Item, undefined>;
  } & {
    cursor: v.NullableSchema<v.StringSchema<undefined>, undefined>;
  });

const none = v.strictObject({});
const pages = v.strictObject(pageQuery);
const tenantPath = v.object({ tenant: tenantName });
const anchorPath = v.object({ tenant: tenantName, anchor: fingerprint });
/** a client id or a certificate fingerprint */
const device = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9:_-]{1,128}$/, 'expected a client id or a certificate fingerprint'),
);
const devicePath = v.object({ tenant: tenantName, device });
const operatorDevicePath = v.object({ device });
const deviceQuery = v.strictObject({
  ...pageQuery,
  state: v.optional(state),
  anchor: v.optional(fingerprint),
  since: v.optional(time),
  prefix: v.optional(v.pipe(v.string(), v.maxLength(128))),
});
const CreateTenant = v.strictObject({
  tenant: tenantName,
  naming: v.string(),
  admission: v.optional(admission, 'auto'),
  allowCn: v.optional(allowCn, null),
});
const SetTenant = v.strictObject({
  naming: v.optional(v.string()),
  admission: v.optional(admission),
  allowCn: v.optional(allowCn),
});
const RegisterAnchor = v.strictObject({ certificate: v.pipe(v.string(), v.maxLength(65_536)) });

type RouteShape = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly summary: string;
  readonly params: v.GenericSchema;
  readonly query: v.GenericSchema;
  readonly body: v.GenericSchema;
  readonly status: 200 | 201 | 202;
  readonly response: v.GenericSchema;
};

/**
 * Tenant-scoped routes stand under `/tenants/{tenant}/`, what only the platform's operators may do under `/operator/`,
 * so that an IAM policy on method and path isolates tenants.
 */
export const ROUTES = {
  createTenant: {
    method: 'POST',
    path: '/operator/tenants',
    summary: 'Create a tenant',
    params: none,
    query: none,
    body: CreateTenant,
    status: 201,
    response: TenantView,
  },
  listTenants: {
    method: 'GET',
    path: '/operator/tenants',
    summary: 'List tenants',
    params: none,
    query: pages,
    body: none,
    status: 200,
    response: page('tenants', TenantView),
  },
  setTenant: {
    method: 'PATCH',
    path: '/operator/tenants/{tenant}',
    summary: 'Change naming, admission or allow-list of a tenant',
    params: tenantPath,
    query: none,
    body: SetTenant,
    status: 200,
    response: TenantView,
  },
  showTenant: {
    method: 'GET',
    path: '/tenants/{tenant}',
    summary: 'Show a tenant',
    params: tenantPath,
    query: none,
    body: none,
    status: 200,
    response: TenantView,
  },
  registerAnchor: {
    method: 'POST',
    path: '/operator/tenants/{tenant}/anchors',
    summary: "Register a tenant's CA certificate; the operator vouches for it",
    params: tenantPath,
    query: none,
    body: RegisterAnchor,
    status: 201,
    response: AnchorView,
  },
  listAnchors: {
    method: 'GET',
    path: '/tenants/{tenant}/anchors',
    summary: "List a tenant's trust anchors",
    params: tenantPath,
    query: pages,
    body: none,
    status: 200,
    response: page('anchors', AnchorView),
  },
  showAnchor: {
    method: 'GET',
    path: '/tenants/{tenant}/anchors/{anchor}',
    summary: 'Show a trust anchor',
    params: anchorPath,
    query: none,
    body: none,
    status: 200,
    response: AnchorView,
  },
  listDevices: {
    method: 'GET',
    path: '/tenants/{tenant}/devices',
    summary: "List a tenant's devices",
    params: tenantPath,
    query: deviceQuery,
    body: none,
    status: 200,
    response: page('devices', ListedDevice),
  },
  showTenantDevice: {
    method: 'GET',
    path: '/tenants/{tenant}/devices/{device}',
    summary: 'Show a device with its history',
    params: devicePath,
    query: none,
    body: none,
    status: 200,
    response: DeviceView,
  },
  approveTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/approve',
    summary: 'Let a held device in',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  rejectTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/reject',
    summary: 'Turn a held device away',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  retryTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/retry',
    summary: 'Decide again on a rejected device',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  showTenantBroker: {
    method: 'GET',
    path: '/tenants/{tenant}/broker',
    summary: 'Where devices connect, and whom they trust',
    params: tenantPath,
    query: none,
    body: none,
    status: 200,
    response: BrokerView,
  },
  showDevice: {
    method: 'GET',
    path: '/operator/devices/{device}',
    summary: 'Show a device of any tenant',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 200,
    response: DeviceView,
  },
  approveDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/approve',
    summary: 'Let a held device of any tenant in',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  rejectDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/reject',
    summary: 'Turn a held device of any tenant away',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  retryDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/retry',
    summary: 'Decide again on a rejected device of any tenant',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  listRejectedEvents: {
    method: 'GET',
    path: '/operator/rejected-events',
    summary: 'List the events of one day (UTC) that could not be handled',
    params: none,
    query: v.strictObject({
      ...pageQuery,
      day: v.optional(v.pipe(v.string(), v.isoDate('expected a day such as 2026-01-31'))),
    }),
    body: none,
    status: 200,
    response: page('events', RejectedEventView),
  },
  showRejectedEvent: {
    method: 'GET',
    path: '/operator/rejected-events/{event}',
    summary: 'Show an event that could not be handled',
    params: v.object({ event: v.pipe(v.string(), v.maxLength(128)) }),
    query: none,
    body: none,
    status: 200,
    response: RejectedEventView,
  },
  showBroker: {
    method: 'GET',
    path: '/operator/broker',
    summary: 'Where devices connect, and whom they trust',
    params: none,
    query: none,
    body: none,
    status: 200,
    response: BrokerView,
  },
} as const satisfies Record<string, RouteShape>;

export type OperationId = keyof typeof ROUTES;
export type Params<Id extends OperationId> = v.InferOutput<(typeof ROUTES)[Id]['params']>;
export type Query<Id extends OperationId> = v.InferOutput<(typeof ROUTES)[Id]['query']>;
export type Body<Id extends OperationId> = v.InferOutput<(typeof ROUTES)[Id]['body']>;
export type Response<Id extends OperationId> = v.InferOutput<(typeof ROUTES)[Id]['response']>;
