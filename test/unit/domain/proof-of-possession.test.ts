import { expect, it } from 'vitest';
import { codeFailure, possessionFailure, type VerificationFacts } from '#domain/proof-of-possession.ts';

const NOW = Date.UTC(2026, 0, 31);
const CODE = 'c0de'.repeat(16);
const CHALLENGE = { code: CODE, expiresAt: NOW + 1 };
const GOOD: VerificationFacts = { cn: [CODE], signedByAnchor: true, validFrom: NOW, validTo: NOW };
const failure = (change: Partial<VerificationFacts>) => possessionFailure(CHALLENGE, { ...GOOD, ...change }, NOW);

it("CA-04: a certificate of the CA over the challenge's code, valid now, shows possession until its last moment", () => {
  expect(failure({})).toBeNull();
});

it.each<[code: string, says: string, Partial<VerificationFacts>]>([
  ['POP_SIGNATURE', 'the CA did not sign it', { signedByAnchor: false }],
  ['POP_SIGNATURE', 'the CA did not sign it', { signedByAnchor: false, cn: [], validTo: 0 }],
  ['POP_CODE', 'got no CN', { cn: [] }],
  ['POP_CODE', 'got device01', { cn: ['device01'] }],
  ['POP_CODE', `got ${CODE} and`, { cn: [CODE, CODE] }],
  ['POP_CODE', `got ${CODE.toUpperCase()}:`, { cn: [CODE.toUpperCase()] }],
  [
    'POP_VALIDITY',
    'got 2026-01-30T00:00:00Z to 2026-01-30T23:59:59Z',
    { validFrom: NOW - 86_400_000, validTo: NOW - 1_000 },
  ],
  ['POP_VALIDITY', 'got 2026-01-31T00:00:01Z to', { validFrom: NOW + 1_000, validTo: NOW + 2_000 }],
])('CA-04: %s, %s, of %j', (code, says, change) => {
  expect(failure(change)).toMatchObject({ code, message: expect.stringContaining(says) });
});

it('CA-04: a challenge that is over is answered by nothing, not even the right certificate', () => {
  expect(possessionFailure({ code: CODE, expiresAt: NOW }, GOOD, NOW)).toMatchObject({
    code: 'POP_EXPIRED',
    message: expect.stringContaining('since 2026-01-31T00:00:00.000Z'),
  });
});

it("CA-04: the account's code has no end, and is judged alike", () => {
  expect(codeFailure(CODE, GOOD, 'the certificate', NOW)).toBeNull();
  expect(codeFailure('other', GOOD, 'the second certificate', NOW)).toMatchObject({
    code: 'POP_CODE',
    message: expect.stringMatching(
      /^expected the second certificate to be signed with the CA's key, with the CN other/,
    ),
  });
});
