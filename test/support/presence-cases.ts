// What was known of a client id's session, what is heard then, and whether it counts: every registry must say the same.

import type { Presence } from '#domain/device.ts';
import { certificateId } from '#domain/ids.ts';
import { VERSION_RESET_MS } from '#domain/presence-order.ts';

const KNOWN: Presence = {
  connected: true,
  certificateId: certificateId('d'.repeat(64)),
  at: Date.UTC(2026, 0, 31),
  sessionId: 'second',
  versionNumber: 7,
  ip: '192.0.2.1',
  disconnectReason: null,
};
const ENDED: Presence = { ...KNOWN, connected: false };
const before = (ms: number) => ({ sessionId: 'first', versionNumber: 6, at: KNOWN.at - ms });
const after = (ms: number) => ({ sessionId: 'third', versionNumber: 8, at: KNOWN.at + ms });

export const PRESENCE_CASES: readonly (readonly [
  title: string,
  known: Presence | null,
  heard: Presence,
  counts: boolean,
])[] = [
  ['the first event ever', null, KNOWN, true],
  ['the same event again', KNOWN, KNOWN, false],
  ['the end of the session', KNOWN, ENDED, true],
  ['the end of the session again', ENDED, ENDED, false],
  ['the beginning of the session after its end', ENDED, KNOWN, false],
  ['a later session', KNOWN, { ...KNOWN, ...after(1_000) }, true],
  ['a later session after the end', ENDED, { ...KNOWN, ...after(1_000) }, true],
  ['the end of a later session', KNOWN, { ...ENDED, ...after(1_000) }, true],
  ['a later session with an earlier time', KNOWN, { ...KNOWN, ...after(-1_000) }, true],
  ['an earlier session', KNOWN, { ...KNOWN, ...before(1_000) }, false],
  ['the end of an earlier session', KNOWN, { ...ENDED, ...before(-1) }, false],
  ['the end of an earlier session that lasted long', KNOWN, { ...ENDED, ...before(-60_000) }, false],
  ['another session of the same number', KNOWN, { ...KNOWN, sessionId: 'third' }, false],
  ['a number that began again', KNOWN, { ...KNOWN, ...after(VERSION_RESET_MS), versionNumber: 0 }, true],
  ['a lower number just before that', KNOWN, { ...KNOWN, ...after(VERSION_RESET_MS - 1), versionNumber: 0 }, false],
  ['an old event of a high number', KNOWN, { ...KNOWN, ...before(VERSION_RESET_MS), versionNumber: 99 }, false],
  ['a high number just after that', KNOWN, { ...KNOWN, ...before(VERSION_RESET_MS - 1), versionNumber: 99 }, true],
];
