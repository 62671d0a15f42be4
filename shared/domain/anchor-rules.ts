// The rules that a CA certificate must meet before it may vouch for devices (CA-05), and those above it (CA-09).

import type { CertificateFacts } from './certificate.ts';
import { shown } from './shown.ts';
import type { AnchorRules } from './tenant.ts';
import { type Failure, type Found, firstFailure, publicKeyRule, signatureRule, validityRule } from './x509-rules.ts';

export type AnchorFacts = Pick<
  CertificateFacts,
  'validFrom' | 'validTo' | 'publicKey' | 'signatureAlgorithm' | 'isCa' | 'keyUsage'
> & {
  /** the distinguished name on one line, empty when it has no attribute; any value will do and none has a meaning (CA-08) */
  readonly subject: string;
  readonly hasSubjectKeyId: boolean;
  /** its own key made the signature, under its own name */
  readonly selfSigned: boolean;
};

/** A year, and a leap year's day. */
const STRICT_DAYS = 366;
const DAY_MS = 86_400_000;

// first: of a device certificate in its place nothing else is worth saying
const caRule = ({ isCa }: AnchorFacts): Found => ({
  seen: isCa ? 'CA:TRUE' : 'not a CA',
  reason: isCa ? null : 'NOT_A_CA',
});

const strictRules = ({ keyUsage, hasSubjectKeyId, validFrom, validTo }: AnchorFacts): readonly Found[] => [
  {
    seen: keyUsage === null ? 'no Key Usage' : shown(keyUsage.join(' ')),
    reason: keyUsage?.includes('keyCertSign') ? null : 'CA_KEY_USAGE',
  },
  {
    seen: hasSubjectKeyId ? 'a Subject Key Identifier' : 'no Subject Key Identifier',
    reason: hasSubjectKeyId ? null : 'CA_SUBJECT_KEY_ID',
  },
  {
    seen: `valid for ${Math.ceil((validTo - validFrom) / DAY_MS)} days`,
    reason: validTo - validFrom <= STRICT_DAYS * DAY_MS ? null : 'CA_VALIDITY_TOO_LONG',
  },
];

/**
 * Null when the CA certificate may vouch. By default a Key Usage is not asked for: `openssl req -x509` makes CA
 * certificates without one.
 * @param now epoch milliseconds
 */
export const anchorFailure = (ca: AnchorFacts, now: number, rules: AnchorRules = 'default'): Failure | null =>
  firstFailure([
    caRule(ca),
    // RFC 5280 §4.1.2.6: a CA's subject is not empty, else no leaf could name its issuer
    ca.subject === ''
      ? { seen: 'an empty subject', reason: 'CA_SUBJECT_EMPTY' }
      : { seen: shown(ca.subject), reason: null },
    signatureRule(ca),
    publicKeyRule(ca),
    validityRule(ca, now, 'CA_NOT_YET_VALID', 'CA_EXPIRED'),
    ...(rules === 'strict' ? strictRules(ca) : []),
  ]);

const parentFailure = (parent: AnchorFacts, now: number): Failure | null =>
  firstFailure([
    caRule(parent),
    // nobody relies on the signature that a root made for itself
    ...(parent.selfSigned ? [] : [signatureRule(parent)]),
    publicKeyRule(parent),
    validityRule(parent, now, 'CA_NOT_YET_VALID', 'CA_EXPIRED'),
  ]);

/**
 * Null when a CA is a root, or its parents lead to one and are good.
 * @param parents each of which signed the one before, the first one signed the CA
 */
export const chainFailure = (ca: AnchorFacts, parents: readonly AnchorFacts[], now: number): Failure | null => {
  const top = parents.at(-1) ?? ca;
  if (!top.selfSigned) return { seen: `nothing above ${shown(top.subject)}`, reason: 'CA_PARENT_UNKNOWN' };
  return parents.map((parent) => parentFailure(parent, now)).find((failure) => failure !== null) ?? null;
};
