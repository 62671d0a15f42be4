// What keeps a certificate out, and what an operator does about it.

import { describe, expect, it } from 'vitest';
import { CAUSES, type Cause, type Verdict } from '#domain/certificate.ts';
import { certificateId, clientId } from '#domain/ids.ts';
import { REASONS, type ReasonCode } from '#domain/reasons.ts';
import { isWaiting, obstaclesOf, remedyFor } from '#domain/remedy.ts';

const accept: Verdict = { kind: 'accept', clientId: clientId('device01'), permissionSet: 'acme.eu1', user: null };
const reject: Verdict = { kind: 'reject', clientId: null, reason: 'USER_NOT_FOUND', seen: 'device01' };
const suspended = (...causes: Cause[]) => ({ verdict: accept, causes });

describe('of a device that was let in and is barred', () => {
  it('V-08: the grant or the user lifts GRANT_REMOVED', () => {
    expect(obstaclesOf(suspended('GRANT_REMOVED'))).toEqual(['GRANT_REMOVED']);
    expect(remedyFor(suspended('GRANT_REMOVED'))).toBe(
      'give its user the certificate grant again, or create the user again',
    );
  });

  it('every cause wants a remedy of its own', () => {
    expect(remedyFor(suspended('CA_REVOKED', 'OPERATOR'))).toBe('restore the trust anchor, and resume the device');
    expect(new Set(CAUSES.map((cause) => remedyFor(suspended(cause)))).size).toBe(CAUSES.length);
  });
});

describe('of a device whose new certificate waits', () => {
  const newer = certificateId('2'.repeat(64));

  it.each<Cause>(['REVOKED', 'EXPIRED', 'CRL_REVOKED'])(
    'V-04: what asks for a new one, as %s does, asks to approve it',
    (cause) => {
      expect(remedyFor(suspended(cause), newer)).toBe(`approve its new certificate, ${newer}`);
    },
  );

  it('V-04: that is said once, and what else bars is lifted as ever', () => {
    expect(remedyFor(suspended('REVOKED', 'EXPIRED', 'OPERATOR'), newer)).toBe(
      `approve its new certificate, ${newer}, and resume the device`,
    );
  });

  it.each<[ReasonCode, boolean]>([
    ['DEVICE_BARRED', true],
    ['RENEWAL_APPROVAL', true],
    ['APPROVAL_REQUIRED', true],
    ['CA_REVOKED', false],
  ])('one that is held by %s waits for an approval: %s', (reason, waits) => {
    const hold: Verdict = { kind: 'hold', clientId: clientId('device01'), reason, seen: '' };
    expect(isWaiting({ verdict: hold, causes: [] })).toBe(waits);
    expect(isWaiting({ verdict: hold, causes: ['REVOKED'] })).toBe(false);
  });

  it('one that is in or turned away waits for nobody', () => {
    expect([accept, reject, null].some((verdict) => isWaiting({ verdict, causes: [] }))).toBe(false);
  });
});

it('V-04: of one that is held since its device is revoked, it is the approval that lifts just that', () => {
  const held = (seen: string, reason: ReasonCode = 'DEVICE_BARRED') =>
    remedyFor({ verdict: { kind: 'hold', clientId: clientId('device01'), reason, seen }, causes: [] });
  expect(held('REVOKED')).toBe(
    'approve it, which also lifts the revocation of the device: vestibule device approve device01',
  );
  expect(held('OPERATOR REVOKED')).toBe(REASONS.DEVICE_BARRED.action);
  expect(held('REVOKED', 'APPROVAL_REQUIRED')).toBe(REASONS.APPROVAL_REQUIRED.action);
});

it('of one that was turned away, it is the action of the reason', () => {
  const turnedAway = { verdict: reject, causes: [] };
  expect(obstaclesOf(turnedAway)).toEqual(['USER_NOT_FOUND']);
  expect(remedyFor(turnedAway)).toBe(REASONS.USER_NOT_FOUND.action);
});

it.each([
  ['that is in', accept],
  ['that is not decided yet', null],
])('of one %s there is nothing to do', (_, verdict) => {
  expect(obstaclesOf({ verdict, causes: [] })).toEqual([]);
  expect(remedyFor({ verdict, causes: [] })).toBeNull();
});
