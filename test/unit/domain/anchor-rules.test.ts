import { describe, expect, it } from 'vitest';
import { type AnchorFacts, anchorFailure, chainFailure } from '#domain/anchor-rules.ts';

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const GOOD: AnchorFacts = {
  subject: 'C=DE, O=Acme, CN=acme-ca',
  validFrom: NOW,
  validTo: NOW,
  publicKey: { type: 'rsa', bits: 2_048 },
  signatureAlgorithm: 'rsa-sha256',
  isCa: true,
  keyUsage: null,
  hasSubjectKeyId: false,
  selfSigned: true,
};
const failure = (change: Partial<AnchorFacts>) => anchorFailure({ ...GOOD, ...change }, NOW);

describe('a CA certificate that may vouch for devices', () => {
  it.each<[string, Partial<AnchorFacts>]>([
    ['RSA 2,048 and SHA-256, in the first and last moment of its validity', {}],
    ['EC P-256', { publicKey: { type: 'ec', curve: 'P-256' }, signatureAlgorithm: 'ecdsa-sha256' }],
    ['EC P-384', { publicKey: { type: 'ec', curve: 'P-384' }, signatureAlgorithm: 'ecdsa-sha384' }],
    ['EC P-521', { publicKey: { type: 'ec', curve: 'P-521' }, signatureAlgorithm: 'ecdsa-sha512' }],
    ['RSASSA-PSS with SHA-256', { signatureAlgorithm: 'rsa-pss-sha256' }],
    ['a validity of ten years', { validFrom: NOW - DAY, validTo: NOW + 3_650 * DAY }],
  ])('CA-05: has %s', (_, change) => {
    expect(failure(change)).toBeNull();
  });

  it.each(['CN=x', 'CN=device01', 'CN=globex', 'O=Acme'])('CA-08: has any subject, %s', (subject) => {
    expect(failure({ subject })).toBeNull();
  });
});

it.each<[reason: string, seen: string, Partial<AnchorFacts>]>([
  ['NOT_A_CA', 'not a CA', { isCa: false }],
  ['CA_SUBJECT_EMPTY', 'an empty subject', { subject: '' }],
  ['SIG_ALG_WEAK', 'rsa-sha1', { signatureAlgorithm: 'rsa-sha1' }],
  ['SIG_ALG_WEAK', 'rsa-md5', { signatureAlgorithm: 'rsa-md5' }],
  ['SIG_ALG_UNSUPPORTED', '1.3.101.112', { signatureAlgorithm: '1.3.101.112' }],
  ['KEY_TOO_SMALL', 'RSA 2047', { publicKey: { type: 'rsa', bits: 2_047 } }],
  ['KEY_TYPE', 'EC secp256k1', { publicKey: { type: 'ec', curve: 'secp256k1' } }],
  ['KEY_TYPE', 'ed25519', { publicKey: { type: 'other', name: 'ed25519' } }],
  ['CA_EXPIRED', '2026-01-29T00:00:00Z to 2026-01-30T00:00:00Z', { validFrom: NOW - 2 * DAY, validTo: NOW - DAY }],
  [
    'CA_NOT_YET_VALID',
    '2026-02-01T00:00:00Z to 2026-02-02T00:00:00Z',
    { validFrom: NOW + DAY, validTo: NOW + 2 * DAY },
  ],
])('CA-05: %s, of %j', (reason, seen, change) => {
  expect(failure(change)).toEqual({ reason, seen });
});

it('CA-05: of a device certificate in the place of a CA says that it is none, whatever else is wrong', () => {
  const publicKey = { type: 'rsa', bits: 1 } as const;
  const everything = { isCa: false, subject: '', validTo: 0, signatureAlgorithm: 'rsa-sha1', publicKey };
  expect(failure(everything)).toMatchObject({ reason: 'NOT_A_CA' });
});

describe('strict rules', () => {
  const STRICT: AnchorFacts = {
    ...GOOD,
    keyUsage: ['keyCertSign', 'cRLSign'],
    hasSubjectKeyId: true,
    validFrom: NOW - DAY,
    validTo: NOW + 365 * DAY,
  };
  const strictFailure = (change: Partial<AnchorFacts>) => anchorFailure({ ...STRICT, ...change }, NOW, 'strict');

  it('CA-05: are met with keyCertSign, a Subject Key Identifier and 366 days', () => {
    expect(strictFailure({})).toBeNull();
  });

  it.each<[reason: string, seen: string, Partial<AnchorFacts>]>([
    ['CA_KEY_USAGE', 'no Key Usage', { keyUsage: null }],
    ['CA_KEY_USAGE', 'digitalSignature cRLSign', { keyUsage: ['digitalSignature', 'cRLSign'] }],
    ['CA_SUBJECT_KEY_ID', 'no Subject Key Identifier', { hasSubjectKeyId: false }],
    ['CA_VALIDITY_TOO_LONG', 'valid for 367 days', { validTo: NOW + 365 * DAY + 1 }],
    ['KEY_TOO_SMALL', 'RSA 1024', { publicKey: { type: 'rsa', bits: 1_024 } }],
  ])('CA-05: %s, seen as %s', (reason, seen, change) => {
    expect(strictFailure(change)).toEqual({ reason, seen });
  });

  it('CA-05: nothing of it is asked by default', () => {
    expect(
      anchorFailure({ ...STRICT, keyUsage: null, hasSubjectKeyId: false, validTo: NOW + 999 * DAY }, NOW),
    ).toBeNull();
  });
});

describe('what stands above a CA', () => {
  const intermediate = { ...GOOD, subject: 'CN=acme-line-1', selfSigned: false };

  it('CA-09: a root needs nobody, an intermediate its parents up to their root', () => {
    expect(chainFailure(GOOD, [], NOW)).toBeNull();
    expect(chainFailure(intermediate, [GOOD], NOW)).toBeNull();
    expect(chainFailure(intermediate, [{ ...intermediate, subject: 'CN=plant' }, GOOD], NOW)).toBeNull();
  });

  it('CA-09: an intermediate of which the root is not shown is CA_PARENT_UNKNOWN', () => {
    expect(chainFailure(intermediate, [], NOW)).toEqual({
      reason: 'CA_PARENT_UNKNOWN',
      seen: 'nothing above CN=acme-line-1',
    });
    expect(chainFailure(intermediate, [{ ...intermediate, subject: 'CN=plant' }], NOW)).toEqual({
      reason: 'CA_PARENT_UNKNOWN',
      seen: 'nothing above CN=plant',
    });
  });

  it.each<[reason: string, Partial<AnchorFacts>]>([
    ['NOT_A_CA', { isCa: false }],
    ['SIG_ALG_WEAK', { signatureAlgorithm: 'rsa-sha1', selfSigned: false }],
    ['KEY_TOO_SMALL', { publicKey: { type: 'rsa', bits: 1_024 } }],
    ['CA_EXPIRED', { validFrom: 0, validTo: NOW - 1 }],
    ['CA_NOT_YET_VALID', { validFrom: NOW + 1, validTo: NOW + DAY }],
  ])('CA-09: %s of a parent is one of the CA', (reason, change) => {
    expect(chainFailure(intermediate, [{ ...GOOD, ...change }, GOOD], NOW)).toMatchObject({ reason });
  });

  it('CA-09: nobody relies on the signature that a root made for itself', () => {
    expect(chainFailure(intermediate, [{ ...GOOD, signatureAlgorithm: 'rsa-sha1' }], NOW)).toBeNull();
  });
});
