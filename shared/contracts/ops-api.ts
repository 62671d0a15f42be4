// Routes of the management API on tenants, devices, roles and users, with the shapes that cross them.

import * as v from 'valibot';
import { CAUSES } from '#domain/certificate.ts';
import { BYTES_LIMIT, bytesOf, OPERATIONS, PERMISSION_CONTEXTS, PLUS_MODES } from '#domain/permission.ts';
import { ROLE_NAME } from '#domain/role.ts';
import { ANCHOR_LIMIT, ANCHOR_RULES, RENEWALS, SECOND_SESSIONS } from '#domain/tenant.ts';
import { GRANT_METHODS, USERNAME } from '#domain/user.ts';
import {
  devicePath,
  fingerprint,
  none,
  operatorDevicePath,
  page,
  pageQuery,
  pages,
  type RouteShape,
  state,
  tenantName,
  tenantPath,
  time,
} from './api-shapes.ts';

const admission = v.picklist(['auto', 'approve'], 'expected auto or approve');
/** At most this many common names in one allow-list: what one API request can carry and write within its timeout. */
export const ALLOW_LIST_LIMIT = 10_000;
const allowCn = v.nullable(
  v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    v.maxLength(ALLOW_LIST_LIMIT, `expected at most ${ALLOW_LIST_LIMIT} common names`),
  ),
);

const userMatch = v.picklist(['off', 'required'], 'expected off or required');
/** What a topic may be is said by `parsePermission`; no list at all says every topic. */
const topics = v.nullable(
  v.pipe(
    v.array(v.string()),
    v.minLength(1, 'expected at least one topic pattern, or null for every topic'),
    v.maxLength(100, 'expected at most 100 topic patterns'),
  ),
);

const anchorLimit = v.pipe(
  v.number('expected a number'),
  v.integer('expected a whole number'),
  v.minValue(1, 'expected 1 at least'),
  v.maxValue(100, 'expected 100 at most'),
);
const anchorRules = v.picklist(ANCHOR_RULES, `expected ${ANCHOR_RULES.join(' or ')}`);
const renewal = v.picklist(RENEWALS, `expected one of ${RENEWALS.join(', ')}`);
const secondSession = v.picklist(SECOND_SESSIONS, `expected ${SECOND_SESSIONS.join(' or ')}`);

