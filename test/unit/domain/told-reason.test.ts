// The reason that lists, history and events tell of a certificate.

import { expect, it } from 'vitest';
import { CAUSES, type Cause, type Verdict } from '#domain/certificate.ts';
import { clientId } from '#domain/ids.ts';
import type { ReasonCode } from '#domain/reasons.ts';
import { toldReason } from '#domain/told-reason.ts';

const accept: Verdict = { kind: 'accept', clientId: clientId('device01'), permissionSet: 'acme.eu1', user: null };
const hold: Verdict = { kind: 'hold', clientId: clientId('device01'), reason: 'APPROVAL_REQUIRED', seen: 'approve' };

it('is that of the verdict of one that is held or turned away, whatever else bars it', () => {
  expect(toldReason(hold, ['REVOKED'])).toEqual({ reason: 'APPROVAL_REQUIRED', seen: 'approve' });
});

it('is none of one that is let in', () => {
  expect(toldReason(accept, [])).toEqual({ reason: null, seen: null });
});

it.each<[ReasonCode | null, ...Cause[]]>([
  ['DEVICE_BARRED', 'OPERATOR'],
  ['DEVICE_BARRED', 'EXPIRED', 'REVOKED'],
  ['CERT_REVOKED', 'CA_REVOKED', 'CRL_REVOKED'],
  ['CERT_REVOKED', 'CRL_REVOKED', 'REPLACED'],
  [null, 'EXPIRED', 'REPLACED'],
  ['CERT_EXPIRED', 'CA_REVOKED', 'EXPIRED'],
  ['CA_REVOKED', 'GRANT_REMOVED', 'CA_REVOKED'],
  ['CERT_BLOCKED', 'OPERATOR', 'BLOCKED'],
  ['GRANT_REMOVED', 'OPERATOR', 'GRANT_REMOVED'],
])('V-03: is %s of one that is barred by what decides on its state, and every cause is seen', (reason, ...causes) => {
  expect(toldReason(accept, causes)).toEqual({ reason, seen: causes.join(' ') });
});

it('V-03: there is one of every cause, but for a renewal: its device is not barred', () => {
  expect(toldReason(accept, ['REPLACED'])).toEqual({ reason: null, seen: 'REPLACED' });
  for (const cause of CAUSES.filter((each) => each !== 'REPLACED'))
    expect(toldReason(accept, [cause])).toMatchObject({ reason: expect.any(String), seen: cause });
});
