// What keeps a certificate out, by its codes, and what an operator does about it.

import type { Cause, CertificateRecord } from './certificate.ts';
import { REASONS, type ReasonCode } from './reasons.ts';

type Standing = Pick<CertificateRecord, 'verdict' | 'causes'>;

const LIFTED: Readonly<Record<Cause, string>> = {
  CA_REVOKED: 'restore the trust anchor',
  OPERATOR: 'resume the device',
  GRANT_REMOVED: 'give its user the certificate grant again, or create the user again',
  BLOCKED: 'unblock the device',
  CRL_REVOKED: 'give the device a new certificate: whoever issued this one has revoked it',
  EXPIRED: 'give the device a new certificate',
  REPLACED: 'let the device use its newer certificate',
  REVOKED: 'give the device a new certificate: this one is revoked for good',
};

/** The reason of the verdict, else every cause that bars; none while nothing is decided, and for who is in. */
export const obstaclesOf = ({ verdict, causes }: Standing): readonly (ReasonCode | Cause)[] => {
  if (verdict === null) return [];
  return verdict.kind === 'accept' ? causes : [verdict.reason];
};

/** Null when there is nothing to do. */
export const remedyFor = ({ verdict, causes }: Standing): string | null => {
  if (verdict !== null && verdict.kind !== 'accept') return REASONS[verdict.reason].action;
  return verdict === null || causes.length === 0 ? null : causes.map((cause) => LIFTED[cause]).join(', and ');
};
