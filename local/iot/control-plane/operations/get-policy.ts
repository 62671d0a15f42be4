// GetPolicy: the default version.

import type { GetPolicyRequest, GetPolicyResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, policyOf } from '../context.ts';

export const getPolicy = (context: Context, input: Given<GetPolicyRequest>): GetPolicyResponse => {
  const { name, versions, defaultVersionId } = policyOf(context, input.policyName);
  const current = versions.find(({ id }) => id === defaultVersionId);
  const createdAt = versions.map((version) => version.createdAt);
  return {
    policyName: name,
    policyArn: context.arns.of('policy', name),
    policyDocument: current?.document,
    defaultVersionId,
    creationDate: new Date(Math.min(...createdAt)),
    lastModifiedDate: new Date(Math.max(...createdAt)),
  };
};
