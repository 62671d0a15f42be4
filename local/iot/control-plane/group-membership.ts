// Which group and thing a membership request names: by name or by ARN, and both must agree.

import type { AddThingToThingGroupRequest } from '@aws-sdk/client-iot';
import { invalidRequest } from '../rest-json/errors.ts';
import type { Thing, ThingGroup } from '../state.ts';
import { type Context, groupOf, thingOf } from './context.ts';

const nameOf = (
  context: Context,
  type: 'thing' | 'thinggroup',
  name: string | undefined,
  arn: string | undefined,
): string => {
  const fromArn = arn === undefined ? undefined : context.arns.nameIn(arn, type);
  const either = name ?? fromArn;
  if (either === undefined) throw invalidRequest(`the name or the ARN of the ${type} is required`);
  if (fromArn !== undefined && fromArn !== either) throw invalidRequest(`name and ARN of the ${type} differ`);
  return either;
};

export const membershipOf = (
  context: Context,
  input: Omit<AddThingToThingGroupRequest, 'overrideDynamicGroups'>,
): { thing: Thing; group: ThingGroup } => ({
  group: groupOf(context, nameOf(context, 'thinggroup', input.thingGroupName, input.thingGroupArn)),
  thing: thingOf(context, nameOf(context, 'thing', input.thingName, input.thingArn)),
});
