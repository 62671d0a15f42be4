// DescribeThingGroup.

import type { DescribeThingGroupRequest, DescribeThingGroupResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, groupOf } from '../context.ts';
import { ancestorsOf } from '../group-ancestors.ts';

/** No operation that is emulated changes a group. */
export const GROUP_VERSION = 1;

export const describeThingGroup = (
  context: Context,
  input: Given<DescribeThingGroupRequest>,
): DescribeThingGroupResponse => {
  const group = groupOf(context, input.thingGroupName);
  const rootFirst = ancestorsOf(context, group).toReversed();
  return {
    thingGroupName: group.name,
    thingGroupId: group.id,
    thingGroupArn: context.arns.of('thinggroup', group.name),
    version: GROUP_VERSION,
    thingGroupProperties: { thingGroupDescription: group.description },
    thingGroupMetadata: {
      parentGroupName: group.parent ?? undefined,
      rootToParentThingGroups: rootFirst.map(({ name }) => ({
        groupName: name,
        groupArn: context.arns.of('thinggroup', name),
      })),
    },
  };
};
