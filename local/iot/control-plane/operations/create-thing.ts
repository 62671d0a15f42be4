// CreateThing: repeating it with the same configuration succeeds, with another it does not.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CreateThingRequest, CreateThingResponse } from '@aws-sdk/client-iot';
import { IotError, invalidRequest, refuseParameters } from '../../rest-json/errors.ts';
import { checkAttributes } from '../constraints.ts';
import type { Context, Given } from '../context.ts';

/** Attributes of a thing that has no thing type (AWS General Reference, IoT Core quotas). */
const MAX_ATTRIBUTES = 3;

export const createThing = ({ state, arns }: Context, input: Given<CreateThingRequest>): CreateThingResponse => {
  refuseParameters(input, ['thingTypeName', 'billingGroupName']);
  const name = input.thingName;
  const attributes = input.attributePayload?.attributes ?? {};
  checkAttributes(attributes);
  if (Object.keys(attributes).length > MAX_ATTRIBUTES)
    throw invalidRequest(`a thing without a thing type has at most ${MAX_ATTRIBUTES} attributes`);
  const arn = arns.of('thing', name);
  const existing = state.things.get(name);
  if (existing !== undefined && !isDeepStrictEqual({ ...existing.attributes }, { ...attributes }))
    throw new IotError('ResourceAlreadyExistsException', `Thing ${name} already exists with different attributes`, {
      resourceId: existing.id,
      resourceArn: arn,
    });
  const thing = existing ?? { name, id: randomUUID(), attributes, version: 1, groups: new Set<string>() };
  state.things.set(name, thing);
  return { thingName: name, thingArn: arn, thingId: thing.id };
};
