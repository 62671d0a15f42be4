// The state of a certificate and the AWS IoT status it should have, both derived from its recorded facts.

import type { Cause, CertificateRecord, CertificateState, IotStatus } from './certificate.ts';

/** What each cause makes of an accepted certificate; the most final first, because that one is shown. */
const STATE_OF_CAUSE: readonly (readonly [Cause, CertificateState])[] = [
  ['CRL_REVOKED', 'REVOKED'],
  ['REPLACED', 'RETIRED'],
  ['EXPIRED', 'EXPIRED'],
];

export const stateOf = (record: Pick<CertificateRecord, 'verdict' | 'causes'>): CertificateState => {
  if (record.verdict === null) return 'PENDING';
  // revoked for good, whatever it was judged before
  if (record.causes.includes('REVOKED')) return 'REVOKED';
  if (record.verdict.kind === 'hold') return 'HELD';
  if (record.verdict.kind === 'reject') return 'REJECTED';
  const final = STATE_OF_CAUSE.find(([cause]) => record.causes.includes(cause));
  if (final) return final[1];
  return record.causes.length > 0 ? 'SUSPENDED' : 'ACTIVE';
};

/**
 * A rejected certificate becomes INACTIVE: PENDING_ACTIVATION would announce itself at every connect, and REVOKED is
 * kept for what an operator revokes. One that was never active and is held or barred keeps PENDING_ACTIVATION, which
 * lets nobody in and which no call can set again (AWS IoT API reference, UpdateCertificate).
 */
export const wantedStatus = (record: Pick<CertificateRecord, 'verdict' | 'causes' | 'wasActive'>): IotStatus => {
  if (record.causes.includes('REVOKED')) return 'REVOKED';
  if (record.verdict?.kind === 'reject') return 'INACTIVE';
  if (record.verdict?.kind === 'accept' && record.causes.length === 0) return 'ACTIVE';
  return record.wasActive ? 'INACTIVE' : 'PENDING_ACTIVATION';
};

/**
 * IoT Core has the certificate ACTIVE, without being asked: it was brought there, and nothing that was recorded since
 * bars. That it was brought there is not enough: an attempt may have made it INACTIVE and died before it said so.
 */
export const isKnownActive = ({
  applied,
  version,
  history,
}: Pick<CertificateRecord, 'applied' | 'version' | 'history'>): boolean => {
  if (applied?.status !== 'ACTIVE') return false;
  // every version has its entry, of which the oldest are rolled off
  const since = version - applied.version;
  return since <= history.length && history.slice(history.length - since).every(({ state }) => state === 'ACTIVE');
};
