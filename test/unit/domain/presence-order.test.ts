import { expect, it } from 'vitest';
import type { Presence } from '#domain/device.ts';
import { supersedes, VERSION_RESET_MS } from '#domain/presence-order.ts';

const KNOWN: Presence = {
  connected: true,
  at: Date.UTC(2026, 0, 31),
  sessionId: 'second',
  versionNumber: 7,
  ip: '192.0.2.1',
  disconnectReason: null,
};

it.each<[string, Partial<Presence>, boolean]>([
  ['the same event again', {}, false],
  ['the end of the session', { connected: false }, true],
  ['a later session', { sessionId: 'third', versionNumber: 8 }, true],
  ['a later session with an earlier time', { sessionId: 'third', versionNumber: 8, at: KNOWN.at - 1_000 }, true],
  [
    'the end of an earlier session',
    { sessionId: 'first', versionNumber: 6, connected: false, at: KNOWN.at + 1 },
    false,
  ],
  ['a session of the same number', { sessionId: 'third' }, false],
  ['a number that began again', { sessionId: 'third', versionNumber: 0, at: KNOWN.at + VERSION_RESET_MS }, true],
  ['an old event of a high number', { sessionId: 'old', versionNumber: 99, at: KNOWN.at - VERSION_RESET_MS }, false],
])('R-05: %s', (_, change, newer) => {
  expect(supersedes({ ...KNOWN, ...change }, KNOWN)).toBe(newer);
});

it('R-05: the end of a session is not undone by its beginning that comes late', () => {
  expect(supersedes(KNOWN, { ...KNOWN, connected: false })).toBe(false);
});

it('R-05: the first event ever counts', () => {
  expect(supersedes(KNOWN, null)).toBe(true);
});
