// DescribeThingGroup.

import type { DescribeThingGroupRequest, DescribeThingGroupResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, groupOf } from '../context.ts';
import { ancestorsOf } from '../group-ancestors.ts';

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
    version: 1,
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
