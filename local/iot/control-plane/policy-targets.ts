// The policies of a target: a certificate or a thing group.

import { type Context, certificateOf, groupOf } from './context.ts';

/** Policies directly attached (AWS General Reference, IoT Core quotas; thing groups: developer guide, thing groups). */
const MAX_POLICIES = { cert: 10, thinggroup: 2 } as const;

/** @throws InvalidRequestException for other targets, ResourceNotFoundException for absent ones */
export const policiesOfTarget = (context: Context, target: string): { policies: Set<string>; limit: number } => {
  const { type, name } = context.arns.target(target);
  const { policies } = type === 'cert' ? certificateOf(context, name) : groupOf(context, name);
  return { policies, limit: MAX_POLICIES[type] };
};
