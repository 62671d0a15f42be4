// DeleteThingGroup: with things in it, which lose its rights, never with groups in it (AWS IoT guide, Static thing
// groups). Of a group that is not there, it succeeds: the API has no error for that.

import type { DeleteThingGroupRequest } from '@aws-sdk/client-iot';
import { IotError, invalidRequest } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';
import { GROUP_VERSION } from './describe-thing-group.ts';

export const deleteThingGroup = ({ state }: Context, input: Given<DeleteThingGroupRequest>): object => {
  const group = state.groups.get(input.thingGroupName);
  if (group === undefined) return {};
  if (input.expectedVersion !== undefined && input.expectedVersion !== GROUP_VERSION)
    throw new IotError('VersionConflictException', `thing group ${group.name} is at version ${GROUP_VERSION}`);
  if ([...state.groups.values()].some(({ parent }) => parent === group.name))
    throw invalidRequest(`Cannot delete thing group : ${group.name} when there are still child groups attached to it.`);
  for (const { groups } of state.things.values()) groups.delete(group.name);
  state.groups.delete(group.name);
  return {};
};
