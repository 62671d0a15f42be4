// ListThingGroupsForThing.

import type { ListThingGroupsForThingRequest, ListThingGroupsForThingResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, thingOf } from '../context.ts';
import { pageOf } from '../pages.ts';

export const listThingGroupsForThing = (
  context: Context,
  input: Given<ListThingGroupsForThingRequest>,
): ListThingGroupsForThingResponse => {
  const { groups } = thingOf(context, input.thingName);
  const page = pageOf(groups, (name) => name, { size: input.maxResults, token: input.nextToken });
  return {
    thingGroups: page.items.map((name) => ({ groupName: name, groupArn: context.arns.of('thinggroup', name) })),
    nextToken: page.next,
  };
};
