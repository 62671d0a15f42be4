// What permissions come to: how fast they are compiled and asked, and how many policy documents they take.

import { tenantName } from '#domain/ids.ts';
import { authorize, policyContext } from '#domain/iot-policy.ts';
import { type PolicyDocument, parsePolicy } from '#domain/iot-policy-document.ts';
import type { OPERATIONS } from '#domain/permission.ts';
import { type CompiledDocument, compilePolicies, type Granted } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { hard, type Measure, reported } from './measure.ts';

const ARN = { partition: 'aws', region: 'eu-central-1', accountId: '123456789012' };
const SET = permissionSetOf(tenantName('acme'), 'connectware', '0123456789abcdef');
const TIMED_MS = 1_000;

/** Of every ten, seven are topics, two end in `#` and one has a `+`. */
const TAILS = ['state', 'state', '#', 'state', 'state', '+/state', 'state', 'state', '#', 'state'];
/** In turn, so that each kind of resource gets each of them. */
const GRANTED = ['read', 'write', 'readWrite'] as const satisfies typeof OPERATIONS;

const line = (index: number): string => `plant/line-${String(index).padStart(3, '0')}`;

/** One permission a line of the plant: none is within another, so that every one has to be said. */
const permissions = (count: number): readonly Granted[] =>
  Array.from({ length: count }, (_, index) => ({
    permission: {
      resource: `${line(index)}/${TAILS[index % TAILS.length]}`,
      operation: GRANTED[index % GRANTED.length] ?? 'read',
      context: 'mqtt',
      allowRetain: false,
    },
    from: 'role bench',
    plusMode: 'exact',
  }));

const compiled = (granted: readonly Granted[]): readonly CompiledDocument[] => {
  const set = compilePolicies(SET, granted, ARN);
  if (!set.ok) throw new Error(set.error.message);
  if (set.value.inexact.length > 0) throw new Error('expected permissions that policies say exactly');
  return set.value.documents;
};

const parsed = ({ json }: CompiledDocument): PolicyDocument => {
  const document = parsePolicy(json);
  if (!document.ok) throw new Error(document.error);
  return document.value;
};

/** @param work what is counted, some of it at a time. @returns how much of it a second takes */
const perSecond = (work: () => number): number => {
  const timed = (forMs: number): number => {
    const begun = performance.now();
    let done = 0;
    let took = 0;
    while (took < forMs) {
      done += work();
      took = performance.now() - begun;
    }
    return Math.round((done * 1_000) / took);
  };
  // the first answers are given before the engine has compiled the code
  timed(TIMED_MS / 4);
  return timed(TIMED_MS);
};

/** Publish and receive of every line, on a topic that its permission may grant and on one that none does. */
const questions = (count: number) =>
  Array.from({ length: count }, (_, index) => line(index)).flatMap((level) =>
    ['state', 'cell/state', 'cell/other/state'].flatMap((topic) =>
      ['iot:Publish', 'iot:Receive'].map((action) => ({
        action,
        resource: `arn:${ARN.partition}:iot:${ARN.region}:${ARN.accountId}:topic/${level}/${topic}`,
      })),
    ),
  );

const CONTEXT = policyContext({
  'iot:ClientId': 'acme_device01',
  'iot:Connection.Thing.ThingName': 'acme_device01',
  'iot:Connection.Thing.IsAttached': 'true',
  'iot:Connection.Thing.Attributes[tenant]': 'acme',
});

/** @param characters that are not white space; ASCII, so bytes as well */
const sizes = (count: number, documentBudget: number, bytesBudget: number): readonly Measure[] => {
  const documents = compiled(permissions(count));
  const bytes = documents.reduce((sum, { size }) => sum + size, 0);
  const of = count === 1 ? '1-permission' : `${count}-permissions`;
  return [
    hard(`policy-documents-${of}`, documents.length, 'policies', documentBudget),
    hard(`policy-bytes-${of}`, bytes, 'B', bytesBudget),
  ];
};

export const measurePermissions = (): readonly Measure[] => {
  const ten = permissions(10);
  const documents = compiled(ten).map(parsed);
  const asked = questions(10);
  const allowed = asked.filter((question) => authorize(question, documents, CONTEXT).allowed).length;
  if (allowed === 0 || allowed === asked.length) throw new Error('expected questions that are answered either way');
  const compiles = perSecond(() => {
    compiled(ten);
    return 1;
  });
  const evaluations = perSecond(() => {
    for (const question of asked) authorize(question, documents, CONTEXT);
    return asked.length;
  });
  return [
    reported('permission-sets-compiled-per-second', compiles, 'sets/s', null),
    reported('policy-evaluations-per-second', evaluations, 'asked/s', null),
    ...sizes(1, 1, 536),
    ...sizes(10, 2, 2_324),
    ...sizes(100, 9, 18_204),
  ];
};
