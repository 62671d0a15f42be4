import { describe, expect, it } from 'vitest';
import { CAUSES, type Cause, type CertificateState, type IotStatus, type Verdict } from '#domain/certificate.ts';
import { stateOf, wantedStatus } from '#domain/certificate-state.ts';
import { clientId } from '#domain/ids.ts';

const id = clientId('acme_device01');
const ACCEPT: Verdict = { kind: 'accept', clientId: id, permissionSet: 'acme.eu1' };
const HOLD: Verdict = { kind: 'hold', clientId: id, reason: 'APPROVAL_REQUIRED', seen: 'approve' };
const REJECT: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: 'no CN' };

type Row = readonly [
  verdict: Verdict | null,
  causes: readonly Cause[],
  state: CertificateState,
  first: IotStatus,
  later: IotStatus,
];

const ROWS: readonly Row[] = [
  [null, [], 'PENDING', 'PENDING_ACTIVATION', 'INACTIVE'],
  [HOLD, [], 'HELD', 'PENDING_ACTIVATION', 'INACTIVE'],
  [HOLD, ['CA_REVOKED'], 'HELD', 'PENDING_ACTIVATION', 'INACTIVE'],
  [REJECT, [], 'REJECTED', 'INACTIVE', 'INACTIVE'],
  [REJECT, ['OPERATOR'], 'REJECTED', 'INACTIVE', 'INACTIVE'],
  [ACCEPT, [], 'ACTIVE', 'ACTIVE', 'ACTIVE'],
  [ACCEPT, ['CA_REVOKED'], 'SUSPENDED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['OPERATOR'], 'SUSPENDED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['GRANT_REMOVED'], 'SUSPENDED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['BLOCKED'], 'SUSPENDED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['EXPIRED'], 'EXPIRED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['OPERATOR', 'EXPIRED'], 'EXPIRED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, ['EXPIRED', 'REPLACED'], 'RETIRED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, CAUSES, 'REVOKED', 'PENDING_ACTIVATION', 'INACTIVE'],
];

describe('the state of a certificate', () => {
  it.each(ROWS)('R-02: verdict %j with causes %j is %s', (verdict, causes, state) => {
    expect(stateOf({ verdict, causes })).toBe(state);
  });

  it.each(ROWS)(
    'J-07: verdict %j with causes %j (%s) wants %s, and %s once it was active',
    (verdict, causes, _, first, later) => {
      expect(wantedStatus({ verdict, causes, wasActive: false })).toBe(first);
      expect(wantedStatus({ verdict, causes, wasActive: true })).toBe(later);
    },
  );
});
