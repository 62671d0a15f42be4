// What every certificate must be like, a device's and a CA's: its public key, its signature, its validity.

import type { CertificateFacts } from './certificate.ts';
import type { ReasonCode } from './reasons.ts';
import { shown } from './shown.ts';

/** The value that a rule saw, and a reason when that is not good enough. */
export type Found = { readonly seen: string; readonly reason: ReasonCode | null };
/** What is not good enough, and why. */
export type Failure = { readonly seen: string; readonly reason: ReasonCode };

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

export const publicKeyRule = ({ publicKey: key }: Pick<CertificateFacts, 'publicKey'>): Found => {
  switch (key.type) {
    case 'rsa':
      return { seen: `RSA ${key.bits}`, reason: key.bits >= RSA_BITS ? null : 'KEY_TOO_SMALL' };
    case 'ec':
      return { seen: shown(`EC ${key.curve}`), reason: CURVES.includes(key.curve) ? null : 'KEY_TYPE' };
    case 'other':
      return { seen: shown(key.name), reason: 'KEY_TYPE' };
  }
};

export const signatureRule = ({ signatureAlgorithm: name }: Pick<CertificateFacts, 'signatureAlgorithm'>): Found => {
  if (SIGNATURES.includes(name)) return { seen: name, reason: null };
  return { seen: shown(name), reason: BROKEN_DIGEST.test(name) ? 'SIG_ALG_WEAK' : 'SIG_ALG_UNSUPPORTED' };
};

// a time that no Date can hold must not throw: rules are total
const timeText = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().replace('.000Z', 'Z') : String(time);

/** @param now epoch milliseconds, as the period's ends */
export const validityRule = (
  { validFrom, validTo }: Pick<CertificateFacts, 'validFrom' | 'validTo'>,
  now: number,
  early: ReasonCode,
  late: ReasonCode,
): Found => {
  const seen = `${timeText(validFrom)} to ${timeText(validTo)}`;
  // asked this way round, so that a time that is no number passes neither
  if (!(validFrom <= now)) return { seen, reason: early };
  return { seen, reason: now <= validTo ? null : late };
};

export const firstFailure = (findings: readonly Found[]): Failure | null => {
  for (const { seen, reason } of findings) if (reason !== null) return { seen, reason };
  return null;
};
