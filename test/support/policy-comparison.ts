// Compares what compiled policies answer with what the permissions mean, and cuts what disagrees down to what matters.

import { type CompiledSet, compilePolicies } from '#domain/permission-compiler.ts';
import { answer, parsedDocuments, sessionOf } from './permission-answers.ts';
import { type Device, type Expectation, expectation, modelOf, type Question } from './permission-model.ts';
import { ARN, type RandomSet } from './random-permission-sets.ts';

/** What was expected of a question, and whether it was allowed. */
export type Comparison = { readonly question: Question; readonly expected: Expectation; readonly allowed: boolean };

export const disagrees = ({ expected, allowed }: Comparison): boolean =>
  (expected === 'must' && !allowed) || (expected === 'must not' && allowed);

export const compare = (
  { set, granted }: RandomSet,
  compiled: CompiledSet,
  device: Device,
  questions: readonly Question[],
): readonly Comparison[] => {
  const documents = parsedDocuments(compiled);
  const session = sessionOf(device);
  const model = modelOf(set, granted, device, compiled.inexact);
  return questions.map((question) => ({
    question,
    expected: expectation(model, question),
    allowed: answer(documents, session, question).allowed,
  }));
};

const stillDisagrees = (candidate: RandomSet, device: Device, question: Question): boolean => {
  const compiled = compilePolicies(candidate.set, candidate.granted, ARN);
  return compiled.ok && compare(candidate, compiled.value, device, [question]).some(disagrees);
};

/** The same disagreement with as few permissions as show it. */
const shrunk = (from: RandomSet, device: Device, question: Question): RandomSet => {
  for (const index of from.granted.keys()) {
    const fewer = { ...from, granted: from.granted.toSpliced(index, 1) };
    if (stillDisagrees(fewer, device, question)) return shrunk(fewer, device, question);
  }
  return from;
};

/** A failure that can be understood and repeated by reading it. */
export const disagreement = (from: RandomSet, device: Device, { question, expected, allowed }: Comparison): Error => {
  const { set, granted } = shrunk(from, device, question);
  const compiled = compilePolicies(set, granted, ARN);
  return new Error(
    `${JSON.stringify(question)} ${expected} be allowed, ${allowed ? 'is' : 'is not'}, for ${JSON.stringify({ device, set, granted, compiled }, null, 2)}`,
  );
};
