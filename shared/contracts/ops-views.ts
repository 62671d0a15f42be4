// What the management API shows of the registry's records.

import type { CertificateRecord, HistoryEntry } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import type { EveryTopic } from '#domain/every-topic.ts';
import type { Operation, Permission } from '#domain/permission.ts';
import type { CompiledSet, Inexact } from '#domain/permission-compiler.ts';
import { contentOf, type PermissionSetRecord } from '#domain/permission-set.ts';
import type { ReasonCode } from '#domain/reasons.ts';
import { isWaiting, remedyFor } from '#domain/remedy.ts';
import { isBuiltIn, type Role } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { User } from '#domain/user.ts';
import type {
  Accepted,
  DeviceView,
  ListedDevice,
  RejectedEventView,
  RoleInUseView,
  RolePreview,
  RoleView,
  TenantView,
  UserView,
  WrittenUser,
} from './ops-api.ts';

const time = (at: number): string => new Date(at).toISOString();
const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

export const tenantView = ({
  name,
  naming,
  admission,
  allowListId,
  userMatch,
  topics,
  anchorLimit,
  anchorRules,
  renewal,
  secondSession,
  createdAt,
}: Tenant): TenantView => ({
  tenant: name,
  naming,
  admission,
  allowList: allowListId !== null,
  userMatch,
  topics: topics && [...topics],
  anchorLimit,
  anchorRules,
  renewal,
  secondSession,
  createdAt: time(createdAt),
});

/** One line of a list; structurally what the listing port gives. */
type Line = Omit<ListedDevice, 'fingerprint' | 'anchor' | 'firstSeenAt' | 'decidedAt' | 'validTo'> & {
  readonly id: string;
  readonly anchorId: string;
  readonly firstSeenAt: number;
  readonly decidedAt: number | null;
  readonly validTo: number | null;
};

export const listedDevice = ({ id, anchorId, firstSeenAt, decidedAt, validTo, ...line }: Line): ListedDevice => ({
  ...line,
  fingerprint: id,
  anchor: anchorId,
  firstSeenAt: time(firstSeenAt),
  decidedAt: timeOrNull(decidedAt),
  validTo: timeOrNull(validTo),
});

export const rejectedEventView = (
  event: Omit<RejectedEventView, 'at'> & { readonly at: number },
): RejectedEventView => ({
  ...event,
  at: time(event.at),
});

const refusalOf = ({ verdict }: CertificateRecord): { reason: ReasonCode | null; seen: string | null } =>
  verdict === null || verdict.kind === 'accept'
    ? { reason: null, seen: null }
    : { reason: verdict.reason, seen: verdict.seen };

const historyView = ({ at, actor, state, reason, seen }: HistoryEntry) => ({
  at: time(at),
  actor,
  state,
  reason,
  seen,
});

/** The newer certificate that waits is another one of the same tenant. */
const adviceOn = (record: CertificateRecord, certificates: readonly CertificateRecord[]): string | null =>
  remedyFor(record, certificates.find((each) => each.tenant === record.tenant && isWaiting(each))?.id);

const certificateView = (
  record: CertificateRecord,
  certificates: readonly CertificateRecord[],
): DeviceView['certificates'][number] => ({
  fingerprint: record.id,
  tenant: record.tenant,
  anchor: record.anchorId,
  state: stateOf(record),
  ...refusalOf(record),
  advice: adviceOn(record, certificates),
  causes: [...record.causes],
  subject: record.subject,
  validTo: timeOrNull(record.validTo),
  firstSeenAt: time(record.firstSeenAt),
  decidedAt: timeOrNull(record.decidedAt),
  history: record.history.map(historyView),
});

/** @param certificates the first one gives the device its state */
export const deviceView = (found: {
  readonly clientId: string | null;
  readonly device: Device | null;
  readonly certificates: readonly [CertificateRecord, ...CertificateRecord[]];
}): DeviceView => {
  const { clientId, device, certificates } = found;
  const [current] = certificates;
  const refusal = refusalOf(current);
  const accepted = current.verdict?.kind === 'accept' ? current.verdict : null;
  return {
    clientId,
    tenant: current.tenant,
    state: stateOf(current),
    ...refusal,
    advice: adviceOn(current, certificates),
    thingName: accepted?.clientId ?? null,
    permissionSet: accepted?.permissionSet ?? null,
    user: accepted?.user ?? null,
    causes: [...(device?.causes ?? [])],
    current: device?.certificateId ?? null,
    former: device?.former
      ? { fingerprint: device.former.certificateId, until: timeOrNull(device.former.until) }
      : null,
    others: [...(device?.others ?? [])],
    certificates: certificates.map((record) => certificateView(record, certificates)),
    presence: device?.presence
      ? {
          connected: device.presence.connected,
          certificate: device.presence.certificateId,
          at: time(device.presence.at),
          ip: device.presence.ip,
          disconnectReason: device.presence.disconnectReason,
        }
      : null,
    mismatch: device?.mismatch
      ? { code: 'CLIENT_ID_MISMATCH', ...device.mismatch, at: time(device.mismatch.at) }
      : null,
  };
};

