import { describe, expect, it } from 'vitest';
import type { CertificateRecord, HistoryEntry, Verdict } from '#domain/certificate.ts';
import { certificateId, clientId } from '#domain/ids.ts';
import {
  endOfPass,
  followedAs,
  isReached,
  isStale,
  PASSES,
  progressOf,
  type SweepCursor,
  type SweepNeed,
  sweepNeedOf,
} from '#domain/sweep.ts';
import type { AnchorState, AnchorSweep } from '#domain/trust-anchor.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const SETTLE_MS = 30_000;
const id = clientId('acme_device01');
const ACCEPT: Verdict = { kind: 'accept', clientId: id, permissionSet: 'acme.eu1', user: null };
const HELD_FOR_CA: Verdict = { kind: 'hold', clientId: id, reason: 'CA_REVOKED', seen: 'REVOKED' };
const HELD: Verdict = { kind: 'hold', clientId: id, reason: 'APPROVAL_REQUIRED', seen: 'approve' };
const REJECT: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: 'no CN' };

const changed = (state: AnchorState) => ({ state, changedAt: NOON });
const entry = (seen: string | null, at = NOON): HistoryEntry => ({
  at,
  actor: 'an operator',
  state: 'ACTIVE',
  reason: null,
  seen,
  rules: 1,
});
const DECIDED = entry(null, NOON - 1_000);

const record = (changes: Partial<CertificateRecord>): CertificateRecord => ({
  id: certificateId('1'.padStart(64, '0')),
  anchorId: null,
  tenant: null,
  verdict: ACCEPT,
  causes: [],
  operatorWord: null,
  version: 1,
  applied: null,
  settled: true,
  wasActive: true,
  memberships: [],
  lease: null,
  subject: null,
  serialNumber: null,
  publicKeyId: null,
  validTo: null,
  firstSeenAt: NOON - 1_000,
  decidedAt: NOON - 1_000,
  history: [DECIDED],
  ...changes,
});

type Row = readonly [
  why: string,
  state: AnchorState,
  known: Partial<CertificateRecord> | null,
  status: string | null,
  need: SweepNeed,
];
const note = (state: AnchorState) => entry(followedAs({ state }));

const ROWS: readonly Row[] = [
  ['V-01: one that is in', 'REVOKED', {}, 'ACTIVE', 'change'],
  ['V-01: one that is in, listed by the registry alone', 'REVOKED', {}, null, 'change'],
  ['V-01: one of a deleted CA', 'DELETED', {}, 'ACTIVE', 'change'],
  ['V-03: one that an operator suspended', 'REVOKED', { causes: ['OPERATOR'] }, 'INACTIVE', 'change'],
  ['V-01: one that was accepted and never became active', 'REVOKED', {}, 'PENDING_ACTIVATION', 'change'],
  ['V-02: one that is out already', 'REVOKED', { causes: ['CA_REVOKED'] }, 'INACTIVE', 'nothing'],
  ['V-05: one that is recorded as out and is in', 'REVOKED', { causes: ['CA_REVOKED'] }, 'ACTIVE', 'change'],
  ['V-05: one that is held and is in', 'REVOKED', { verdict: HELD }, 'ACTIVE', 'change'],
  ['V-05: one that is turned away and is in', 'REVOKED', { verdict: REJECT }, 'ACTIVE', 'change'],
  ['V-03: one that an operator revoked', 'REVOKED', { causes: ['REVOKED'] }, 'INACTIVE', 'nothing'],
  [
    'V-03: one that an operator revoked, listed by the registry alone',
    'REVOKED',
    { causes: ['REVOKED'] },
    null,
    'nothing',
  ],
  ['V-01: one that an operator revoked and is in', 'REVOKED', { causes: ['REVOKED'] }, 'ACTIVE', 'change'],
  ['V-03: one that an operator revoked', 'ACTIVE', { causes: ['CA_REVOKED', 'REVOKED'] }, 'INACTIVE', 'nothing'],
  ['one that is held', 'REVOKED', { verdict: HELD }, 'PENDING_ACTIVATION', 'nothing'],
  ['one that is turned away', 'REVOKED', { verdict: REJECT }, 'INACTIVE', 'nothing'],
  ['one that nobody decided on yet', 'REVOKED', { verdict: null }, 'PENDING_ACTIVATION', 'nothing'],
  ['one that nobody decided on, and is in', 'REVOKED', { verdict: null }, 'ACTIVE', 'foreign'],
  ['one without a record, and in', 'REVOKED', null, 'ACTIVE', 'foreign'],
  ['one without a record', 'REVOKED', null, 'PENDING_ACTIVATION', 'nothing'],
  ['one that is revoked in IoT Core', 'REVOKED', {}, 'REVOKED', 'nothing'],
  ['one on its way to another account', 'REVOKED', {}, 'PENDING_TRANSFER', 'nothing'],
  [
    'V-02: one that was told and not converged',
    'REVOKED',
    { settled: false, history: [DECIDED, note('REVOKED')] },
    'ACTIVE',
    'finish',
  ],
  [
    'V-02: one that was told and decided, and not converged',
    'REVOKED',
    { settled: false, causes: ['CA_REVOKED'], history: [DECIDED, note('REVOKED'), DECIDED] },
    'INACTIVE',
    'finish',
  ],
  [
    'one that was told, and changed by others since',
    'REVOKED',
    { settled: false, history: [DECIDED, note('REVOKED'), entry('user changed')] },
    'ACTIVE',
    'change',
  ],
  [
    'one that was told of an earlier revocation',
    'REVOKED',
    { settled: false, history: [entry(followedAs({ state: 'REVOKED' }), NOON - 1)] },
    'ACTIVE',
    'change',
  ],
  ['V-03: one that is out for its CA', 'ACTIVE', { causes: ['CA_REVOKED'] }, 'INACTIVE', 'change'],
  ['V-03: one that is out for its CA and more', 'ACTIVE', { causes: ['CA_REVOKED', 'OPERATOR'] }, 'INACTIVE', 'change'],
  ['V-03: one that is out for another reason', 'ACTIVE', { causes: ['OPERATOR'] }, 'INACTIVE', 'nothing'],
  ['V-03: one that is held for its CA', 'ACTIVE', { verdict: HELD_FOR_CA }, 'PENDING_ACTIVATION', 'change'],
  ['one that is held for another reason', 'ACTIVE', { verdict: HELD }, 'PENDING_ACTIVATION', 'nothing'],
  ['one that is in', 'ACTIVE', {}, 'ACTIVE', 'nothing'],
  ['one without a record, and in, of a CA that is trusted', 'ACTIVE', null, 'ACTIVE', 'nothing'],
];

