// SetDefaultPolicyVersion.

import type { SetDefaultPolicyVersionRequest } from '@aws-sdk/client-iot';
import type { Context, Given } from '../context.ts';
import { policyVersionOf } from '../policy-version.ts';

export const setDefaultPolicyVersion = (context: Context, input: Given<SetDefaultPolicyVersionRequest>): object => {
  const { policy } = policyVersionOf(context, input.policyName, input.policyVersionId);
  policy.defaultVersionId = input.policyVersionId;
  return {};
};
