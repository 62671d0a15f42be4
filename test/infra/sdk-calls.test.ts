// G-03: what a function's code can call is what its role allows: no call without its right, no right without a call.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const ROOT = new URL('../../', import.meta.url);
const { imports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  readonly imports: Readonly<Record<string, string>>;
};

/** Prefix of the actions of each client's service (Service Authorization Reference). */
const SERVICES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-acm-pca': 'acm-pca',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/client-eventbridge': 'events',
  '@aws-sdk/client-iot': 'iot',
  // the data plane signs by another name, and its actions are of the same service
  '@aws-sdk/client-iot-data-plane': 'iot',
  '@aws-sdk/client-lambda': 'lambda',
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/client-sqs': 'sqs',
  '@aws-sdk/lib-dynamodb': 'dynamodb',
};
/** Operations whose action has another name. */
const ACTIONS: Readonly<Record<string, string>> = {
  'dynamodb:BatchGet': 'dynamodb:BatchGetItem',
  'dynamodb:BatchWrite': 'dynamodb:BatchWriteItem',
  'dynamodb:Get': 'dynamodb:GetItem',
  'dynamodb:Update': 'dynamodb:UpdateItem',
  'lambda:Invoke': 'lambda:InvokeFunction',
};
/** Rights that no call of the code has the name of, by the call that asks for them too. */
const ASKED_TOO: Readonly<Record<string, readonly string[]>> = {
  'iot:RegisterCACertificate': ['iot:TagResource'],
  's3:GetObject': ['s3:ListBucket'],
};
/** Lambda, not the code, reads the queue of a function and writes its logs and traces. */
const OF_LAMBDA = /^(logs|xray):|^sqs:(?!SendMessage$)/;

const sourceOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
/** @returns path from the root; null for a package */
const resolved = (specifier: string, from: string): string | null => {
  if (specifier.startsWith('.')) return new URL(specifier, new URL(from, ROOT)).href.slice(ROOT.href.length);
  const [, folder = '', rest = ''] = /^(#[^/]+\/)(.*)$/.exec(specifier) ?? [];
  return imports[`${folder}*`]?.replace('./', '').replace('*', rest) ?? null;
};

/** Modules and the names that they are imported for; types are none of the code. */
const importsOf = (path: string): { readonly names: string; readonly specifier: string }[] =>
  Array.from(
    sourceOf(path).matchAll(/^import (?!type )([^;]*?) from '([^']+)'/gms),
    ([, names = '', specifier = '']) => ({
      names,
      specifier,
    }),
  );

/** The files that a function is made of. */
const filesOf = (name: string): ReadonlySet<string> => {
  const files = new Set([`functions/${name}/handler.ts`]);
  // a set that grows is walked on
  for (const path of files)
    for (const { specifier } of importsOf(path)) {
      const next = resolved(specifier, path);
      if (next !== null) files.add(next);
    }
  return files;
};

const actionsOf = (service: string, names: string): string[] =>
  Array.from(names.matchAll(/(?<!type )\b(\w+)Command\b/g), ([, operation]) => `${service}:${operation}`).flatMap(
    (action) => [ACTIONS[action] ?? action, ...(ASKED_TOO[action] ?? [])],
  );

/** Actions of every call in a function's own code, whether its operations reach it or not. */
const callsOf = (name: string): ReadonlySet<string> =>
  new Set(
    [...filesOf(name)].flatMap(importsOf).flatMap(({ names, specifier }) => {
      const service = SERVICES[specifier];
      return service === undefined ? [] : actionsOf(service, names);
    }),
  );

const OPT_INS = { gate: 'true', privateCa: 'create' };
const { onboarding } = synthesizedStacks(OPT_INS);
const functions = resourcesOf(onboarding, 'AWS::Lambda::Function').map(({ properties }) => ({
  name: String(Object(Object(properties['Environment'])['Variables'])['POWERTOOLS_SERVICE_NAME']),
  role: Object(properties['Role'])['Fn::GetAtt'][0],
}));
const rightsOf = (role: string): string[] =>
  resourcesOf(onboarding, 'AWS::IAM::Policy')
    .filter(({ properties }) => JSON.stringify(properties['Roles']) === JSON.stringify([{ Ref: role }]))
    .flatMap(({ properties }) => Object(properties['PolicyDocument'])['Statement'])
    .flatMap(({ Action }) => [Action].flat().map(String))
    .filter((action) => !OF_LAMBDA.test(action));

/** Calls that come with an adapter and that none of the function's operations reaches. */
const NEVER_REACHED: Readonly<Record<string, readonly string[]>> = {
  // sets are deleted by their own worker; where there is a gate, its endpoint is named and no other
  'ops-api': ['iot:DeletePolicy', 'iot:DeleteThingGroup', 'iot:DescribeEndpoint'],
  // what follows from a fact is the workers' to do
  'trust-api': ['iot:DeleteCACertificate', 'iot:UpdateCertificate'],
  // what takes a new proof of possession it does not register
  'work-on-trust': ['iot:GetRegistrationCode'],
};

describe('calls and rights', () => {
  it('every function is looked at', () => {
    for (const { name } of functions)
      expect(existsSync(new URL(`functions/${name}/handler.ts`, ROOT)), name).toBe(true);
    expect(functions).toHaveLength(10);
  });

  it.each(functions)('G-03: $name has no right that its code has no call for', ({ name, role }) => {
    const calls = callsOf(name);
    expect(rightsOf(role).filter((right) => !calls.has(right))).toEqual([]);
  });

  it.each(functions)('G-03: $name has the right to every call that its code makes', ({ name, role }) => {
    const rights = rightsOf(role);
    // one adapter makes all requests of the table: which of them a function needs, the permissions say one by one
    const missing = [...callsOf(name)].filter((call) => !rights.includes(call) && !call.startsWith('dynamodb:'));
    expect(missing.toSorted()).toEqual(NEVER_REACHED[name] ?? []);
  });
});
