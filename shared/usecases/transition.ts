// What is told of a decision: in the certificate's history, and to the world.

import type { Cause, CertificateRecord, HistoryEntry, Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';

/** Who decides when no operator does; history names operators by their ARN. */
export const ONBOARDING = 'onboarding';

export type Transition = Extract<DomainEvent, { state: unknown }>;

const because = (verdict: Verdict, causes: readonly Cause[]): Pick<HistoryEntry, 'reason' | 'seen'> => {
  if (verdict.kind !== 'accept') return { reason: verdict.reason, seen: verdict.seen };
  if (causes.length === 0) return { reason: null, seen: null };
  return { reason: causes.includes('CA_REVOKED') ? 'CA_REVOKED' : 'DEVICE_BARRED', seen: causes.join(' ') };
};

export const historyEntry = (verdict: Verdict, causes: readonly Cause[], at: number): HistoryEntry => ({
  at,
  actor: ONBOARDING,
  state: stateOf({ verdict, causes }),
  ...because(verdict, causes),
  rules: RULES_VERSION,
});

const typeOf = (verdict: Verdict, causes: readonly Cause[]): Transition['type'] => {
  if (verdict.kind === 'hold') return 'device.held';
  if (verdict.kind === 'reject') return 'device.rejected';
  return causes.length === 0 ? 'device.onboarded' : 'device.suspended';
};

/** A record once it was decided on: what is recorded with the decision is there. */
export type DecidedRecord = CertificateRecord &
  Readonly<{ [Fact in 'verdict' | 'anchorId' | 'tenant' | 'decidedAt']: NonNullable<CertificateRecord[Fact]> }>;

/** The announcement of a decided record: equal, id included, each time it is made of the same version. */
export const transitionOf = (record: DecidedRecord): Transition => ({
  type: typeOf(record.verdict, record.causes),
  id: `${record.id}.${record.version}`,
  at: record.decidedAt,
  tenant: record.tenant,
  clientId: record.verdict.clientId,
  certificateId: record.id,
  anchorId: record.anchorId,
  state: stateOf(record),
  ...because(record.verdict, record.causes),
});
