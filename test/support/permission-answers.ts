// Asks compiled policies the way a broker does.

import { authorize, type PolicyContext, policyContext } from '#domain/iot-policy.ts';
import { type PolicyDocument, parsePolicy } from '#domain/iot-policy-document.ts';
import type { CompiledSet } from '#domain/permission-compiler.ts';
import type { Device, Question } from './permission-model.ts';
import { ARN } from './random-permission-sets.ts';

export const parsed = (json: string): PolicyDocument => {
  const document = parsePolicy(json);
  if (!document.ok) throw new SyntaxError(document.error);
  return document.value;
};
export const parsedDocuments = ({ documents }: Pick<CompiledSet, 'documents'>): readonly PolicyDocument[] =>
  documents.map(({ json }) => parsed(json));

/** A session of a device that its certificate is attached to; it has no thing where the client id is null. */
export const sessionOf = ({ clientId, tenant }: Device): PolicyContext =>
  policyContext({
    'iot:ClientId': clientId ?? 'somebody',
    'iot:Connection.Thing.ThingName': clientId,
    'iot:Connection.Thing.IsAttached': String(clientId !== null),
    'iot:Connection.Thing.Attributes[tenant]': tenant,
  });

export const resourceArn = (path: string): string => `arn:${ARN.partition}:iot:${ARN.region}:${ARN.accountId}:${path}`;

export const answer = (documents: readonly PolicyDocument[], session: PolicyContext, question: Question) =>
  authorize(
    {
      action: `iot:${question.action}`,
      resource: resourceArn(
        question.action === 'Subscribe' ? `topicfilter/${question.filter}` : `topic/${question.topic}`,
      ),
    },
    documents,
    session,
  );
