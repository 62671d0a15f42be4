// Decides whether a policy's glob and a permission's pattern have a topic in common.

import { isClientId } from './ids.ts';
import type { Glob, TopicPattern } from './topic-pattern.ts';

const CLIENT_ID = '{clientId}';

/** The client id may be any, because the device is not known yet. */
const meetsLevel = (one: string, other: string): boolean =>
  one === other ||
  other === '+' ||
  (one === CLIENT_ID && isClientId(other)) ||
  (other === CLIENT_ID && isClientId(one));

/**
 * Whether some topic is matched by both. Exact, with one exception on the safe side: each `{clientId}` is taken as
 * unknown by itself. The tenant is known: both come with its name in the place of `{tenant}` (`levelsIn`).
 *
 * Both are small automata over levels; the states are the places in the glob that can be reached on the levels read.
 * A first level that begins with `$` needs no care: where both would take one by a wildcard, they take others too.
 */
export const meets = (glob: Glob, pattern: TopicPattern): boolean => {
  let places = new Set([0]);
  for (const level of pattern) {
    // any number of levels follows, as many as the rest of the glob asks for
    if (level === '#') return true;
    const next = new Set<number>();
    for (const place of places) {
      const expected = glob[place];
      if (expected === '*') next.add(place).add(place + 1);
      else if (expected !== undefined && meetsLevel(expected, level)) next.add(place + 1);
    }
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(glob.length);
};
