// Questions to ask of policies, derived from the patterns of the permissions themselves: what is inside, and what is just
// outside.

import type { Device, Question } from './permission-model.ts';
import { NAMES, type RandomSet } from './random-permission-sets.ts';
import type { Random } from './seeded-random.ts';

type Levels = readonly string[];

/** The device's own in place of placeholders, and now and then another's. */
const filledLevels = (random: Random, pattern: Levels, device: Device): Levels => {
  const [clientId, tenant] = random.chance(0.2)
    ? [random.pick(NAMES), random.pick(NAMES)]
    : [device.clientId, device.tenant];
  return pattern.map((level) =>
    level === '{clientId}' ? (clientId ?? 'dev_1') : level === '{tenant}' ? (tenant ?? 'a') : level,
  );
};

const anyLevel = (random: Random): string => random.pick(['a', 'b', 'x', '', 'dev_1', '$a', 'é', 'tc']);

const instance = (random: Random, levels: Levels): Levels => {
  const topic = levels.map((level) => (level === '+' ? anyLevel(random) : level));
  if (topic.at(-1) !== '#') return topic;
  return [...topic.slice(0, -1), ...Array.from({ length: random.below(3) }, () => anyLevel(random))];
};

/** One step away from a topic or filter: a level more, one less, an empty one, `$` ahead, a letter more. */
const neighbour = (random: Random, levels: Levels): Levels => {
  const at = random.below(levels.length);
  const level = levels[at] ?? '';
  switch (random.below(8)) {
    case 0:
      return levels.toSpliced(at, 0, random.chance(0.5) ? level : anyLevel(random));
    case 1:
      return [...levels, anyLevel(random)];
    case 2:
      return levels.toSpliced(at, 1);
    case 3:
      return levels.toSpliced(at, 0, '');
    case 4:
      return [`$${levels[0] ?? ''}`, ...levels.slice(1)];
    case 5:
      return ['$aws', ...levels];
    case 6:
      return levels.toSpliced(at, 1, anyLevel(random));
    default:
      return levels.toSpliced(at, 1, `${level}x`);
  }
};

/** Wildcards in a filter where it has none, and fewer where it has some. */
const otherFilter = (random: Random, levels: Levels): Levels => {
  const at = random.below(levels.length);
  switch (random.below(8)) {
    case 0:
      return levels.toSpliced(at, 1, '+');
    case 1:
      return [...levels.slice(0, at), '#'];
    case 2:
      return [...levels.filter((level) => level !== '#'), '#'];
    case 3:
      return [...levels.filter((level) => level !== '#'), '+'];
    case 4:
      return instance(random, levels);
    case 5:
      return ['$share', 'g', ...levels];
    case 6:
      return levels.toSpliced(at, 0, '+');
    default:
      return neighbour(random, levels);
  }
};

/** A topic or filter is at least one character, and `#` is the last level [MQTT-4.7.3-1, 4.7.1-2]. */
const textOf = (levels: Levels): string | null => {
  const text = levels.join('/');
  return text === '' || levels.slice(0, -1).includes('#') ? null : text;
};

const topicQuestions = (random: Random, levels: Levels): readonly Question[] => {
  const topic = textOf(levels);
  if (topic === null || /(^|\/)[+#]/.test(topic)) return [];
  return [
    { action: 'Publish', topic },
    { action: 'Receive', topic },
    ...(random.chance(0.4) ? [{ action: 'RetainPublish' as const, topic }] : []),
  ];
};

const filterQuestion = (levels: Levels): readonly Question[] => {
  const filter = textOf(levels);
  return filter === null ? [] : [{ action: 'Subscribe', filter }];
};

const PROFILE_PATTERNS = [
  'tc/{tenant}/{clientId}/o/#',
  'tc/{tenant}/{clientId}/i/#',
  'tc/{tenant}/+/i/#',
  'devices/{clientId}/messages/events/#',
  'devices/{clientId}/messages/devicebound/#',
  '#',
  '+',
] as const;

/** Questions about each permission, and about what the naming profiles give. */
export const questionsOf = (
  random: Random,
  { granted }: Pick<RandomSet, 'granted'>,
  device: Device,
): readonly Question[] => {
  const patterns = [...granted.map(({ permission }) => permission.resource), random.pick(PROFILE_PATTERNS)];
  return patterns.flatMap((pattern) => {
    const levels = filledLevels(random, pattern.split('/'), device);
    const topic = instance(random, levels);
    return [
      ...topicQuestions(random, topic),
      ...topicQuestions(random, neighbour(random, topic)),
      ...topicQuestions(random, neighbour(random, topic)),
      ...filterQuestion(levels),
      ...filterQuestion(otherFilter(random, levels)),
      ...filterQuestion(otherFilter(random, levels)),
      ...filterQuestion(otherFilter(random, neighbour(random, levels))),
    ];
  });
};
