// What the management API shows of the registry's records.

import type { CertificateRecord, HistoryEntry } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { REASONS, type ReasonCode } from '#domain/reasons.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { AnchorView, DeviceView, ListedDevice, RejectedEventView, TenantView } from './ops-api.ts';

const time = (at: number): string => new Date(at).toISOString();
const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

export const tenantView = ({ name, naming, admission, allowListId, createdAt }: Tenant): TenantView => ({
  tenant: name,
  naming,
  admission,
  allowList: allowListId !== null,
  createdAt: time(createdAt),
});

export const anchorView = ({ id, validFrom, validTo, registeredAt, ...anchor }: TrustAnchor): AnchorView => ({
  ...anchor,
  fingerprint: id,
  validFrom: time(validFrom),
  validTo: time(validTo),
  registeredAt: time(registeredAt),
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

const certificateView = (record: CertificateRecord): DeviceView['certificates'][number] => ({
  fingerprint: record.id,
  tenant: record.tenant,
  anchor: record.anchorId,
  state: stateOf(record),
  ...refusalOf(record),
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
    advice: refusal.reason && REASONS[refusal.reason].action,
    thingName: accepted?.clientId ?? null,
    permissionSet: accepted?.permissionSet ?? null,
    certificates: certificates.map(certificateView),
    presence: device?.presence
      ? {
          connected: device.presence.connected,
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
