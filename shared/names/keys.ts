// Keys of the registry table: pure, and readable in the AWS console.

import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { RoleId } from '#domain/role.ts';

/** Attributes of the primary key and of each index; the table construct and the adapter share them. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

export const INDEX = {
  /** tenants of the system; certificates of a tenant by client id */
  byTenant: { name: 'by-tenant', partition: 'tenantKey', sort: 'tenantSort' },
  /** certificates that gave one client id: of each tenant by time of decision */
  byClientId: { name: 'by-client-id', partition: 'clientKey', sort: 'clientSort' },
  /** certificates of a tenant in one state, by time of decision */
  byTenantState: { name: 'by-tenant-state', partition: 'stateKey', sort: 'stateSort' },
  /** certificates under a trust anchor, by first sight */
  byAnchor: { name: 'by-anchor', partition: 'anchorKey', sort: 'anchorSort' },
  /** what was decided, and which events were refused, on one day (UTC) */
  byDecisionDay: { name: 'by-decision-day', partition: 'decisionDay', sort: 'decisionSort' },
  /** what expires on one day (UTC) */
  byExpiryDay: { name: 'by-expiry-day', partition: 'expiryDay', sort: 'expirySort' },
  /** devices of a user, by client id */
  byUser: { name: 'by-user', partition: 'userKey', sort: 'userSort' },
  /** devices of users with one permission set, by client id */
  byPermissionSet: { name: 'by-permission-set', partition: 'setKey', sort: 'setSort' },
} as const;

/** Attributes of a certificate that every index carries, enough for a line of a list. */
export const LISTED_ATTRIBUTES = [
  'kind',
  'certificateId',
  'clientId',
  'tenant',
  'anchorId',
  'state',
  'reason',
  'seen',
  'firstSeenAt',
  'decidedAt',
  'validTo',
] as const;

/** UTC day of a time in epoch milliseconds, `2026-11-22`. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
/** How a time is stored: readable, and in the order of time as text. */
export const isoOf = (time: number): string => new Date(time).toISOString();

export const tenantKey = (tenant: TenantName) => ({ pk: `TENANT#${tenant}`, sk: 'TENANT' });
export const allowListSortPrefix = (listId: string) => `ALLOW#${listId}#`;
export const allowListEntryKey = (tenant: TenantName, listId: string, cn: string) => ({
  pk: tenantKey(tenant).pk,
  sk: `${allowListSortPrefix(listId)}${cn}`,
});
export const anchorKey = (anchor: AnchorId) => ({ pk: `ANCHOR#${anchor}`, sk: 'ANCHOR' });
/** places of trust anchors stand together: in the order of tenant and fingerprint */
export const ANCHOR_PLACES_PARTITION = 'ANCHORS';
export const anchorPlaceSortPrefix = (tenant: TenantName) => `${tenant}#`;
export const anchorPlaceKey = (tenant: TenantName, anchor: AnchorId) => ({
  pk: ANCHOR_PLACES_PARTITION,
  sk: `${anchorPlaceSortPrefix(tenant)}${anchor}`,
});
/** a serial number that a revocation list of an anchor names */
export const SERIAL_SORT_PREFIX = 'SERIAL#';
export const serialKey = (anchor: AnchorId, serialNumber: string) => ({
  pk: anchorKey(anchor).pk,
  sk: `${SERIAL_SORT_PREFIX}${serialNumber}`,
});
/** a fingerprint that a tenant's block list names */
export const BLOCK_SORT_PREFIX = 'BLOCK#';
export const blockKey = (tenant: TenantName, certificate: CertificateId) => ({
  pk: tenantKey(tenant).pk,
  sk: `${BLOCK_SORT_PREFIX}${certificate}`,
});
/** until when what expires was looked at */
export const EXPIRY_SWEEP_KEY = { pk: 'SWEEP', sk: 'EXPIRY' } as const;
export const certificateKey = (certificate: CertificateId) => ({ pk: `CERT#${certificate}`, sk: 'CERT' });
const DEVICE_PREFIX = 'DEVICE#';
/** @param key the client id, lower-cased where the naming profile ignores case (see naming.ts) */
export const deviceKey = (key: string) => ({ pk: `${DEVICE_PREFIX}${key}`, sk: 'DEVICE' });
/** The key that a device's item was stored under. */
export const deviceKeyIn = ({ pk }: { readonly pk: string }): string => pk.slice(DEVICE_PREFIX.length);
export const roleKey = (tenant: TenantName, role: RoleId) => ({ pk: tenantKey(tenant).pk, sk: `ROLE#${role}` });
export const userKey = (tenant: TenantName, username: string) => ({
  pk: tenantKey(tenant).pk,
  sk: `USER#${username}`,
});
export const PERMISSION_SET_SORT_PREFIX = 'SET#';
export const permissionSetKey = (tenant: TenantName, id: string) => ({
  pk: tenantKey(tenant).pk,
  sk: `${PERMISSION_SET_SORT_PREFIX}${id}`,
});
/** notes that a user has a composition of roles */
export const COMPOSITION_NOTE_SORT_PREFIX = 'USER#';
export const compositionNoteKey = (tenant: TenantName, composition: string, username: string) => ({
  pk: `${tenantKey(tenant).pk}#COMPOSITION#${composition}`,
  sk: `${COMPOSITION_NOTE_SORT_PREFIX}${username}`,
});
/** held while roles, users or the naming of a tenant change */
export const tenantLockKey = (tenant: TenantName) => ({ pk: tenantKey(tenant).pk, sk: 'LOCK' });
export const rejectedEventKey = (id: string) => ({ pk: `EVENT#${id}`, sk: 'REJECTED' });

export const TENANTS_PARTITION = 'TENANTS';
export const tenantDevicesPartition = (tenant: TenantName) => `TENANT#${tenant}`;
export const tenantRolesPartition = (tenant: TenantName) => `TENANT#${tenant}#ROLES`;
export const tenantUsersPartition = (tenant: TenantName) => `TENANT#${tenant}#USERS`;
export const userDevicesPartition = (tenant: TenantName, username: string) => `TENANT#${tenant}#USER#${username}`;
export const permissionSetPartition = (id: string) => `SET#${id}`;
export const clientPartition = (clientId: ClientId) => `CLIENT#${clientId}`;
export const tenantStatePartition = (tenant: TenantName, state: string) => `TENANT#${tenant}#${state}`;
export const anchorPartition = (anchor: AnchorId) => `ANCHOR#${anchor}`;
export const decisionDayPartition = (day: string) => `DECIDED#${day}`;
export const rejectedDayPartition = (day: string) => `REJECTED-EVENTS#${day}`;
export const expiryDayPartition = (day: string) => `EXPIRES#${day}`;
/** devices whose former certificate may be used until some time of that day */
export const renewedDayPartition = (day: string) => `RENEWED#${day}`;
/** Sorts certificates of a tenant by client id; those whose name gave none come first. */
export const clientIdSort = (clientId: ClientId | null, certificate: CertificateId) =>
  `${clientId ?? ''}#${certificate}`;
/** Two tenants' names may give one client id: within its partition each tenant's certificates stand together. */
export const tenantSortPrefix = (tenant: TenantName) => `${tenant}#`;
/** Sorts by time, then by what makes the entry unique. */
export const timeSort = (time: number, unique: string) => `${isoOf(time)}#${unique}`;
