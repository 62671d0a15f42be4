// ListThingsInThingGroup, with the groups below it when asked.

import type { ListThingsInThingGroupRequest, ListThingsInThingGroupResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, groupOf } from '../context.ts';
import { ancestorsOf } from '../group-ancestors.ts';
import { pageOf } from '../pages.ts';

export const listThingsInThingGroup = (
  context: Context,
  input: Given<ListThingsInThingGroupRequest>,
): ListThingsInThingGroupResponse => {
  const wanted = groupOf(context, input.thingGroupName);
  const isWanted = (name: string): boolean => {
    const group = groupOf(context, name);
    return group === wanted || (input.recursive === true && ancestorsOf(context, group).includes(wanted));
  };
  const things = [...context.state.things.values()].filter(({ groups }) => [...groups].some(isWanted));
  const page = pageOf(things, ({ name }) => name, { size: input.maxResults, token: input.nextToken });
  return { things: page.items.map(({ name }) => name), nextToken: page.next };
};
