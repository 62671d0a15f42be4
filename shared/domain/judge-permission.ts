// What the policies of a permission set answer to one request of a device, and whose permission the deciding statement is.

import type { ArnParts } from './device-policy.ts';
import type { ClientId } from './ids.ts';
import { authorize, policyContext } from './iot-policy.ts';
import { type PolicyDocument, parsePolicy } from './iot-policy-document.ts';
import type { Operation } from './permission.ts';
import {
  type CompileProblem,
  compilePolicies,
  type Granted,
  type Inexact,
  type Source,
  sourceOf,
} from './permission-compiler.ts';
import type { PermissionSet } from './permission-set.ts';
import { ok, type Result } from './result.ts';

export const ASKED_ACTIONS = ['connect', 'publish', 'subscribe', 'receive'] as const;
export type AskedAction = (typeof ASKED_ACTIONS)[number];

export type Question = {
  readonly action: AskedAction;
  /** client id, topic, or topic filter to subscribe to */
  readonly resource: string;
  /** whether what is published is to be retained */
  readonly retain: boolean;
};

/** A device with all that it was granted. */
export type Rights = {
  readonly clientId: ClientId;
  /** the user that the device is; null when it is none */
  readonly user: string | null;
  readonly set: PermissionSet;
  readonly granted: readonly Granted[];
  readonly arn: ArnParts;
};

export type DecidingStatement = {
  /** which of the set's policies, counted from 0 */
  readonly document: number;
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  /** as it stands in the policy, variables and all */
  readonly resource: string;
};

export type Judgement = {
  readonly allowed: boolean;
  /** null when no statement applies, which refuses */
  readonly statement: DecidingStatement | null;
  readonly source: Source | null;
  /** what lets the device publish when that is not retained; null when the question is another */
  readonly unretained: Source | null;
  readonly inexact: readonly Inexact[];
};

const REQUESTS = {
  connect: { action: 'iot:Connect', type: 'client' },
  publish: { action: 'iot:Publish', type: 'topic' },
  subscribe: { action: 'iot:Subscribe', type: 'topicfilter' },
  receive: { action: 'iot:Receive', type: 'topic' },
} as const;

export const operationFor = (action: AskedAction): Exclude<Operation, 'readWrite'> =>
  action === 'publish' ? 'write' : 'read';

/** What is read of a policy to show it: the compiler writes one resource or a list of them. */
type Shown = { readonly Statement: readonly { readonly Resource: string | readonly string[] }[] };

const resourceText = (json: readonly string[], document: number, statement: number, resource: number): string => {
  const { Statement } = JSON.parse(String(json[document])) as Shown;
  return String([Statement[statement]?.Resource].flat()[resource]);
};

/** @throws TypeError when the evaluator does not understand it: what it would answer is not known */
const policyOf = (json: string): PolicyDocument => {
  const policy = parsePolicy(json);
  if (!policy.ok) throw new TypeError(policy.error);
  return policy.value;
};

/** @returns the answer of the policies that the set compiles to; else why it has none */
export const judge = (rights: Rights, question: Question): Result<Judgement, CompileProblem> => {
  const { set, granted, arn, clientId } = rights;
  const compiled = compilePolicies(set, granted, arn);
  if (!compiled.ok) return compiled;
  const { inexact } = compiled.value;
  const documents = compiled.value.documents.map(({ json }) => json);
  const policies = documents.map(policyOf);
  // what IoT Core knows of an onboarded device: the thing that its certificate is attached to, whatever it calls itself
  const context = policyContext({
    'iot:Connection.Thing.ThingName': clientId,
    'iot:Connection.Thing.IsAttached': 'true',
    'iot:Connection.Thing.Attributes[tenant]': set.tenant,
  });

  const asked = (action: string, unretained: Source | null): Judgement => {
    const { type } = REQUESTS[question.action];
    const resource = `arn:${arn.partition}:iot:${arn.region}:${arn.accountId}:${type}/${question.resource}`;
    const { allowed, because } = authorize({ action, resource }, policies, context);
    if (because === null) return { allowed, statement: null, source: null, unretained, inexact };
    const { document, statement, effect } = because;
    return {
      allowed,
      statement: {
        document,
        effect,
        action,
        resource: resourceText(documents, document, statement, because.resource),
      },
      source: sourceOf(compiled.value, document, statement, because.resource),
      unretained,
      inexact,
    };
  };

  const plain = asked(REQUESTS[question.action].action, null);
  // a retained message needs both (AWS IoT guide, Retained message policy examples)
  return ok(plain.allowed && question.retain ? asked('iot:RetainPublish', plain.source) : plain);
};
