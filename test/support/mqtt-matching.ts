// Which topics an MQTT filter matches, written from the OASIS texts alone and sharing nothing with the product: what the
// policies are proved against. Clauses are of MQTT 3.1.1 and 5.0 alike, or of 5.0 where they say so.

/** A topic or filter, split at each `/`: a level may be empty, and matching goes level by level (4.7.1.1, 4.7.3). */
export type Levels = readonly string[];
export const levelsOf = (text: string): Levels => text.split('/');

/** A filter that begins with a wildcard does not match topics that begin with `$` [MQTT-4.7.2-1]. */
const isKeptFrom = ([first]: Levels, [topic]: Levels): boolean =>
  (first === '+' || first === '#') && topic?.startsWith('$') === true;

/** Whether a valid filter matches a topic name. */
export const filterMatches = (filter: Levels, topic: Levels): boolean => {
  if (isKeptFrom(filter, topic)) return false;
  for (let index = 0; index < filter.length; index += 1) {
    const wanted = filter[index];
    // 4.7.1.2: `#` stands for the parent and any number of child levels
    if (wanted === '#') return true;
    // 4.7.1.3: `+` stands for one level, which may be empty
    if (index === topic.length || (wanted !== '+' && wanted !== topic[index])) return false;
  }
  return filter.length === topic.length;
};

/** Behind `$share/{ShareName}/` stands the filter whose messages the subscription brings (MQTT 5.0, 4.8.2). */
const sharedFilter = (subscription: Levels): Levels =>
  subscription[0] === '$share' && subscription[1] !== '' && subscription.length > 2
    ? subscription.slice(2)
    : subscription;

/** A level that no filter names: what matches it matches any level, save those that the filters name. */
const UNNAMED = '\u{10FFFD}';

/**
 * Whether every topic that a subscription brings is matched by at least one filter. How a topic is matched depends on the
 * levels that the filters name and on the number of its levels, so that a few topics stand for all: with an unnamed level
 * for each `+`, and for `#` none of them, one, and so on up to one more than any filter has.
 */
export const filtersInclude = (filters: readonly Levels[], subscription: Levels): boolean => {
  const topic = sharedFilter(subscription).map((level) => (level === '+' ? UNNAMED : level));
  const isMatched = (): boolean => filters.some((filter) => filterMatches(filter, topic));
  if (topic.at(-1) !== '#') return isMatched();
  topic.pop();
  const depth = filters.reduce((longest, { length }) => Math.max(longest, length), topic.length) + 1;
  for (; topic.length <= depth; topic.push(UNNAMED)) {
    // `#` and `/#` have no parent: a topic is at least one character long [MQTT-4.7.3-1]
    if (topic.join('/') !== '' && !isMatched()) return false;
  }
  return true;
};
