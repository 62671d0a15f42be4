// DeletePolicyVersion: never of the default version.

import type { DeletePolicyVersionRequest } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';
import { policyVersionOf } from '../policy-version.ts';

export const deletePolicyVersion = (context: Context, input: Given<DeletePolicyVersionRequest>): object => {
  const { policy, index } = policyVersionOf(context, input.policyName, input.policyVersionId);
  if (policy.defaultVersionId === input.policyVersionId)
    throw new IotError('DeleteConflictException', `version ${input.policyVersionId} is the default of ${policy.name}`);
  policy.versions.splice(index, 1);
  return {};
};