export const TenantView = v.object({
  tenant: tenantName,
  naming: v.string(),
  admission,
  /** number of CNs is not kept; whether a list is in force is */
  allowList: v.boolean(),
  userMatch,
  /** what its roles and users may name; null: every topic, those of other tenants too */
  topics: v.nullable(v.array(v.string())),
  anchorLimit: v.number(),
  anchorRules,
  renewal,
  secondSession,
  createdAt: time,
});
export type TenantView = v.InferOutput<typeof TenantView>;

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
  /** as the device's, for this certificate */
  advice: v.nullable(v.string()),
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
  /** what an operator does about the reason or the causes; null when there is nothing to do */
  advice: v.nullable(v.string()),
  thingName: v.nullable(v.string()),
  permissionSet: v.nullable(v.string()),
  /** the user that the device is; null when its tenant did not ask for one */
  user: v.nullable(v.string()),
  /** what bars the device, whatever certificate it shows */
  causes: v.array(v.picklist(CAUSES)),
  /** its newest certificate; null when none has claimed the client id */
  current: v.nullable(fingerprint),
  /** the one that was renewed, and until when it may be used still, unless the new one comes before; null until that is let in */
  former: v.nullable(v.object({ fingerprint, until: v.nullable(time) })),
  /** those that may be used beside the newest */
  others: v.array(fingerprint),
  certificates: v.array(CertificateView),
  presence: v.nullable(
    v.object({
      connected: v.boolean(),
      /** whose session it is; null where an earlier release recorded it */
      certificate: v.nullable(fingerprint),
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

/** As it is written, or as it is kept: what a role may hold is said by `parsePermission`, which names what is wrong. */
export const PermissionBody = v.strictObject(
  {
    resource: v.string('expected a text'),
    operation: v.string('expected a text'),
    context: v.optional(v.string('expected a text'), 'mqtt'),
    allowRetain: v.optional(v.boolean('expected true or false'), false),
  },
  // what valibot expects is a key that is missing, or never one that it does not know
  ({ expected }) =>
    expected.startsWith('"')
      ? `expected the key ${expected}`
      : 'expected resource, operation, context and allowRetain alone',
);
/** At most this many permissions in one request: far above what ten policy documents hold. */
export const PERMISSION_LIMIT = 1_000;
const permissions = v.pipe(
  v.array(PermissionBody),
  v.maxLength(PERMISSION_LIMIT, `expected at most ${PERMISSION_LIMIT} permissions`),
);
const plusMode = v.picklist(PLUS_MODES, 'expected exact or widen');
const roleId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected the UUID of a role'),
);
const roleName = v.pipe(
  v.string(),
  v.regex(ROLE_NAME, 'expected a role name: a-z, A-Z, 0-9, . _ and -, 1 to 64 characters'),
);
const username = v.pipe(
  v.string(),
  v.regex(USERNAME, 'expected a username: a-z, A-Z, 0-9, : . _ @ and -, 1 to 64 characters'),
);
const PermissionView = v.object({
  resource: v.string(),
  operation: v.picklist(OPERATIONS),
  context: v.picklist(PERMISSION_CONTEXTS),
  allowRetain: v.boolean(),
});

/** A permission that its policy does not mirror exactly, and how not. */
const InexactView = v.object({
  /** `role line-1` or `user device001` */
  from: v.string(),
  resource: v.string(),
  /** `wider`: the policy allows more than the permission says */
  kind: v.picklist(['narrower', 'wider']),
  /** what the policy refuses or allows beside the permission, one sentence */
  because: v.string(),
});

const PermissionSetView = v.object({
  permissionSet: v.string(),
  /** names of the roles in it */
  roles: v.array(v.string()),
  /** policy documents that it takes */
  documents: v.number(),
  inexact: v.array(InexactView),
  /** false while IoT Core is being brought to what the roles say */
  applied: v.boolean(),
});

export const RoleView = v.object({
  id: roleId,
  name: v.string(),
  permissions: v.array(PermissionView),
  plusMode,
  builtIn: v.boolean(),
  /** null for a role that is built in */
  createdAt: v.nullable(time),
  version: v.number(),
});
export type RoleView = v.InferOutput<typeof RoleView>;

/** A role with the permission sets that it is part of. */
export const RoleInUseView = v.object({
  ...RoleView.entries,
  /** by itself, whoever has it */
  inexact: v.array(InexactView),
  permissionSets: v.array(PermissionSetView),
});
export type RoleInUseView = v.InferOutput<typeof RoleInUseView>;

/** What an edit of a role would do, one entry for each permission set that has it and is in use. */
export const RolePreview = v.object({
  role: v.string(),
  plusMode,
  /** by itself, whoever has it */
  inexact: v.array(InexactView),
  permissionSets: v.array(
    v.object({
      ...v.omit(PermissionSetView, ['applied']).entries,
      gains: v.array(PermissionView),
      loses: v.array(PermissionView),
      /** what stops being exact, or is inexact in another way */
      becomesInexact: v.array(InexactView),
      /** what is kept, and exact again: as it was until then */
      becomesExact: v.array(InexactView),
      /** client ids of the first devices with it */
      devices: v.array(v.string()),
      /** whether there are more */
      more: v.boolean(),
    }),
  ),
});
export type RolePreview = v.InferOutput<typeof RolePreview>;

const GrantBody = v.strictObject({
  method: v.picklist(GRANT_METHODS, `expected one of ${GRANT_METHODS.join(', ')}`),
  isRequired: v.optional(v.boolean(), false),
});

export const UserView = v.object({
  username: v.string(),
  identityProvider: v.literal('local'),
  grantTypes: v.array(v.object({ method: v.picklist(GRANT_METHODS), isRequired: v.boolean() })),
  /** ids of its roles */
  roles: v.array(roleId),
  permissions: v.array(PermissionView),
  /** what deserves a second look, such as a role that reaches every topic */
  warnings: v.array(v.string()),
  createdAt: v.nullable(time),
  version: v.number(),
});
export type UserView = v.InferOutput<typeof UserView>;

export const WrittenUser = v.object({
  ...UserView.entries,
  /** how many devices are this user: those follow, and no other. One that is in without a user comes under it by a retry */
  devices: v.number(),
});
export type WrittenUser = v.InferOutput<typeof WrittenUser>;

/** Whether a device may do something, why, and what would have to change. */
export const ExplanationView = v.object({
  clientId: v.string(),
  action: v.picklist(['connect', 'publish', 'subscribe', 'receive']),
  /** client id, topic or topic filter that was asked about */
  resource: v.string(),
  retain: v.boolean(),
  allowed: v.boolean(),
  /** one sentence: the answer and its cause */
  because: v.string(),
  /** what keeps the device out before any policy is asked: a reason or causes; null when it is let in */
  barredBy: v.nullable(v.string()),
  /** the statement that decided, as it stands in the policy; null when none applied */
  statement: v.nullable(
    v.object({ policy: v.string(), effect: v.picklist(['Allow', 'Deny']), action: v.string(), resource: v.string() }),
  ),
  /** where the statement comes from: a permission of a role or user, or the naming profile; null when none applied */
  source: v.nullable(v.object({ from: v.string(), permission: v.nullable(PermissionView) })),
  /** what would have to change for the other answer */
  change: v.string(),
  /** why IoT Core may answer otherwise for a while; null when it has all that was recorded */
  pending: v.nullable(v.string()),
});
export type ExplanationView = v.InferOutput<typeof ExplanationView>;

export const DEVICE_VERBS = ['approve', 'reject', 'retry', 'suspend', 'resume', 'revoke', 'block', 'unblock'] as const;
/** Answer of a device verb: the fact is recorded, IoT Core follows. */
export const Accepted = v.object({
  fingerprint,
  clientId: v.nullable(v.string()),
  accepted: v.picklist(DEVICE_VERBS),
});
export type Accepted = v.InferOutput<typeof Accepted>;

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
  userMatch: v.optional(userMatch, 'off'),
  topics: v.optional(topics, null),
  anchorLimit: v.optional(anchorLimit, ANCHOR_LIMIT),
  anchorRules: v.optional(anchorRules, 'default'),
  renewal: v.optional(renewal, 'replace'),
  secondSession: v.optional(secondSession, 'take-over'),
});
const SetTenant = v.strictObject({
  naming: v.optional(v.string()),
  admission: v.optional(admission),
  allowCn: v.optional(allowCn),
  userMatch: v.optional(userMatch),
  topics: v.optional(topics),
  anchorLimit: v.optional(anchorLimit),
  anchorRules: v.optional(anchorRules),
  renewal: v.optional(renewal),
  secondSession: v.optional(secondSession),
});
const CreateRole = v.strictObject({ name: roleName, permissions, plusMode: v.optional(plusMode, 'exact') });
/** The version that a change was made of: the change is refused when there is another by now. */
const version = v.pipe(v.number(), v.integer('expected the number of a version'), v.minValue(0));
const EditRole = v.strictObject({
  permissions: v.optional(permissions),
  plusMode: v.optional(plusMode),
  version: v.optional(version),
});
const grantTypes = v.pipe(v.array(GrantBody), v.maxLength(10, 'expected at most 10 grants'));
const roles = v.pipe(v.array(roleId), v.maxLength(50, 'expected at most 50 roles'));
const CreateUser = v.strictObject({
  username,
  identityProvider: v.optional(v.literal('local', 'expected the identity provider local'), 'local'),
  grantTypes: v.optional(grantTypes, []),
  roles: v.optional(roles, []),
  permissions: v.optional(permissions, []),
});
const SetUser = v.strictObject({
  grantTypes: v.optional(grantTypes),
  roles: v.optional(roles),
  permissions: v.optional(permissions),
  version: v.optional(version),
});
const rolePath = v.object({ tenant: tenantName, role: roleId });
const userPath = v.object({ tenant: tenantName, username });
const explainQuery = v.strictObject({
  action: v.picklist(['connect', 'publish', 'subscribe', 'receive'], 'expected connect, publish, subscribe or receive'),
  resource: v.pipe(
    v.string(),
    v.minLength(1, 'expected a client id, topic or topic filter'),
    // no text has fewer bytes than characters
    v.maxLength(
      BYTES_LIMIT,
      ({ input }) => `expected at most ${BYTES_LIMIT} bytes, got ${bytesOf(input.toWellFormed())}`,
    ),
  ),
  retain: v.optional(v.picklist(['true', 'false'], 'expected true or false'), 'false'),
});
export const OPS_ROUTES = {
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
    summary: "Change a tenant's settings",
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
  suspendTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/suspend',
    summary: 'Keep a device out until it is resumed',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  resumeTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/resume',
    summary: 'Let a suspended device in again',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  revokeTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/revoke',
    summary: 'Keep a device and its certificate out for good',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  blockTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/block',
    summary: 'Put a fingerprint on the block list, whether or not it ever came',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  unblockTenantDevice: {
    method: 'POST',
    path: '/tenants/{tenant}/devices/{device}/unblock',
    summary: 'Take a fingerprint from the block list',
    params: devicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  listBlocked: {
    method: 'GET',
    path: '/tenants/{tenant}/blocked',
    summary: "List the fingerprints on a tenant's block list",
    params: tenantPath,
    query: pages,
    body: none,
    status: 200,
    response: page('blocked', v.object({ fingerprint, at: time, by: v.string() })),
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
  suspendDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/suspend',
    summary: 'Keep a device of any tenant out until it is resumed',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  resumeDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/resume',
    summary: 'Let a suspended device of any tenant in again',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  revokeDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/revoke',
    summary: 'Keep a device of any tenant and its certificate out for good',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  blockDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/block',
    summary: 'Put a fingerprint on the block list of its tenant',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  unblockDevice: {
    method: 'POST',
    path: '/operator/devices/{device}/unblock',
    summary: 'Take a fingerprint from the block list of its tenant',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 202,
    response: Accepted,
  },
  explainTenantDevice: {
    method: 'GET',
    path: '/tenants/{tenant}/devices/{device}/explain',
    summary: 'Say whether a device may do something, and why',
    params: devicePath,
    query: explainQuery,
    body: none,
    status: 200,
    response: ExplanationView,
  },
  explainDevice: {
    method: 'GET',
    path: '/operator/devices/{device}/explain',
    summary: 'Say whether a device of any tenant may do something, and why',
    params: operatorDevicePath,
    query: explainQuery,
    body: none,
    status: 200,
    response: ExplanationView,
  },
  createRole: {
    method: 'POST',
    path: '/tenants/{tenant}/api/roles',
    summary: 'Create a role',
    params: tenantPath,
    query: none,
    body: CreateRole,
    status: 201,
    response: RoleInUseView,
  },
  listRoles: {
    method: 'GET',
    path: '/tenants/{tenant}/api/roles',
    summary: 'List roles, or find one by its name',
    params: tenantPath,
    query: v.strictObject({ ...pageQuery, 'name[eq]': v.optional(v.pipe(v.string(), v.maxLength(64))) }),
    body: none,
    status: 200,
    response: page('roles', RoleView),
  },
  showRole: {
    method: 'GET',
    path: '/tenants/{tenant}/api/roles/{role}',
    summary: 'Show a role with the permission sets that it is part of',
    params: rolePath,
    query: none,
    body: none,
    status: 200,
    response: RoleInUseView,
  },
  previewRole: {
    method: 'POST',
    path: '/tenants/{tenant}/api/roles/{role}/preview',
    summary: 'Say what an edit of a role would change, and for which devices',
    params: rolePath,
    query: none,
    body: EditRole,
    status: 200,
    response: RolePreview,
  },
  editRole: {
    method: 'PATCH',
    path: '/tenants/{tenant}/api/roles/{role}',
    summary: 'Change what a role permits',
    params: rolePath,
    query: v.strictObject({ disconnect: v.optional(v.picklist(['true', 'false'], 'expected true or false'), 'false') }),
    body: EditRole,
    status: 202,
    response: RoleInUseView,
  },
  deleteRole: {
    method: 'DELETE',
    path: '/tenants/{tenant}/api/roles/{role}',
    summary: 'Delete a role that no user has',
    params: rolePath,
    query: none,
    body: none,
    status: 200,
    response: RoleView,
  },
  createUser: {
    method: 'POST',
    path: '/tenants/{tenant}/api/users',
    summary: 'Create a user',
    params: tenantPath,
    query: none,
    body: CreateUser,
    status: 201,
    response: WrittenUser,
  },
  listUsers: {
    method: 'GET',
    path: '/tenants/{tenant}/api/users',
    summary: 'List users',
    params: tenantPath,
    query: pages,
    body: none,
    status: 200,
    response: page('users', UserView),
  },
  showUser: {
    method: 'GET',
    path: '/tenants/{tenant}/api/users/{username}',
    summary: 'Show a user',
    params: userPath,
    query: none,
    body: none,
    status: 200,
    response: UserView,
  },
  setUser: {
    method: 'PATCH',
    path: '/tenants/{tenant}/api/users/{username}',
    summary: "Change a user's grants, roles or own permissions; its devices follow",
    params: userPath,
    query: none,
    body: SetUser,
    status: 202,
    response: WrittenUser,
  },
  deleteUser: {
    method: 'DELETE',
    path: '/tenants/{tenant}/api/users/{username}',
    summary: 'Delete a user; its devices are suspended',
    params: userPath,
    query: none,
    body: none,
    status: 202,
    response: WrittenUser,
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
