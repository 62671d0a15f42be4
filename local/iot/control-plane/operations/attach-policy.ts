// AttachPolicy: repeatable.

import type { AttachPolicyRequest } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import { type Context, type Given, policyOf } from '../context.ts';
import { policiesOfTarget } from '../policy-targets.ts';

export const attachPolicy = (context: Context, input: Given<AttachPolicyRequest>): object => {
  const { name } = policyOf(context, input.policyName);
  const { policies, limit } = policiesOfTarget(context, input.target);
  if (!policies.has(name) && policies.size >= limit)
    throw new IotError('LimitExceededException', `at most ${limit} policies can be attached to this target`);
  policies.add(name);
  return {};
};
