// The proof that what the compiler refuses could not be said: for the two permissions that it names there is a topic which
// the second grants, and which the Deny that the first needs would refuse.

import { expect, it } from 'vitest';
import { compilePolicies, type Granted } from '#domain/permission-compiler.ts';
import { filterMatches, type Levels, levelsOf } from '#support/mqtt-matching.ts';
import { proofSeed, proofSize } from '#support/proof-run.ts';
import { ARN, NAMING_PROFILES, type RandomSet, randomSet } from '#support/random-permission-sets.ts';
import { seededRandom } from '#support/seeded-random.ts';

const REFUSALS = proofSize(5_000);
const SEED = proofSeed();

const MESSAGE =
  /^(?<from>[^:]+): (?<resource>\S+) cannot stand beside (?<otherFrom>[^:]+): (?<otherResource>\S+): .* needs a Deny of (?<deny>\S+),/;

/** The level that a Deny and a grant agree on; null when there is none. A client id is any name. */
const common = (deny: string, granted: string): string | null => {
  const isName = (level: string): boolean => /^[\w:-]+$/.test(level);
  if (granted === '+') return deny === '*' ? 'w' : deny;
  if (deny === '*' || deny === granted) return granted;
  if (deny === '{clientId}') return isName(granted) ? granted : null;
  return granted === '{clientId}' && isName(deny) ? deny : null;
};

/** A topic that both match, where `*` is one level or several; null when there is none. */
const commonTopic = (deny: Levels, granted: Levels): Levels | null => {
  const [first, ...rest] = deny;
  const [level, ...others] = granted;
  if (first === undefined || level === undefined) return first === undefined && level === undefined ? [] : null;
  const shared = common(first, level);
  if (shared === null) return null;
  const tail = commonTopic(rest, others) ?? (first === '*' ? commonTopic(deny, others) : null);
  return tail && [shared, ...tail];
};

/** `#` as each number of levels that the Deny can reach. */
const spelledOut = (granted: Levels, longest: number): readonly Levels[] =>
  granted.at(-1) === '#'
    ? Array.from({ length: longest + 1 }, (_, more) => [...granted.slice(0, -1), ...Array<string>(more).fill('+')])
    : [granted];

/** A pattern with one more level in the place of a `+`, as policies write it. */
const bounds = (pattern: Levels): readonly string[] => {
  const bodies = pattern.at(-1) === '#' ? [pattern, pattern.slice(0, -1)] : [pattern];
  return bodies.flatMap((body) =>
    [...body.entries()]
      .filter(([, level]) => level === '+')
      .map(([at]) => body.toSpliced(at, 0, '+').join('/').replaceAll(/[+#]/g, '*')),
  );
};

const actionsOf = (granted: Granted | undefined): readonly string[] => {
  if (!granted) return [];
  const { operation, allowRetain } = granted.permission;
  const publish = operation === 'read' ? [] : ['publish', ...(allowRetain ? ['retain'] : [])];
  return [...publish, ...(operation === 'write' ? [] : ['read'])];
};

it('P-09: a set is refused only where the Deny that bounds a + would refuse what another permission grants', () => {
  let refused = 0;
  for (let index = 0; refused < REFUSALS && index < 20 * REFUSALS; index += 1) {
    const random = seededRandom(SEED + index);
    const { set, granted }: RandomSet = randomSet(random, random.pick(['connectware', ...NAMING_PROFILES]));
    const compiled = compilePolicies(set, granted, ARN);
    if (compiled.ok) continue;
    refused += 1;
    const {
      from,
      resource = '',
      otherFrom,
      otherResource = '',
      deny = '',
    } = MESSAGE.exec(compiled.error.message)?.groups ?? {};
    const own = (text: string): Levels => levelsOf(text.replaceAll('{tenant}', set.tenant));
    const topic = spelledOut(own(otherResource), own(deny).length)
      .map((levels) => commonTopic(own(deny), levels))
      .find((found) => found !== null);
    const first = granted.find((one) => one.from === from);
    const second = granted.find((one) => one.from === otherFrom);
    const evidence = { message: compiled.error.message, topic, set, granted };

    expect(first?.permission.resource, JSON.stringify(evidence)).toBe(resource);
    expect(bounds(own(resource)), JSON.stringify(evidence)).toContain(own(deny).join('/'));

    const names = (levels: Levels): Levels => levels.map((level) => (level === '{clientId}' ? '+' : level));
    expect(topic && filterMatches(names(own(otherResource)), topic), JSON.stringify(evidence)).toBe(true);
    if (otherFrom?.startsWith('naming profile')) continue;
    const sharedActions = actionsOf(first).filter((action) => actionsOf(second).includes(action));
    expect(sharedActions.length, JSON.stringify(evidence)).toBeGreaterThan(0);
  }
  expect(refused).toBe(REFUSALS);
}, 120_000);
