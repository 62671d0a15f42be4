// What is told of a decision: in the certificate's history, and to the world.

import type { Cause, CertificateRecord, CertificateState, HistoryEntry, Verdict } from '#domain/certificate.ts';
import { isKnownActive, stateOf } from '#domain/certificate-state.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import { toldReason } from '#domain/told-reason.ts';
import type { Accepted } from './keep-to-user.ts';

/** Who decides when no operator does; history names operators by their ARN. */
export const ONBOARDING = 'onboarding';

/** What history says of a retry that an operator asked for. */
export const RETRY = 'retry';

export type Transition = Extract<DomainEvent, { state: unknown }>;

/** The permission set that an accepted certificate moves to; null when it stays in the one that it has. */
const movedTo = (verdict: Verdict, before: Verdict | null): string | null =>
  verdict.kind === 'accept' && before?.kind === 'accept' && verdict.permissionSet !== before.permissionSet
    ? verdict.permissionSet
    : null;

export const historyEntry = (
  verdict: Verdict,
  causes: readonly Cause[],
  at: number,
  before: Verdict | null,
): HistoryEntry => {
  const { reason, seen } = toldReason(verdict, causes);
  return {
    at,
    actor: ONBOARDING,
    state: stateOf({ verdict, causes }),
    reason,
    seen: seen ?? movedTo(verdict, before),
    rules: RULES_VERSION,
  };
};

/** A record once it was decided on: what is recorded with the decision is there. */
export type DecidedRecord = CertificateRecord &
  Readonly<{ [Fact in 'verdict' | 'anchorId' | 'tenant' | 'decidedAt']: NonNullable<CertificateRecord[Fact]> }>;

export const isDecided = (record: CertificateRecord): record is DecidedRecord =>
  record.verdict !== null && record.anchorId !== null && record.tenant !== null && record.decidedAt !== null;

export type AcceptedRecord = DecidedRecord & { readonly verdict: Accepted };
export const isAccepted = (record: CertificateRecord): record is AcceptedRecord =>
  isDecided(record) && record.verdict.kind === 'accept';

/** The version that the last decision made. What others recorded since, an operator or a user's change, raised it further. */
const decisionVersion = ({ version, history }: CertificateRecord): number =>
  version - (history.length - 1 - history.findLastIndex(({ actor }) => actor === ONBOARDING));

/** An operator asked for it to be decided again, and since then it was neither decided nor found to be as it should. */
export const isRetried = (record: CertificateRecord): boolean => {
  const { version, applied, history } = record;
  const open = version - Math.max(decisionVersion(record), applied?.version ?? 0);
  return history.slice(history.length - open).some(({ seen }) => seen === RETRY);
};

const TYPE_OF_STATE = {
  HELD: 'device.held',
  REJECTED: 'device.rejected',
  SUSPENDED: 'device.suspended',
  RETIRED: 'device.retired',
  EXPIRED: 'device.expired',
  REVOKED: 'device.revoked',
} as const satisfies Partial<Record<CertificateState, Transition['type']>>;

const typeOf = (record: DecidedRecord): Transition['type'] => {
  const state = stateOf(record);
  // what is decided is not PENDING
  if (state === 'ACTIVE' || state === 'PENDING') return record.wasActive ? 'device.resumed' : 'device.onboarded';
  return TYPE_OF_STATE[state];
};

/** It is barred for the reason that it was when it was told of last, and nothing else was decided in between. */
const isBarredAsTold = ({ verdict, causes, version, applied, history }: DecidedRecord): boolean => {
  if (verdict.kind !== 'accept' || causes.length === 0 || applied === null) return false;
  const told = history.length - (version - applied.version);
  const before = history.slice(0, Math.max(told, 0)).findLast(({ actor }) => actor === ONBOARDING);
  return history
    .slice(Math.max(told, 0))
    .every((entry) => entry.actor !== ONBOARDING || (entry.state === before?.state && entry.reason === before.reason));
};

/**
 * The announcement of a decided record: equal, id included, each time it is made of the same decision. Null when its last
 * decision was announced before, or changed nothing but what an active device may do, or what else bars a barred one.
 */
export const transitionOf = (record: DecidedRecord): Transition | null => {
  const version = decisionVersion(record);
  const isTold = record.applied !== null && version <= record.applied.version;
  const isActive = record.verdict.kind === 'accept' && record.causes.length === 0;
  if (isTold || (isActive && isKnownActive(record)) || isBarredAsTold(record)) return null;
  return {
    type: typeOf(record),
    id: `${record.id}.${version}`,
    at: record.decidedAt,
    tenant: record.tenant,
    clientId: record.verdict.clientId,
    certificateId: record.id,
    anchorId: record.anchorId,
    state: stateOf(record),
    ...toldReason(record.verdict, record.causes),
  };
};
