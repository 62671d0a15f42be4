import { describe, expect, it } from 'vitest';
import {
  CAUSES,
  type Cause,
  type CertificateState,
  type HistoryEntry,
  type IotStatus,
  type Verdict,
} from '#domain/certificate.ts';
import { isKnownActive, stateOf, wantedStatus } from '#domain/certificate-state.ts';
import { clientId } from '#domain/ids.ts';

const id = clientId('acme_device01');
const ACCEPT: Verdict = { kind: 'accept', clientId: id, permissionSet: 'acme.eu1', user: null };
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
  [ACCEPT, ['CRL_REVOKED', 'REPLACED', 'EXPIRED'], 'REVOKED', 'PENDING_ACTIVATION', 'INACTIVE'],
  [ACCEPT, CAUSES, 'REVOKED', 'REVOKED', 'REVOKED'],
  [HOLD, ['REVOKED'], 'REVOKED', 'REVOKED', 'REVOKED'],
  [REJECT, ['REVOKED'], 'REVOKED', 'REVOKED', 'REVOKED'],
  [null, ['REVOKED'], 'PENDING', 'REVOKED', 'REVOKED'],
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

describe('a certificate that IoT Core has ACTIVE without being asked', () => {
  const entries = (...states: readonly CertificateState[]): HistoryEntry[] =>
    states.map((state) => ({ at: 0, actor: 'onboarding', state, reason: null, seen: null, rules: 1 }));
  const applied = (version: number, status: IotStatus = 'ACTIVE') => ({ version, status, at: 0 });

  it.each([
    ['was brought there', applied(1), 1, entries('ACTIVE'), true],
    ['was brought there, whatever it was before', applied(2), 2, entries('SUSPENDED', 'ACTIVE'), true],
    ['has had changes since that bar nothing', applied(1), 3, entries('ACTIVE', 'ACTIVE', 'ACTIVE'), true],
    ['has a history that begins with the first of them', applied(7), 9, entries('ACTIVE', 'ACTIVE'), true],
  ])('U-03: %s', (_, last, version, history, known) => {
    expect(isKnownActive({ applied: last, version, history })).toBe(known);
  });

  it.each([
    ['was never brought anywhere', null, 1, entries('ACTIVE')],
    ['was brought elsewhere', applied(1, 'INACTIVE'), 1, entries('ACTIVE')],
    ['was barred since', applied(1), 2, entries('ACTIVE', 'SUSPENDED')],
    ['was barred and freed since', applied(1), 3, entries('ACTIVE', 'SUSPENDED', 'ACTIVE')],
    ['has had more changes than its history tells', applied(6), 9, entries('ACTIVE', 'ACTIVE')],
  ])('U-03: is none that %s', (_, last, version, history) => {
    expect(isKnownActive({ applied: last, version, history })).toBe(false);
  });
});
