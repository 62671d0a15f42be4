// CreateThingGroup: repeating it with the same configuration succeeds, with another it does not.

import { randomUUID } from 'node:crypto';
import type { CreateThingGroupRequest, CreateThingGroupResponse } from '@aws-sdk/client-iot';
import { IotError, refuseParameters } from '../../rest-json/errors.ts';
import { type Context, type Given, groupOf } from '../context.ts';

export const createThingGroup = (context: Context, input: Given<CreateThingGroupRequest>): CreateThingGroupResponse => {
  refuseParameters(input, ['tags']);
  refuseParameters(input.thingGroupProperties ?? {}, ['attributePayload']);
  const { state, arns } = context;
  const name = input.thingGroupName;
  const parent = input.parentGroupName === undefined ? null : groupOf(context, input.parentGroupName).name;
  const description = input.thingGroupProperties?.thingGroupDescription;
  const arn = arns.of('thinggroup', name);
  const existing = state.groups.get(name);
  if (existing !== undefined && (existing.parent !== parent || existing.description !== description))
    throw new IotError('ResourceAlreadyExistsException', `Thing group ${name} already exists with other properties`, {
      resourceId: existing.id,
      resourceArn: arn,
    });
  const group = existing ?? {
    name,
    id: randomUUID(),
    parent,
    ...(description === undefined ? {} : { description }),
    policies: new Set<string>(),
  };
  state.groups.set(name, group);
  return { thingGroupName: name, thingGroupArn: arn, thingGroupId: group.id };
};
