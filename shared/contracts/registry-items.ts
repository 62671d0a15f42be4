// Items of the registry table as they are stored: what is read from the table is parsed by these, whatever wrote it.

import * as v from 'valibot';
import { CAUSES, CERTIFICATE_STATES, type CertificateRecord, type HistoryEntry } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import { isAnchorId, isCertificateId, isClientId, isTenantName } from '#domain/ids.ts';
import { type NamingProfile, PROFILES } from '#domain/naming.ts';
import { OPERATIONS, PERMISSION_CONTEXTS, PLUS_MODES } from '#domain/permission.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import { isReasonCode } from '#domain/reason-codes.ts';
import { isRoleId, type Role } from '#domain/role.ts';
import { ANCHOR_LIMIT, ANCHOR_RULES, RENEWALS, SECOND_SESSIONS, type Tenant } from '#domain/tenant.ts';
import {
  ANCHOR_PROOFS,
  ANCHOR_STATES,
  type AnchorUpload,
  CERTIFICATE_MODES,
  type TrustAnchor,
} from '#domain/trust-anchor.ts';
import { GRANT_METHODS, type User } from '#domain/user.ts';

const certificateId = v.pipe(v.string(), v.guard(isCertificateId, 'expected a certificate fingerprint'));
const anchorId = v.pipe(v.string(), v.guard(isAnchorId, 'expected a CA fingerprint'));
const tenantName = v.pipe(v.string(), v.guard(isTenantName, 'expected a tenant name'));
const clientId = v.pipe(v.string(), v.guard(isClientId, 'expected a client id'));
const reason = v.pipe(v.string(), v.guard(isReasonCode, 'expected a reason code'));
const state = v.picklist(CERTIFICATE_STATES);
const causes = v.array(v.picklist(CAUSES));
/** Times are stored as ISO 8601 in UTC, which people can read and DynamoDB can compare; the domain counts milliseconds. */
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => Date.parse(text)),
);
const absent = <const Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema), null);

const verdict = v.variant('kind', [
  v.object({ kind: v.literal('accept'), clientId, permissionSet: v.string(), user: absent(v.string()) }),
  v.object({ kind: v.literal('hold'), clientId, reason, seen: v.string() }),
  v.object({ kind: v.literal('reject'), clientId: v.nullable(clientId), reason, seen: v.string() }),
]);

/** A line of a certificate's history; `version` is the one that it changed, and gives the order. */
export const HistoryLine = v.object({
  version: v.number(),
  at: time,
  actor: v.string(),
  state,
  reason: v.nullable(reason),
  seen: v.nullable(v.string()),
  rules: v.number(),
});

const inOrder = (lines: v.InferOutput<typeof HistoryLine>[]): readonly HistoryEntry[] =>
  lines.toSorted((a, b) => a.version - b.version).map(({ version: _, ...entry }) => entry);

export const CertificateItem = v.pipe(
  v.object({
    certificateId,
    anchorId: absent(anchorId),
    tenant: absent(tenantName),
    verdict: absent(verdict),
    causes,
    operatorWord: absent(v.object({ verdict: v.picklist(['approve', 'reject']), at: time, by: v.string() })),
    version: v.number(),
    applied: absent(
      v.object({
        version: v.number(),
        status: v.picklist(['PENDING_ACTIVATION', 'ACTIVE', 'INACTIVE', 'REVOKED']),
        at: time,
      }),
    ),
    settled: v.boolean(),
    wasActive: v.boolean(),
    memberships: absent(v.array(v.string())),
    leaseOwner: absent(v.string()),
    leaseUntil: absent(time),
    subject: absent(v.string()),
    serialNumber: absent(v.string()),
    publicKeyId: absent(v.string()),
    validTo: absent(time),
    firstSeenAt: time,
    decidedAt: absent(time),
    history: v.pipe(v.array(HistoryLine), v.transform(inOrder)),
  }),
  v.transform(
    ({ certificateId: id, leaseOwner: owner, leaseUntil: until, memberships, ...item }): CertificateRecord => ({
      ...item,
      id,
      // an item without them was accepted into the set of its verdict, or into none
      memberships: memberships ?? (item.verdict?.kind === 'accept' ? [item.verdict.permissionSet] : []),
      lease: owner === null || until === null ? null : { owner, until },
    }),
  ),
);

/** What an index of the table carries of a certificate. */
export const ListedCertificateItem = v.pipe(
  v.object({
    certificateId,
    clientId: absent(clientId),
    tenant: tenantName,
    anchorId,
    state,
    reason: absent(reason),
    seen: absent(v.string()),
    firstSeenAt: time,
    decidedAt: absent(time),
    validTo: absent(time),
  }),
  v.transform(({ certificateId: id, ...item }) => ({ ...item, id })),
);

const presence = v.object({
  connected: v.boolean(),
  certificateId: absent(certificateId),
  at: time,
  sessionId: v.string(),
  versionNumber: v.number(),
  ip: v.nullable(v.string()),
  disconnectReason: v.nullable(v.string()),
});

export const DeviceItem = v.pipe(
  v.object({
    clientId,
    tenant: tenantName,
    certificateId,
    former: absent(v.object({ certificateId, until: absent(time) })),
    others: v.optional(v.array(certificateId), []),
    permissionSet: v.string(),
    user: absent(v.string()),
    causes,
    presence: absent(presence),
    mismatch: absent(v.object({ tried: v.string(), at: time, ip: v.nullable(v.string()) })),
    mismatchCount: v.optional(v.number(), 0),
    claimedAt: time,
    claims: v.number(),
  }),
  v.transform(
    ({ mismatchCount: count, mismatch, ...item }): Device => ({
      ...item,
      mismatch: mismatch && { ...mismatch, count },
    }),
  ),
);

