// The proof that an edit never allows what neither the old nor the new permissions say: AWS IoT has no way to replace
// several policies at once, so that devices meet every mix of old and new documents.

import { expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import type { PolicyDocument } from '#domain/iot-policy-document.ts';
import { compilePolicies, type Granted } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { answer, parsedDocuments, sessionOf } from '#support/permission-answers.ts';
import { expectation, modelOf } from '#support/permission-model.ts';
import { questionsOf } from '#support/permission-questions.ts';
import { proofSeed, proofSize } from '#support/proof-run.ts';
import { ARN, NAMES, NAMING_PROFILES, type RandomSet, randomGranted } from '#support/random-permission-sets.ts';
import { type Random, seededRandom } from '#support/seeded-random.ts';

const EDITS = proofSize(1_500);
const SEED = proofSeed();

/** Long levels, so that a few permissions fill several documents. */
const lengthened = (granted: readonly Granted[]): readonly Granted[] =>
  granted.map((one) => {
    const resource = one.permission.resource.replaceAll(/(?<=^|\/)[abo](?=\/|$)/g, (level) => level.repeat(40));
    return { ...one, permission: { ...one.permission, resource } };
  });

/** Some permissions go, some come, and some change what they give. */
const edited = (random: Random, granted: readonly Granted[]): readonly Granted[] => [
  ...granted
    .filter(() => random.chance(0.7))
    .map((one) => ({ ...one, plusMode: random.chance(0.05) ? ('widen' as const) : one.plusMode }))
    .map((one) => {
      const operation = random.chance(0.2) ? 'readWrite' : one.permission.operation;
      return { ...one, permission: { ...one.permission, operation } };
    }),
  ...lengthened(randomGranted(random, random.below(5))),
];

/** At each place the old document or the new one, or none while only one of the sets has a document there. */
const mixOf = (
  random: Random,
  old: readonly PolicyDocument[],
  now: readonly PolicyDocument[],
): readonly PolicyDocument[] =>
  Array.from({ length: Math.max(old.length, now.length) }, (_, place) =>
    random.chance(0.5) ? old[place] : now[place],
  ).filter((document) => document !== undefined);

it('P-12: every mix of old and new documents allows what the old or the new permissions say, and nothing more', () => {
  let [compared, mixed, allowing] = [0, 0, 0];
  for (let index = 0; compared < EDITS && index < 20 * EDITS; index += 1) {
    const random = seededRandom(SEED + index);
    const set = permissionSetOf(
      tenantName('acme'),
      random.pick(['connectware', ...NAMING_PROFILES]),
      '0123456789abcdef',
    );
    const before: RandomSet = { set, granted: lengthened(randomGranted(random, 3 + random.below(9))) };
    const after: RandomSet = { set, granted: edited(random, before.granted) };
    const [old, now] = [before, after].map(({ granted }) => compilePolicies(set, granted, ARN));
    if (!old?.ok || !now?.ok) continue;
    compared += 1;
    const device = { clientId: random.pick(NAMES), tenant: 'acme' };
    const models = [
      modelOf(set, before.granted, device, old.value.inexact),
      modelOf(set, after.granted, device, now.value.inexact),
    ];
    const session = sessionOf(device);
    const documents = [parsedDocuments(old.value), parsedDocuments(now.value)] as const;
    if (Math.max(documents[0].length, documents[1].length) > 1) mixed += 1;
    const questions = [...questionsOf(random, before, device), ...questionsOf(random, after, device)];
    const forbidden = questions.filter((question) =>
      models.every((model) => expectation(model, question) === 'must not'),
    );
    for (let mixes = 0; mixes < 4; mixes += 1) {
      const mix = mixOf(random, ...documents);
      const overGrant = forbidden.find((question) => answer(mix, session, question).allowed);
      if (overGrant) expect({ overGrant, before, after, mix }).toBeNull();
    }
    if (questions.some((question) => answer(mixOf(random, ...documents), session, question).allowed)) allowing += 1;
  }
  expect(compared).toBe(EDITS);
  // else nothing was mixed, or nothing was ever allowed
  expect(mixed).toBeGreaterThan(EDITS / 3);
  expect(allowing).toBeGreaterThan(EDITS / 2);
}, 120_000);
