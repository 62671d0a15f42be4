// DeleteThing: of a thing that is not there, it succeeds.

import type { DeleteThingRequest } from '@aws-sdk/client-iot';
import { IotError, invalidRequest } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';

export const deleteThing = ({ state }: Context, input: Given<DeleteThingRequest>): object => {
  const thing = state.things.get(input.thingName);
  if (thing === undefined) return {};
  if (input.expectedVersion !== undefined && input.expectedVersion !== thing.version)
    throw new IotError('VersionConflictException', `thing ${thing.name} is at version ${thing.version}`);
  if ([...state.certificates.values()].some(({ things }) => things.has(thing.name)))
    throw invalidRequest(`thing ${thing.name} has principals attached: detach them first`);
  state.things.delete(thing.name);
  return {};
};
