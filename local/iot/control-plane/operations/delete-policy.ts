// DeletePolicy: of a policy that is attached nowhere and has no version but the default.

import type { DeletePolicyRequest } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import { type Context, type Given, policyOf } from '../context.ts';

export const deletePolicy = (context: Context, input: Given<DeletePolicyRequest>): object => {
  const { state } = context;
  const { name, versions } = policyOf(context, input.policyName);
  const targets = [...state.certificates.values(), ...state.groups.values()];
  if (targets.some(({ policies }) => policies.has(name)))
    throw new IotError('DeleteConflictException', `policy ${name} is attached: detach it first`);
  if (versions.length > 1)
    throw new IotError(
      'DeleteConflictException',
      `policy ${name} has other versions than the default: delete them first`,
    );
  state.policies.delete(name);
  return {};
};
