// The one reason that is told of a certificate, in lists, history and events: its verdict's, or that of what bars it.

import type { Cause, CertificateRecord } from './certificate.ts';
import type { ReasonCode } from './reasons.ts';

/** The reason that is told of an accepted certificate that is barred: that of the cause which decides on its state. */
const REASON_OF_CAUSE: readonly (readonly [Cause, ReasonCode | null])[] = [
  ['REVOKED', 'DEVICE_BARRED'],
  ['CRL_REVOKED', 'CERT_REVOKED'],
  // a newer certificate took its place: the device is in, and nothing is to be done
  ['REPLACED', null],
  ['EXPIRED', 'CERT_EXPIRED'],
  ['CA_REVOKED', 'CA_REVOKED'],
  ['BLOCKED', 'CERT_BLOCKED'],
  ['GRANT_REMOVED', 'GRANT_REMOVED'],
];

/** `seen` has every cause; both are null of one that is let in, the reason alone of one that was replaced. */
export const toldReason = (
  verdict: NonNullable<CertificateRecord['verdict']>,
  causes: readonly Cause[],
): { readonly reason: ReasonCode | null; readonly seen: string | null } => {
  if (verdict.kind !== 'accept') return { reason: verdict.reason, seen: verdict.seen };
  if (causes.length === 0) return { reason: null, seen: null };
  const named = REASON_OF_CAUSE.find(([cause]) => causes.includes(cause));
  return { reason: named ? named[1] : 'DEVICE_BARRED', seen: causes.join(' ') };
};
