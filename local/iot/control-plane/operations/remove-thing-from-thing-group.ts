// RemoveThingFromThingGroup: repeatable.

import type { RemoveThingFromThingGroupRequest } from '@aws-sdk/client-iot';
import type { Context, Given } from '../context.ts';
import { membershipOf } from '../group-membership.ts';

export const removeThingFromThingGroup = (context: Context, input: Given<RemoveThingFromThingGroupRequest>): object => {
  const { thing, group } = membershipOf(context, input);
  thing.groups.delete(group.name);
  return {};
};
