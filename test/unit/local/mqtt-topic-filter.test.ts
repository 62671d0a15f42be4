import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicFilterProblem, topicMatches, topicNameProblem } from '#local/iot/topic-filter.ts';

const level = fc.stringMatching(/^[a-z0-9 _$é]{0,4}$/);
const topics = fc
  .array(level, { minLength: 1, maxLength: 8 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const ordinaryTopics = topics.filter((topic) => !topic.startsWith('$'));

/** The matcher again, as a regular expression: slower and shorter. */
const referenceMatch = (filter: string, topic: string): boolean => {
  if (/^[+#]/.test(filter) && topic.startsWith('$')) return false;
  const pattern = filter
    .split('/')
    .map((part) => (part === '+' ? '[^/]*' : part === '#' ? '.*' : part.replace(/[$()*.?[\\\]^{|}]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${pattern}$`, 's').test(topic);
};

describe('topicMatches', () => {
  it('[MQTT-4.7.3-4] a filter without wildcards matches its own topic and no other', () => {
    fc.assert(fc.property(topics, topics, (filter, topic) => topicMatches(filter, topic) === (filter === topic)));
  });

  it('[MQTT-4.7.1-3] + in place of any one level matches', () => {
    fc.assert(
      fc.property(ordinaryTopics, fc.nat(), (topic, at) => {
        const levels = topic.split('/');
        expect(topicMatches(levels.with(at % levels.length, '+').join('/'), topic)).toBe(true);
      }),
    );
  });

  it('[MQTT-4.7.1-2] # in place of the rest matches', () => {
    fc.assert(
      fc.property(ordinaryTopics, fc.nat(), (topic, at) => {
        const levels = topic.split('/');
        expect(topicMatches([...levels.slice(0, at % levels.length), '#'].join('/'), topic)).toBe(true);
      }),
    );
  });

  it('agrees with a regular expression for every filter', () => {
    const levels = fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 5 });
    const filters = fc
      .tuple(levels, fc.boolean())
      .map(([parts, rest]) => [...parts, ...(rest ? ['#'] : [])].join('/'))
      .filter((filter) => topicFilterProblem(filter) === null);
    fc.assert(
      fc.property(filters, topics, (filter, topic) => topicMatches(filter, topic) === referenceMatch(filter, topic)),
      { numRuns: 2000 },
    );
  });

  it('[MQTT-4.7.2-1] a leading wildcard never reaches a topic that begins with $', () => {
    fc.assert(
      fc.property(topics, (rest) => {
        for (const filter of ['#', '+/#', `+/${rest}`]) expect(topicMatches(filter, `$aws/${rest}`)).toBe(false);
        expect(topicMatches('$aws/#', `$aws/${rest}`)).toBe(true);
      }),
    );
  });

  it.each([
    ['sensor/#', 'sensor', false],
    ['sensor/#', 'sensor/', true],
    ['sensor/#', 'sensor/temperature/room1', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a', 'A', false],
    ['$aws/events/certificates/registered/+', '$aws/events/certificates/registered/ab12', true],
  ])('%s and %s: %s, as AWS and MQTT say', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
  });
});

describe('what is wrong with a filter or a name', () => {
  it.each(['', 'a/#/b', '#/a', 'a+', 'a/b#', 'a/+b/c', 'a\0b', 'x'.repeat(257), 'é'.repeat(129), '1/2/3/4/5/6/7/8/9'])(
    '%j is no filter',
    (filter) => expect(topicFilterProblem(filter)).toEqual(expect.any(String)),
  );

  it.each(['#', '+', 'a/#', '+/+/#', '/', 'x'.repeat(256), '1/2/3/4/5/6/7/8'])('%j is a filter', (filter) =>
    expect(topicFilterProblem(filter)).toBeNull(),
  );

  it('[MQTT-3.3.2-2] a name is a filter without wildcards', () => {
    expect(topicNameProblem('a/b')).toBeNull();
    expect(topicNameProblem('a/+')).toEqual(expect.any(String));
    expect(topicNameProblem('#')).toEqual(expect.any(String));
    expect(topicNameProblem('')).toEqual(expect.any(String));
  });
});
