// DetachPolicy: repeatable.

import type { DetachPolicyRequest } from '@aws-sdk/client-iot';
import { type Context, type Given, policyOf } from '../context.ts';
import { policiesOfTarget } from '../policy-targets.ts';

export const detachPolicy = (context: Context, input: Given<DetachPolicyRequest>): object => {
  const { name } = policyOf(context, input.policyName);
  policiesOfTarget(context, input.target).policies.delete(name);
  return {};
};
