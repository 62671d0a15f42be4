// Which of two events of one client id tells of its newer session: they come late, twice and out of order.

import type { Presence } from './device.ts';

/**
 * A client's version number starts again at zero after about an hour offline (AWS IoT guide, Lifecycle events). Events
 * this far apart are ordered by their time, which is right to about two minutes; closer ones by their number.
 */
export const VERSION_RESET_MS = 30 * 60 * 1_000;

export const supersedes = (heard: Presence, known: Presence | null): boolean => {
  if (known === null) return true;
  // connect and disconnect of one session carry the same number: the disconnect is the later one
  if (heard.sessionId === known.sessionId) return known.connected && !heard.connected;
  const apart = heard.at - known.at;
  if (Math.abs(apart) >= VERSION_RESET_MS) return apart > 0;
  return heard.versionNumber > known.versionNumber;
};
