// What keeps a certificate out, by its codes, and what an operator does about it.

import type { Cause, CertificateRecord, Verdict } from './certificate.ts';
import { stateOf } from './certificate-state.ts';
import type { CertificateId } from './ids.ts';
import { REASONS, type ReasonCode } from './reasons.ts';

type Standing = Pick<CertificateRecord, 'verdict' | 'causes'>;

const LIFTED: Readonly<Record<Cause, string>> = {
  CA_REVOKED: 'restore the trust anchor',
  OPERATOR: 'resume the device',
  GRANT_REMOVED: 'give its user the certificate grant again, or create the user again',
  BLOCKED: 'unblock the device',
  CRL_REVOKED:
    'give the device a new certificate: whoever issued this one has revoked it; or wait for a list that no longer names it, where it is only on hold',
  EXPIRED: 'give the device a new certificate',
  REPLACED: 'let the device use its newer certificate',
  REVOKED: 'give the device a new certificate: this one is revoked for good',
};

/** The reason of the verdict, else every cause that bars; none while nothing is decided, and for who is in. */
export const obstaclesOf = ({ verdict, causes }: Standing): readonly (ReasonCode | Cause)[] => {
  if (verdict === null) return [];
  return verdict.kind === 'accept' ? causes : [verdict.reason];
};

/** The device comes back with another certificate only. */
const OUT_FOR_GOOD: readonly Cause[] = ['CRL_REVOKED', 'EXPIRED', 'REVOKED'];

/** That its device is revoked is lifted by nothing but the approval itself. */
const actionFor = (verdict: Exclude<Verdict, { kind: 'accept' }>): string =>
  verdict.kind === 'hold' && verdict.reason === 'DEVICE_BARRED' && verdict.seen === ('REVOKED' satisfies Cause)
    ? `approve it, which also lifts the revocation of the device: vestibule device approve ${verdict.clientId}`
    : REASONS[verdict.reason].action;

/**
 * What to do about a certificate that is out; null when there is nothing to do.
 * @param waiting the newer certificate of its device that waits for an operator, if there is one
 */
export const remedyFor = ({ verdict, causes }: Standing, waiting: CertificateId | null = null): string | null => {
  if (verdict !== null && verdict.kind !== 'accept') return actionFor(verdict);
  if (verdict === null || causes.length === 0) return null;
  const remedies = causes.map((cause) =>
    waiting !== null && OUT_FOR_GOOD.includes(cause) ? `approve its new certificate, ${waiting}` : LIFTED[cause],
  );
  return [...new Set(remedies)].join(', and ');
};

const WAITS_FOR_APPROVAL: readonly ReasonCode[] = ['APPROVAL_REQUIRED', 'DEVICE_BARRED', 'RENEWAL_APPROVAL'];

/** It is held until an operator approves it. */
export const isWaiting = (record: Pick<CertificateRecord, 'verdict' | 'causes'>): boolean =>
  record.verdict?.kind === 'hold' && stateOf(record) === 'HELD' && WAITS_FOR_APPROVAL.includes(record.verdict.reason);
