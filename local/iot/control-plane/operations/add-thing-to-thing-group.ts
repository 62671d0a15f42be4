// AddThingToThingGroup: repeatable.

import type { AddThingToThingGroupRequest } from '@aws-sdk/client-iot';
import { invalidRequest, refuseParameters } from '../../rest-json/errors.ts';
import type { ThingGroup } from '../../state.ts';
import { type Context, type Given, groupOf } from '../context.ts';
import { ancestorsOf } from '../group-ancestors.ts';
import { membershipOf } from '../group-membership.ts';

/** Groups of one thing (AWS General Reference, IoT Core quotas). */
const MAX_GROUPS = 10;

const rootOf = (context: Context, group: ThingGroup) => ancestorsOf(context, group).at(-1) ?? group;

export const addThingToThingGroup = (context: Context, input: Given<AddThingToThingGroupRequest>): object => {
  refuseParameters(input, ['overrideDynamicGroups']);
  const { thing, group } = membershipOf(context, input);
  if (thing.groups.has(group.name)) return {};
  if (thing.groups.size >= MAX_GROUPS) throw invalidRequest(`a thing belongs to at most ${MAX_GROUPS} groups`);
  const root = rootOf(context, group);
  const related = [...thing.groups].find((name) => rootOf(context, groupOf(context, name)) === root);
  if (related !== undefined)
    throw invalidRequest(`thing ${thing.name} is in ${related}, a group of the same hierarchy as ${group.name}`);
  thing.groups.add(group.name);
  return {};
};
