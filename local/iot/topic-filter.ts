// MQTT topic filters as IoT Core reads them, for subscriptions and for topic rules alike.

const MAX_TOPIC_BYTES = 256;
const MAX_SLASHES = 7;

/**
 * What is wrong with a filter, or null. Wildcards fill a whole level and `#` is the last one [MQTT-4.7.1-1, 4.7.1-2];
 * 256 bytes and seven slashes are limits of IoT Core (AWS General Reference, IoT Core endpoints and quotas).
 */
export const topicFilterProblem = (filter: string): string | null => {
  const levels = filter.split('/');
  if (filter === '') return 'a topic filter is at least one character';
  if (filter.includes('\0')) return 'a topic filter holds no NUL';
  if (Buffer.byteLength(filter) > MAX_TOPIC_BYTES) return `a topic filter is at most ${MAX_TOPIC_BYTES} bytes`;
  if (levels.length - 1 > MAX_SLASHES) return `a topic filter has at most ${MAX_SLASHES} slashes`;
  if (levels.some((level) => level.length > 1 && /[+#]/.test(level))) return 'a wildcard fills a whole level';
  if (levels.slice(0, -1).includes('#')) return '# is the last level';
  return null;
};

/** What is wrong with the name of a topic to publish to, or null: as for filters, and no wildcards [MQTT-3.3.2-2]. */
export const topicNameProblem = (topic: string): string | null =>
  /[+#]/.test(topic) ? 'a topic name holds no wildcard' : topicFilterProblem(topic);

/**
 * Whether a valid filter covers a topic. A wildcard at the first level does not reach topics that begin with `$`
 * [MQTT-4.7.2-1]. Unlike MQTT, `a/#` does not cover `a` itself (AWS IoT developer guide, MQTT topics).
 */
export const topicMatches = (filter: string, topic: string): boolean => {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (const [index, level] of wanted.entries()) {
    const actual = levels[index];
    if (actual === undefined) return false;
    if (level === '#') return true;
    if (level !== '+' && level !== actual) return false;
  }
  return wanted.length === levels.length;
};
