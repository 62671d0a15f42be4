import fc from 'fast-check';
import { expect, it } from 'vitest';
import { topicFilterProblem, topicMatches, topicNameProblem } from '#local/iot/topic-filter.ts';

const level = fc.stringMatching(/^[a-z0-9 _$é]{0,4}$/);
const topics = fc
  .array(level, { minLength: 1, maxLength: 8 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');

it('[MQTT-3.3.2-2] a topic name is a filter without wildcards', () => {
  fc.assert(
    fc.property(topics, fc.constantFrom('+', '#', '/+', '/#'), (topic, wildcard) => {
      expect(topicNameProblem(topic)).toBe(topicFilterProblem(topic));
      expect(topicNameProblem(`${topic}${wildcard}`)).toContain('wildcard');
    }),
  );
});

it('[MQTT-4.7.3-4] a filter without wildcards matches its own topic and no other', () => {
  fc.assert(fc.property(topics, topics, (filter, topic) => topicMatches(filter, topic) === (filter === topic)));
});

it('[MQTT-4.7.2-1] whatever follows, a leading wildcard does not reach $aws', () => {
  fc.assert(
    fc.property(topics, (rest) => {
      for (const filter of ['#', '+/#', `+/${rest}`]) expect(topicMatches(filter, `$aws/${rest}`)).toBe(false);
      expect(topicMatches('$aws/#', `$aws/${rest}`)).toBe(true);
    }),
  );
});