export const TenantItem = v.pipe(
  v.object({
    tenant: tenantName,
    naming: v.string(),
    admission: v.picklist(['auto', 'approve']),
    allowListId: absent(v.string()),
    userMatch: v.optional(v.picklist(['off', 'required']), 'off'),
    topics: absent(v.array(v.string())),
    anchorLimit: v.optional(v.number(), ANCHOR_LIMIT),
    anchorRules: v.optional(v.picklist(ANCHOR_RULES), 'default'),
    renewal: v.optional(v.picklist(RENEWALS), 'replace'),
    secondSession: v.optional(v.picklist(SECOND_SESSIONS), 'take-over'),
    createdAt: time,
    version: v.number(),
  }),
  v.transform(({ tenant: name, ...item }): Tenant => ({ ...item, name })),
);

const certificateMode = v.optional(v.picklist(CERTIFICATE_MODES), 'SNI_ONLY');

export const AnchorItem = v.pipe(
  v.object({
    anchorId,
    tenant: tenantName,
    state: v.picklist(ANCHOR_STATES),
    proof: v.picklist(ANCHOR_PROOFS),
    certificateMode,
    subject: v.string(),
    pem: v.string(),
    validFrom: time,
    validTo: time,
    registeredAt: time,
    registeredBy: v.string(),
    changedAt: absent(time),
    changedBy: absent(v.string()),
    privateCaArn: absent(v.string()),
    crl: absent(
      v.object({
        number: v.nullable(v.string()),
        thisUpdate: time,
        nextUpdate: v.nullable(time),
        entries: v.number(),
        importedAt: time,
        importedBy: v.string(),
      }),
    ),
    sweep: absent(
      v.object({
        version: v.number(),
        pass: v.number(),
        seen: v.number(),
        changed: v.number(),
        startedAt: time,
        completedAt: v.nullable(time),
      }),
    ),
    version: v.optional(v.number(), 0),
  }),
  v.transform(
    ({ anchorId: id, changedAt, changedBy, ...item }): TrustAnchor => ({
      ...item,
      id,
      changedAt: changedAt ?? item.registeredAt,
      changedBy: changedBy ?? item.registeredBy,
    }),
  ),
);

/** A tenant's place for a CA, with what was uploaded into it and is not proved. */
export const AnchorPlaceItem = v.pipe(
  v.object({
    anchorId,
    tenant: tenantName,
    upload: absent(
      v.object({
        certificateMode,
        subject: v.string(),
        pem: v.string(),
        validFrom: time,
        validTo: time,
        challenge: v.object({ code: v.string(), expiresAt: time }),
        uploadedAt: time,
        uploadedBy: v.string(),
      }),
    ),
  }),
  v.transform(({ anchorId: id, tenant, upload }) => ({
    id,
    tenant,
    upload: upload && ({ ...upload, id, tenant } satisfies AnchorUpload),
  })),
);

export const BlockedItem = v.pipe(
  v.object({ certificateId, at: time, by: v.string() }),
  v.transform(({ certificateId: id, ...item }) => ({ ...item, id })),
);

export const RevokedSerialItem = v.object({
  serialNumber: v.string(),
  revokedAt: time,
  reason: absent(v.string()),
});

/** Until when what expires was looked at. */
export const ExpiryWatermarkItem = v.object({ until: time });

export const RejectedEventItem = v.pipe(
  v.object({
    eventId: v.string(),
    at: time,
    source: v.string(),
    code: v.picklist([
      'MALFORMED_EVENT',
      'FOREIGN_ACCOUNT',
      'ANCHOR_NOT_REGISTERED',
      'CERTIFICATE_NOT_FOUND',
      'UNEXPECTED_STATUS',
      'ATTEMPTS_EXHAUSTED',
    ]),
    reason: v.string(),
    body: v.string(),
  }),
  v.transform(({ eventId: id, ...item }) => ({ ...item, id })),
);

const roleId = v.pipe(v.string(), v.guard(isRoleId, 'expected the UUID of a role'));
const permissions = v.array(
  v.object({
    resource: v.string(),
    operation: v.picklist(OPERATIONS),
    context: v.picklist(PERMISSION_CONTEXTS),
    allowRetain: v.boolean(),
  }),
);

export const RoleItem = v.pipe(
  v.object({
    roleId,
    tenant: tenantName,
    name: v.string(),
    permissions,
    plusMode: v.picklist(PLUS_MODES),
    createdAt: absent(time),
    version: v.number(),
  }),
  v.transform(({ roleId: id, ...item }): Role => ({ ...item, id })),
);

export const UserItem = v.pipe(
  v.object({
    tenant: tenantName,
    username: v.string(),
    grantTypes: v.array(v.object({ method: v.picklist(GRANT_METHODS), isRequired: v.boolean() })),
    roles: v.array(roleId),
    permissions,
    composition: absent(v.string()),
    createdAt: absent(time),
    version: v.number(),
  }),
  v.transform((item): User => item),
);

/** Notes that a user has a composition of roles. */
export const CompositionNoteItem = v.object({ username: v.string() });

const profile = v.picklist<readonly NamingProfile[]>([...PROFILES, 'template']);

export const PermissionSetItem = v.pipe(
  v.object({
    permissionSet: v.string(),
    tenant: tenantName,
    profile,
    composition: absent(v.string()),
    roles: v.array(roleId),
    permissions,
    applied: absent(v.object({ content: v.string(), documents: v.number(), at: time })),
    unusedSince: absent(time),
    version: v.number(),
  }),
  v.transform(({ permissionSet: id, ...item }): PermissionSetRecord => ({ ...item, id })),
);