export const acceptedView = <Verb extends Accepted['accepted']>(steered: {
  readonly certificateId: string;
  readonly clientId: string | null;
  readonly verb: Verb;
}): Accepted => ({ fingerprint: steered.certificateId, clientId: steered.clientId, accepted: steered.verb });

export const blockedView = ({ id, at, by }: { readonly id: string; readonly at: number; readonly by: string }) => ({
  fingerprint: id,
  at: time(at),
  by,
});

export const roleView = (role: Role): RoleView => ({
  id: role.id,
  name: role.name,
  permissions: [...role.permissions],
  plusMode: role.plusMode,
  builtIn: isBuiltIn(role),
  createdAt: timeOrNull(role.createdAt),
  version: role.version,
});

/** A permission set with the roles it is made of and what they come to; structurally what the use cases give. */
type SetInUse = {
  readonly kept: { readonly set: PermissionSetRecord; readonly roles: readonly Role[] };
  readonly compiled: CompiledSet;
};

const inexactView = (inexact: readonly Inexact[] = []): RoleInUseView['inexact'] =>
  inexact.map(({ granted: { from, permission }, kind, because }) => ({
    from,
    resource: permission.resource,
    kind,
    because,
  }));

const setView = ({ kept: { set, roles }, compiled }: SetInUse) => ({
  permissionSet: set.id,
  roles: roles.map(({ name }) => name),
  documents: compiled.documents.length,
  inexact: inexactView(compiled.inexact),
});

type RoleWith<Set> = {
  readonly role: Role;
  /** what it comes to by itself */
  readonly alone: CompiledSet | null;
  readonly sets: readonly Set[];
};

export const roleInUseView = ({ role, alone, sets }: RoleWith<SetInUse>): RoleInUseView => ({
  ...roleView(role),
  inexact: inexactView(alone?.inexact),
  permissionSets: sets.map((inUse) => ({
    ...setView(inUse),
    applied: inUse.kept.set.applied?.content === contentOf(inUse.kept.roles),
  })),
});

type PreviewedSet = SetInUse & {
  readonly gains: readonly Permission[];
  readonly loses: readonly Permission[];
  readonly becomesInexact: readonly Inexact[];
  readonly becomesExact: readonly Inexact[];
  readonly devices: readonly string[];
  readonly more: boolean;
};

export const rolePreview = ({ role, alone, sets }: RoleWith<PreviewedSet>): RolePreview => ({
  role: role.name,
  plusMode: role.plusMode,
  inexact: inexactView(alone?.inexact),
  permissionSets: sets.map((previewed) => ({
    ...setView(previewed),
    gains: [...previewed.gains],
    loses: [...previewed.loses],
    becomesInexact: inexactView(previewed.becomesInexact),
    becomesExact: inexactView(previewed.becomesExact),
    devices: [...previewed.devices],
    more: previewed.more,
  })),
});

const IN_WORDS = { read: 'read', write: 'write', readWrite: 'read and write' } as const satisfies Record<
  Operation,
  string
>;

const warningOf = ({ username }: User, { code, from, permission }: EveryTopic): string =>
  code === 'ADMIN_ROLE_ASSIGNED'
    ? `${code}: ${username} may read and write every topic; give it a role of its own`
    : `${code}: ${username} may ${IN_WORDS[permission.operation]} every topic by ${permission.resource} of ${from}; name the topics that it needs`;

export const userView = (user: User, warnings: readonly EveryTopic[]): UserView => ({
  username: user.username,
  identityProvider: 'local',
  grantTypes: [...user.grantTypes],
  roles: [...user.roles],
  permissions: [...user.permissions],
  warnings: warnings.map((warning) => warningOf(user, warning)),
  createdAt: timeOrNull(user.createdAt),
  version: user.version,
});

export const writtenUser = (
  { user, devices }: { readonly user: User; readonly devices: number },
  warnings: readonly EveryTopic[],
): WrittenUser => ({ ...userView(user, warnings), devices });
