import { describe, expect, it } from 'vitest';
import { type AnchorFacts, anchorFailure } from '#domain/anchor-rules.ts';

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const GOOD: AnchorFacts = {
  subject: 'C=DE, O=Acme, CN=acme-ca',
  validFrom: NOW,
  validTo: NOW,
  publicKey: { type: 'rsa', bits: 2_048 },
  signatureAlgorithm: 'rsa-sha256',
  isCa: true,
};
const failure = (change: Partial<AnchorFacts>) => anchorFailure({ ...GOOD, ...change }, NOW);

describe('a CA certificate that may vouch for devices', () => {
  it.each<[string, Partial<AnchorFacts>]>([
    ['RSA 2,048 and SHA-256, in the first and last moment of its validity', {}],
    ['EC P-256', { publicKey: { type: 'ec', curve: 'P-256' }, signatureAlgorithm: 'ecdsa-sha256' }],
    ['EC P-384', { publicKey: { type: 'ec', curve: 'P-384' }, signatureAlgorithm: 'ecdsa-sha384' }],
    ['EC P-521', { publicKey: { type: 'ec', curve: 'P-521' }, signatureAlgorithm: 'ecdsa-sha512' }],
    ['RSASSA-PSS with SHA-256', { signatureAlgorithm: 'rsa-pss-sha256' }],
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
