// Which of two events of one client id tells of its newer session: they come late, twice and out of order.

import type { Presence } from './device.ts';

/**
 * A client's version number starts again at zero after about an hour offline (AWS IoT guide, Lifecycle events). Events
 * this far apart are ordered by their time, which is right to about two minutes; closer ones by their number.
 */
export const VERSION_RESET_MS = 30 * 60 * 1_000;

/** What is asked of the presence that is known; the operators are those of DynamoDB's conditions. */
export type Comparison =
  | readonly ['sessionId', '=', string]
  | readonly ['connected', '=', boolean]
  | readonly ['at', '<' | '<=', number]
  | readonly ['versionNumber', '<', number];

/**
 * What is heard replaces what is known when all comparisons of one of these lists hold, or when nothing is known. Data
 * and not a function, so that a registry can ask for it in the write itself.
 */
export const supersededBy = (heard: Presence): readonly (readonly Comparison[])[] => {
  // connect and disconnect of one session carry the same number: the disconnect is the later one
  const sameSession: readonly Comparison[] = [
    ['sessionId', '=', heard.sessionId],
    ['connected', '=', true],
  ];
  return [
    ...(heard.connected ? [] : [sameSession]),
    [['at', '<=', heard.at - VERSION_RESET_MS]],
    [
      ['at', '<', heard.at + VERSION_RESET_MS],
      ['versionNumber', '<', heard.versionNumber],
    ],
  ];
};
