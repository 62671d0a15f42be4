// Proves that compiled policies allow what the permissions say: random permission sets, each asked about topics, filters
// and client ids that are made from its own patterns, against a model that stands on MQTT's text alone.

import { expect } from 'vitest';
import { authorize, policyContext } from '#domain/iot-policy.ts';
import type { NamingProfile } from '#domain/naming.ts';
import { type CompiledSet, compilePolicies, sourceOf } from '#domain/permission-compiler.ts';
import { answer, parsedDocuments, resourceArn, sessionOf } from './permission-answers.ts';
import { type Device, expectation, modelOf } from './permission-model.ts';
import { questionsOf } from './permission-questions.ts';
import { compare, disagreement, disagrees } from './policy-comparison.ts';
import { proofSeed, proofSize } from './proof-run.ts';
import { ARN, NAMES, NAMING_PROFILES, type RandomSet, randomSet } from './random-permission-sets.ts';
import { type Random, seededRandom } from './seeded-random.ts';

/** Permission sets of each naming profile: 100,000 in all. */
const SETS = Math.ceil(proofSize(100_000) / NAMING_PROFILES.length);
const SEED = proofSeed();

const deviceOf = (random: Random, { set }: RandomSet): Device => {
  if (random.chance(0.05)) return { clientId: null, tenant: null };
  return { clientId: random.pick(NAMES), tenant: random.chance(0.05) ? null : set.tenant };
};

const expectWellFormed = ({ documents }: CompiledSet): void => {
  if (documents.length > 10) expect(documents.length).toBeLessThanOrEqual(10);
  for (const { json, size } of documents)
    if (size > 2_048 || size !== Buffer.byteLength(json))
      expect({ json, size }).toBe('a document of at most 2,048 bytes');
};

const expectOwnIdOnly = (random: Random, compiled: CompiledSet): void => {
  const documents = parsedDocuments(compiled);
  const own = random.pick(NAMES);
  const connects = (clientId: string, thing: string | null, attached: boolean, attributes: readonly string[]) =>
    authorize(
      { action: 'iot:Connect', resource: resourceArn(`client/${clientId}`) },
      documents,
      policyContext({
        'iot:ClientId': clientId,
        'iot:Connection.Thing.ThingName': thing,
        'iot:Connection.Thing.IsAttached': String(attached),
        'iot:ConnectAttributes': attributes,
      }),
    ).allowed;
  for (const attributes of [[], ['PersistentConnect'], ['LastWill', 'PersistentConnect']])
    expect(connects(own, own, true, attributes)).toBe(true);
  expect(connects(own, own, true, ['PersistentConnect', 'Other'])).toBe(false);
  expect(connects(own, own, false, [])).toBe(false);
  expect(connects(own, null, true, [])).toBe(false);
  const others = [...NAMES.filter((name) => name !== own), `${own}x`, `${own}/a`, own.slice(1), own.toUpperCase()];
  const wild = ['+', '#', '*', '?', '$', `\${iot:Connection.Thing.ThingName}`, `\${iot:ClientId}`];
  for (const id of [...others, ...wild]) {
    expect(connects(id, own, true, [])).toBe(false);
    // a thing of the name that it came with, which its certificate is not attached to
    expect(connects(id, id, false, [])).toBe(false);
  }
  for (const id of wild) expect(connects(id, id, true, [])).toBe(false);
};

const expectSameInAnyOrder = (random: Random, { set, granted }: RandomSet, compiled: CompiledSet): void => {
  const twice = granted.flatMap((one) => (random.chance(0.3) ? [one, structuredClone(one)] : [one]));
  expect(compilePolicies(set, random.shuffled(twice), ARN)).toEqual({ ok: true, value: compiled });
};

/** Whatever is allowed comes from a permission that says so by itself, so that an explanation can name it. */
const expectSourceOfAnswers = (random: Random, from: RandomSet, compiled: CompiledSet, device: Device): void => {
  const documents = parsedDocuments(compiled);
  for (const question of questionsOf(random, from, device)) {
    const { allowed, because } = answer(documents, sessionOf(device), question);
    if (!allowed || !because) continue;
    const { permission } = sourceOf(compiled, because.document, because.statement, because.resource);
    const granted = from.granted.filter((one) => one.permission.resource === permission?.resource);
    const alone = modelOf(
      permission ? { ...from.set, profile: 'connectware' } : from.set,
      granted,
      device,
      compiled.inexact,
    );
    if (expectation(alone, question) === 'must not') expect({ question, permission, from, compiled }).toBeNull();
  }
};

/** Compiles random sets until enough of them compiled, and compares each. */
const compareSets = (profile: NamingProfile) => {
  const tally = new Map<string, number>();
  const counted = (what: string): number => tally.get(what) ?? 0;
  const count = (what: string): unknown => tally.set(what, counted(what) + 1);
  for (let index = 0; counted('compiled') < SETS && index < 4 * SETS; index += 1) {
    const random = seededRandom(SEED + index);
    const from = randomSet(random, profile);
    const compiled = compilePolicies(from.set, from.granted, ARN);
    if (!compiled.ok) {
      count(compiled.error.code);
      continue;
    }
    count('compiled');
    expectWellFormed(compiled.value);
    const device = deviceOf(random, from);
    for (const comparison of compare(from, compiled.value, device, questionsOf(random, from, device))) {
      if (disagrees(comparison)) throw disagreement(from, device, comparison);
      count(`${comparison.expected}${comparison.allowed ? '' : ', refused'}`);
    }
    if (index % 20 !== 0) continue;
    expectOwnIdOnly(random, compiled.value);
    expectSameInAnyOrder(random, from, compiled.value);
    expectSourceOfAnswers(random, from, compiled.value, device);
  }
  return counted;
};

/** @throws where policies and model disagree, with the fewest permissions that show it */
export const provePolicies = (profile: NamingProfile): void => {
  const counted = compareSets(profile);
  expect(counted('compiled')).toBe(SETS);
  // in a short run chance may have it otherwise
  if (SETS < 1_000) return;
  // a proof about sets that are nearly all refused, or about questions that are nearly all refused, is none
  expect(counted('POLICY_UNREPRESENTABLE')).toBeLessThan(SETS);
  expect(counted('POLICY_TOO_LARGE')).toBe(0);
  expect(counted('must')).toBeGreaterThan(5 * SETS);
  expect(counted('must not, refused')).toBeGreaterThan(10 * SETS);
  // each named class of inexactness is met, and is rare
  const inexact = ['narrower, refused', 'wider', 'harmless'].map(counted);
  expect(Math.min(...inexact)).toBeGreaterThan(0);
  expect(Math.max(...inexact)).toBeLessThan(SETS);
};
