// The rules that a device certificate must meet by itself and under its trust anchor.

import type { CertificateFacts } from './certificate.ts';
import type { ReasonCode } from './reasons.ts';
import { shown } from './shown.ts';
import type { TrustAnchor } from './trust-anchor.ts';
import { type Found, publicKeyRule, signatureRule, validityRule } from './x509-rules.ts';

export type Finding = Found & { readonly rule: string };

type Anchor = Pick<TrustAnchor, 'validFrom' | 'validTo'>;
type Check = (leaf: CertificateFacts, anchor: Anchor, now: number) => Found;

/** clientAuth and anyExtendedKeyUsage, which includes it (RFC 5280 §4.2.1.12) */
const CLIENT_PURPOSES: readonly string[] = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** An extension that is absent allows everything (RFC 5280 §4.2.1.3, §4.2.1.12): an X.509 v1 leaf has none. */
const extension = (values: readonly string[] | null, enough: readonly string[], reason: ReasonCode): Found => {
  if (values === null) return { seen: 'absent', reason: null };
  const good = values.some((value) => enough.includes(value));
  return { seen: shown(values.join(' ')), reason: good ? null : reason };
};

const CHECKS: readonly (readonly [rule: string, check: Check])[] = [
  // before the issuer: a signature that cannot be trusted, or not even checked, vouches for nobody
  ['signature-algorithm', signatureRule],
  [
    'issuer',
    ({ issuedByAnchor: issued }) => ({
      seen: issued ? 'signed by the trust anchor' : 'not signed by the trust anchor',
      reason: issued ? null : 'CA_UNKNOWN',
    }),
  ],
  ['anchor-validity', (_leaf, anchor, now) => validityRule(anchor, now, 'CA_NOT_YET_VALID', 'CA_EXPIRED')],
  ['validity', (leaf, _anchor, now) => validityRule(leaf, now, 'CERT_NOT_YET_VALID', 'CERT_EXPIRED')],
  ['end-entity', ({ isCa }) => ({ seen: isCa ? 'CA:TRUE' : 'not a CA', reason: isCa ? 'CERT_IS_CA' : null })],
  ['public-key', publicKeyRule],
  ['extended-key-usage', (leaf) => extension(leaf.extendedKeyUsage, CLIENT_PURPOSES, 'EKU')],
  ['key-usage', (leaf) => extension(leaf.keyUsage, ['digitalSignature'], 'KEY_USAGE')],
];

/** Names of the rules, in the order of `certificateFindings`. */
export const CERTIFICATE_RULES: readonly string[] = CHECKS.map(([rule]) => rule);

/** @param now epoch milliseconds */
export const certificateFindings = (leaf: CertificateFacts, anchor: Anchor, now: number): readonly Finding[] =>
  CHECKS.map(([rule, check]) => ({ rule, ...check(leaf, anchor, now) }));
