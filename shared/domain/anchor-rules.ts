// The rules that a CA certificate must meet before it may vouch for devices (CA-05).

import type { CertificateFacts } from './certificate.ts';
import { shown } from './shown.ts';
import { type Failure, firstFailure, publicKeyRule, signatureRule, validityRule } from './x509-rules.ts';

export type AnchorFacts = Pick<
  CertificateFacts,
  'validFrom' | 'validTo' | 'publicKey' | 'signatureAlgorithm' | 'isCa'
> & {
  /** the distinguished name on one line, empty when it has no attribute; any value will do and none has a meaning (CA-08) */
  readonly subject: string;
};

/**
 * Null when the CA certificate may be registered. A Key Usage is not asked for: `openssl req -x509` makes CA
 * certificates without one.
 * @param now epoch milliseconds
 */
export const anchorFailure = (ca: AnchorFacts, now: number): Failure | null =>
  firstFailure([
    // first: of a device certificate in its place nothing else is worth saying
    { seen: ca.isCa ? 'CA:TRUE' : 'not a CA', reason: ca.isCa ? null : 'NOT_A_CA' },
    // RFC 5280 §4.1.2.6: a CA's subject is not empty, else no leaf could name its issuer
    ca.subject === ''
      ? { seen: 'an empty subject', reason: 'CA_SUBJECT_EMPTY' }
      : { seen: shown(ca.subject), reason: null },
    signatureRule(ca),
    publicKeyRule(ca),
    validityRule(ca, now, 'CA_NOT_YET_VALID', 'CA_EXPIRED'),
  ]);
