// The proof that every Deny is needed: without any single one of them, the document that it stands in allows too much.

import { expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import type { PolicyContext } from '#domain/iot-policy.ts';
import { ONE, type Pattern, type PolicyDocument, RUN, type Statement } from '#domain/iot-policy-document.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { answer, parsed, resourceArn, sessionOf } from '#support/permission-answers.ts';
import {
  type Device,
  expectation,
  type Model,
  modelOf,
  type Question,
  TOPIC_ACTIONS,
} from '#support/permission-model.ts';
import { proofSeed, proofSize } from '#support/proof-run.ts';
import { ARN, NAMING_PROFILES, type RandomSet, randomGranted } from '#support/random-permission-sets.ts';
import { type Random, seededRandom } from '#support/seeded-random.ts';

const SETS = proofSize(10_000);
const SEED = proofSeed();

// names that no pattern has: two patterns that say the same of this device alone would need one Deny between them
const DEVICE: Device = { clientId: 'own', tenant: 'acme' };

const exactSet = (random: Random): RandomSet => ({
  set: permissionSetOf(
    tenantName('acme'),
    random.pick(['connectware', 'connectware', ...NAMING_PROFILES]),
    '0123456789abcdef',
  ),
  granted: randomGranted(random, 1 + random.below(8)).map((one) => ({ ...one, plusMode: 'exact' })),
});

/** A text that the pattern matches, with a level that nobody names in place of each wildcard. */
const textOf = (pattern: Pattern, session: PolicyContext): string =>
  pattern
    .map((piece) =>
      piece === RUN || piece === ONE ? 'w' : typeof piece === 'string' ? piece : session.get(piece.variable),
    )
    .join('');

/** The topics or filters from which a Deny would be missed first: its own, or for `$…` those of the permissions. */
const witnesses = (text: string, { granted }: RandomSet): readonly string[] =>
  text === '$w'
    ? granted
        .filter(({ permission }) => /^[+#]/.test(permission.resource))
        .map(({ permission }) => permission.resource.replace(/^[+#]/, '$w').replaceAll(/[+#]/g, 'w'))
        .map((topic) => topic.replaceAll('{clientId}', 'own').replaceAll('{tenant}', 'acme'))
    : [text];

/** One resource that is denied for one action, and questions that only this Deny answers. */
type Denied = { readonly action: string; readonly resource: string; readonly asked: readonly Question[] };

const questionsFor = (resource: string, from: RandomSet): readonly Question[] => {
  const [, type, text = ''] = /^(topic|topicfilter)\/(.*)$/s.exec(resource.slice(resourceArn('').length)) ?? [];
  const found = witnesses(text, from);
  return type === 'topicfilter'
    ? found.map((filter) => ({ action: 'Subscribe', filter }))
    : TOPIC_ACTIONS.flatMap((action) => found.map((topic) => ({ action, topic })));
};

const actionOf = ({ action }: Question): string => `iot:${action}`.toLowerCase();

const deniedBy = (document: PolicyDocument, from: RandomSet): readonly Denied[] => {
  const denied = new Map<string, Denied>();
  for (const { effect, actions, resources } of document.statements)
    for (const pattern of effect === 'Deny' ? resources : []) {
      const resource = textOf(pattern, sessionOf(DEVICE));
      const questions = Map.groupBy(questionsFor(resource, from), actionOf);
      for (const [action, asked] of questions)
        if (actions.some(([name]) => name === action)) denied.set(`${action} ${resource}`, { action, resource, asked });
    }
  return [...denied.values()];
};

/** Two statements of different actions may deny the same: it is taken from both, and for the one action only. */
const without = (document: PolicyDocument, { action, resource }: Denied): PolicyDocument => ({
  statements: document.statements.flatMap((statement): readonly Statement[] => {
    if (statement.effect === 'Allow' || !statement.actions.some(([name]) => name === action)) return [statement];
    const kept = statement.resources.filter((pattern) => textOf(pattern, sessionOf(DEVICE)) !== resource);
    const others = statement.actions.filter(([name]) => name !== action);
    return [
      { ...statement, resources: kept },
      { ...statement, actions: others },
    ];
  }),
});

type Need = 'needed' | 'covered' | 'needless';

/**
 * Whether the document allows too much without it. It may be covered by another Deny: what matches a text that has levels
 * nobody names in place of the wildcards matches all that the wildcards stand for.
 */
const needOf = (denied: Denied, document: PolicyDocument, model: Model): Need => {
  const weakened = without(document, denied);
  const answers = denied.asked
    .filter((question) => expectation(model, question) === 'must not')
    .map((question) => answer([weakened], sessionOf(DEVICE), question));
  if (answers.some(({ allowed }) => allowed)) return 'needed';
  return answers.some(({ because }) => because?.effect === 'Deny') ? 'covered' : 'needless';
};

it('P-08, P-09: without any single thing that a document denies, for any single action, it allows what no permission says', () => {
  const tally = { needed: 0, covered: 0, needless: 0 };
  let sets = 0;
  for (let index = 0; sets < SETS && index < 10 * SETS; index += 1) {
    const from = exactSet(seededRandom(SEED + index));
    const compiled = compilePolicies(from.set, from.granted, ARN);
    if (!compiled.ok) continue;
    const model = modelOf(from.set, from.granted, DEVICE, compiled.value.inexact);
    const documents = compiled.value.documents.map(({ json }) => parsed(json));
    const found = documents.flatMap((document) => deniedBy(document, from).map((denied) => ({ document, denied })));
    for (const { document, denied } of found) {
      const need = needOf(denied, document, model);
      if (need === 'needless') expect({ denied, from, compiled }).toBeNull();
      tally[need] += 1;
    }
    if (found.length > 0) sets += 1;
  }
  expect(sets).toBe(SETS);
  expect(tally.needed).toBeGreaterThan(3 * SETS);
  expect(tally.covered).toBeLessThan(tally.needed / 50);
}, 120_000);
