import { describe, expect, it } from 'vitest';
import {
  ANCHOR_ACTS,
  type AnchorAct,
  adviceOn,
  anchorStateOf,
  isPossible,
  isSwept,
  isUpload,
  stateAfter,
} from '#domain/anchor-acts.ts';
import type { AnchorState, AnchorSweep } from '#domain/trust-anchor.ts';
import { anAnchor, anUpload } from '#support/trust-anchors.ts';

const NOW = Date.UTC(2026, 0, 31);
const swept = (version: number, completedAt: number | null = NOW): AnchorSweep => ({
  version,
  pass: 2,
  seen: 1,
  changed: 1,
  startedAt: NOW,
  completedAt,
});

describe('what a CA is called', () => {
  it('CA-07: an upload is PENDING_VERIFICATION, an anchor what it is', () => {
    expect(anchorStateOf(anUpload(), NOW)).toBe('PENDING_VERIFICATION');
    for (const state of ['ACTIVE', 'REVOKED', 'DELETED'] as const)
      expect(anchorStateOf(anAnchor({ state, validTo: NOW }), NOW)).toBe(state);
    expect([isUpload(anUpload()), isUpload(anAnchor())]).toEqual([true, false]);
  });

  it('CA-07: an active one is EXPIRED after its validity; one that is revoked is that first', () => {
    expect(anchorStateOf(anAnchor({ validTo: NOW - 1 }), NOW)).toBe('EXPIRED');
    expect(anchorStateOf(anAnchor({ state: 'REVOKED', validTo: NOW - 1 }), NOW)).toBe('REVOKED');
  });
});

describe('the work on a state', () => {
  it('is done when it was completed for that very version, or never asked for', () => {
    expect(isSwept({ version: 0, sweep: null })).toBe(true);
    expect(isSwept({ version: 1, sweep: null })).toBe(false);
    expect(isSwept({ version: 2, sweep: swept(1) })).toBe(false);
    expect(isSwept({ version: 1, sweep: swept(1, null) })).toBe(false);
    expect(isSwept({ version: 1, sweep: swept(1) })).toBe(true);
  });
});

describe('an act', () => {
  it('CA-07: an upload can be dropped and nothing else; of an anchor it is possible where it leads somewhere', () => {
    expect(ANCHOR_ACTS.filter((act) => isPossible(act, anUpload()))).toEqual(['delete']);
    expect(ANCHOR_ACTS.filter((act) => isPossible(act, anAnchor({ state: 'ACTIVE' })))).toEqual(['revoke', 'delete']);
  });

  it.each<[AnchorAct, AnchorState, AnchorState | null]>([
    ['revoke', 'ACTIVE', 'REVOKED'],
    ['revoke', 'REVOKED', null],
    ['revoke', 'DELETED', null],
    ['restore', 'ACTIVE', null],
    ['restore', 'REVOKED', 'ACTIVE'],
    ['restore', 'DELETED', null],
    ['delete', 'ACTIVE', 'DELETED'],
    ['delete', 'REVOKED', 'DELETED'],
    ['delete', 'DELETED', null],
  ])('CA-07: %s leads one that is %s to %s, once all is done', (act, state, to) => {
    expect(stateAfter(act, { state, version: 1, sweep: swept(1) })).toBe(to);
  });

  it.each<[AnchorAct, AnchorState]>([
    ['revoke', 'REVOKED'],
    ['restore', 'ACTIVE'],
    ['delete', 'DELETED'],
  ])('CA-07: %s is asked for again as long as its work is not done', (act, state) => {
    expect(stateAfter(act, { state, version: 1, sweep: null })).toBe(state);
  });

  it('CA-07: a CA that was never revoked cannot be restored', () => {
    expect(stateAfter('restore', { state: 'ACTIVE', version: 0, sweep: null })).toBeNull();
  });

  it('CA-07: where none leads, says what does', () => {
    expect(adviceOn(anUpload())).toBe('show possession of its key, or delete it');
    expect(adviceOn(anAnchor())).toBe('it can be revoked or deleted');
    expect(adviceOn(anAnchor({ state: 'REVOKED' }))).toBe('restore it or delete it');
    expect(adviceOn(anAnchor({ state: 'DELETED', version: 1 }))).toContain('wait');
    expect(adviceOn(anAnchor({ state: 'DELETED', version: 1, sweep: swept(1) }))).toBe('upload it again');
  });
});