describe('what a sweep does for a certificate', () => {
  it.each(ROWS)('%s, while the CA is %s', (_, state, known, status, need) => {
    expect(sweepNeedOf(changed(state), known && record(known), status)).toBe(need);
  });

  it('V-02: knows by its history whether this change of the anchor reached it', () => {
    expect(isReached(changed('REVOKED'), { history: [DECIDED] })).toBe(false);
    expect(isReached(changed('REVOKED'), { history: [note('REVOKED'), DECIDED] })).toBe(true);
    expect(isReached(changed('ACTIVE'), { history: [note('REVOKED')] })).toBe(false);
  });
});

const sweep = (changes: Partial<AnchorSweep>): AnchorSweep => ({
  version: 3,
  pass: 2,
  seen: 5,
  changed: 4,
  startedAt: NOON,
  completedAt: null,
  ...changes,
});
const cursor = (changes: Partial<SweepCursor>): SweepCursor => ({
  list: 'iot-core',
  page: null,
  offset: 0,
  startedAt: NOON + SETTLE_MS,
  seen: 5,
  changed: 2,
  acted: 0,
  failed: 0,
  ...changes,
});

describe('a command of a sweep', () => {
  const stale = (found: AnchorSweep | null, command: { version?: number; pass?: number; begins?: boolean }) => {
    const { version = 3, pass = 2, begins = false } = command;
    return isStale({ version: 3, sweep: found }, { version, pass, cursor: begins ? null : cursor({}) });
  };

  it('is none of this change of the anchor when that has another version', () => {
    expect(stale(null, { version: 2 })).toBe(true);
    expect(stale(null, { version: 3 })).toBe(false);
    expect(stale(sweep({ version: 2, completedAt: NOON }), {})).toBe(false);
  });

  it('is over with its sweep, and with its pass; one that begins a pass is never late', () => {
    expect(stale(sweep({ completedAt: NOON }), {})).toBe(true);
    expect(stale(sweep({ completedAt: NOON }), { pass: 1, begins: true })).toBe(true);
    expect(stale(sweep({}), {})).toBe(false);
    expect(stale(sweep({}), { pass: 1 })).toBe(true);
    expect(stale(sweep({}), { pass: 1, begins: true })).toBe(false);
  });
});

describe('the end of a pass', () => {
  const end = (pass: number, found: Partial<SweepCursor>, now = NOON + 60_000) =>
    endOfPass(changed('REVOKED'), pass, cursor(found), { now, settleMs: SETTLE_MS });

  it('V-05: is the end of all when it had nothing to do and began after every attempt of before', () => {
    expect(end(2, {})).toStrictEqual({ kind: 'complete' });
    expect(end(2, { startedAt: NOON + SETTLE_MS - 1 })).toStrictEqual({ kind: 'again', delayMs: 0 });
  });

  it('V-05: is followed by another that waits until no attempt of before can act', () => {
    expect(end(1, { startedAt: NOON }, NOON + 1_000)).toStrictEqual({ kind: 'again', delayMs: SETTLE_MS - 1_000 });
    expect(end(1, { acted: 3 })).toStrictEqual({ kind: 'again', delayMs: 0 });
  });

  it('V-02: waits longer each time that something failed, and never beyond what SQS delays', () => {
    const waits = Array.from({ length: PASSES - 1 }, (_, index) => end(index + 1, { failed: 1 }));
    expect(waits).toStrictEqual(
      [30, 60, 120, 240, 480, 900, 900].map((seconds) => ({ kind: 'again', delayMs: seconds * 1_000 })),
    );
  });

  it('V-02: gives up after the last pass, when something is left', () => {
    expect(end(PASSES, { failed: 1 })).toStrictEqual({ kind: 'given-up' });
    expect(end(PASSES, { acted: 1 })).toStrictEqual({ kind: 'given-up' });
    expect(end(PASSES, {})).toStrictEqual({ kind: 'complete' });
  });
});

describe('the progress of a sweep', () => {
  it('V-02: has reached no fewer than a pass before', () => {
    const of = (found: AnchorSweep | null) => progressOf({ version: 3, sweep: found }, 2, cursor({}), null);
    expect(of(null)).toStrictEqual(sweep({ changed: 2, startedAt: NOON + SETTLE_MS }));
    expect(of(sweep({})).changed).toBe(4);
    expect(of(sweep({ changed: 1 })).changed).toBe(2);
    expect(of(sweep({ version: 2 })).changed).toBe(2);
  });
});
