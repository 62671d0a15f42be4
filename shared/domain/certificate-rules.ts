// The rules that a device certificate must meet by itself and under its trust anchor.

import type { CertificateFacts } from './certificate.ts';
import type { ReasonCode } from './reasons.ts';
import { shown } from './shown.ts';
import type { TrustAnchor } from './trust-anchor.ts';

/** What a rule found: the value it saw, and a reason when that is not good enough. */
export type Finding = { readonly rule: string; readonly seen: string; readonly reason: ReasonCode | null };

type Validity = { readonly validFrom: number; readonly validTo: number };
type Anchor = Pick<TrustAnchor, 'validFrom' | 'validTo'>;
type Check = (leaf: CertificateFacts, anchor: Anchor, now: number) => Omit<Finding, 'rule'>;

const RSA_BITS = 2_048;
const CURVES: readonly string[] = ['P-256', 'P-384', 'P-521'];
// AWS IoT guide, X.509 client certificates: supported signing algorithms.
const SIGNATURES: readonly string[] = [
  'rsa-sha256',
  'rsa-sha384',
  'rsa-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pss-sha512',
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'dsa-sha256',
];
const BROKEN_DIGEST = /-(md2|md4|md5|sha1)$/;
/** clientAuth and anyExtendedKeyUsage, which includes it (RFC 5280 §4.2.1.12) */
const CLIENT_PURPOSES: readonly string[] = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

// a time that no Date can hold must not throw: rules are total
const timeText = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().replace('.000Z', 'Z') : String(time);

const validity = (period: Validity, now: number, early: ReasonCode, late: ReasonCode): Omit<Finding, 'rule'> => {
  const seen = `${timeText(period.validFrom)} to ${timeText(period.validTo)}`;
  // asked this way round, so that a time that is no number passes neither
  if (!(period.validFrom <= now)) return { seen, reason: early };
  return { seen, reason: now <= period.validTo ? null : late };
};

const publicKey: Check = ({ publicKey: key }) => {
  switch (key.type) {
    case 'rsa':
      return { seen: `RSA ${key.bits}`, reason: key.bits >= RSA_BITS ? null : 'KEY_TOO_SMALL' };
    case 'ec':
      return { seen: shown(`EC ${key.curve}`), reason: CURVES.includes(key.curve) ? null : 'KEY_TYPE' };
    case 'other':
      return { seen: shown(key.name), reason: 'KEY_TYPE' };
  }
};

const signatureAlgorithm: Check = ({ signatureAlgorithm: name }) => {
  if (SIGNATURES.includes(name)) return { seen: name, reason: null };
  return { seen: shown(name), reason: BROKEN_DIGEST.test(name) ? 'SIG_ALG_WEAK' : 'SIG_ALG_UNSUPPORTED' };
};

/** An extension that is absent allows everything (RFC 5280 §4.2.1.3, §4.2.1.12): an X.509 v1 leaf has none. */
const extension = (values: readonly string[] | null, enough: readonly string[], reason: ReasonCode) => {
  if (values === null) return { seen: 'absent', reason: null };
  const good = values.some((value) => enough.includes(value));
  return { seen: shown(values.join(' ')), reason: good ? null : reason };
};

const CHECKS: readonly (readonly [rule: string, check: Check])[] = [
  // before the issuer: a signature that cannot be trusted, or not even checked, vouches for nobody
  ['signature-algorithm', signatureAlgorithm],
  [
    'issuer',
    ({ issuedByAnchor: issued }) => ({
      seen: issued ? 'signed by the trust anchor' : 'not signed by the trust anchor',
      reason: issued ? null : 'CA_UNKNOWN',
    }),
  ],
  ['anchor-validity', (_leaf, anchor, now) => validity(anchor, now, 'CA_NOT_YET_VALID', 'CA_EXPIRED')],
  ['validity', (leaf, _anchor, now) => validity(leaf, now, 'CERT_NOT_YET_VALID', 'CERT_EXPIRED')],
  ['end-entity', ({ isCa }) => ({ seen: isCa ? 'CA:TRUE' : 'not a CA', reason: isCa ? 'CERT_IS_CA' : null })],
  ['public-key', publicKey],
  ['extended-key-usage', (leaf) => extension(leaf.extendedKeyUsage, CLIENT_PURPOSES, 'EKU')],
  ['key-usage', (leaf) => extension(leaf.keyUsage, ['digitalSignature'], 'KEY_USAGE')],
];

/** Names of the rules, in the order of `certificateFindings`. */
export const CERTIFICATE_RULES: readonly string[] = CHECKS.map(([rule]) => rule);

/** @param now epoch milliseconds */
export const certificateFindings = (leaf: CertificateFacts, anchor: Anchor, now: number): readonly Finding[] =>
  CHECKS.map(([rule, check]) => ({ rule, ...check(leaf, anchor, now) }));
