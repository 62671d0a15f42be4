// One version of a policy, by the two labels of its path.

import { notFound } from '../rest-json/errors.ts';
import { type Context, policyOf } from './context.ts';

export const policyVersionOf = (context: Context, policyName: string, versionId: string) => {
  const policy = policyOf(context, policyName);
  const index = policy.versions.findIndex(({ id }) => id === versionId);
  if (index < 0) throw notFound(`policy ${policyName} has no version ${versionId}`);
  return { policy, index };
};
