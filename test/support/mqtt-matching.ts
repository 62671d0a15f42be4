// Which topics an MQTT filter matches, written from the OASIS texts alone and sharing nothing with the product: what the
// policies are proved against. Clauses are of MQTT 3.1.1 [MQTT-4.7.…] and, where it says so, of MQTT 5.0.

/** "matching is based on levels": a topic is split at each `/`, and a level may be empty [MQTT-4.7.1.1, 4.7.3]. */
const levelsOf = (text: string): readonly string[] => text.split('/');

const matchLevels = (filter: readonly string[], topic: readonly string[]): boolean => {
  for (const [index, wanted] of filter.entries()) {
    // 4.7.1.2: `#` stands for the parent and any number of child levels
    if (wanted === '#') return true;
    if (index === topic.length) return false;
    // 4.7.1.3: `+` stands for one level, which may be empty
    if (wanted !== '+' && wanted !== topic[index]) return false;
  }
  return filter.length === topic.length;
};

/**
 * Whether a valid filter matches a topic name. A filter that begins with a wildcard does not match a topic that begins
 * with `$` [MQTT-4.7.2-1].
 */
export const filterMatches = (filter: string, topic: string): boolean =>
  !(topic.startsWith('$') && /^[+#]/.test(filter)) && matchLevels(levelsOf(filter), levelsOf(topic));

/** Behind `$share/{ShareName}/` stands the filter whose messages the subscription brings (MQTT 5.0, 4.8.2). */
const sharedFilter = (subscription: string): string =>
  /^\$share\/[^/+#]+\/(.+)$/s.exec(subscription)?.[1] ?? subscription;

/** A level that no filter names: what matches it matches any level, save one that the filters name. */
const FRESH = '\u{10FFFD}';

/** Topics that stand for all that a filter matches: `+` as a level nobody names, `#` as none to `depth` of them. */
const samplesOf = (subscription: string, depth: number): readonly string[] => {
  const levels = levelsOf(sharedFilter(subscription)).map((level) => (level === '+' ? FRESH : level));
  if (levels.at(-1) !== '#') return [levels.join('/')];
  const parent = levels.slice(0, -1);
  return (
    Array.from({ length: depth + 1 }, (_, more) => [...parent, ...Array<string>(more).fill(FRESH)].join('/'))
      // a topic is at least one character long [MQTT-4.7.3-1]
      .filter((topic) => topic !== '')
  );
};

/**
 * Whether every topic that a subscription brings is matched by at least one filter. How a topic is matched depends on the
 * levels that the filters name and on the number of its levels; one more than any of them names is as good as a hundred.
 */
export const filtersInclude = (filters: readonly string[], subscription: string): boolean => {
  const depth = Math.max(0, ...filters.map((filter) => levelsOf(filter).length)) + 1;
  return samplesOf(subscription, depth).every((topic) => filters.some((filter) => filterMatches(filter, topic)));
};
