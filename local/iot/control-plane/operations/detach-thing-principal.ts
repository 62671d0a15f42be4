// DetachThingPrincipal. AWS takes seconds to propagate it; here it is immediate.

import type { DetachThingPrincipalRequest } from '@aws-sdk/client-iot';
import { notFound } from '../../rest-json/errors.ts';
import { type Context, type Given, principalOf, thingOf } from '../context.ts';

export const detachThingPrincipal = (context: Context, input: Given<DetachThingPrincipalRequest>): object => {
  const certificate = principalOf(context, input.principal);
  const thing = thingOf(context, input.thingName);
  if (!certificate.things.delete(thing.name)) throw notFound(`the principal is not attached to thing ${thing.name}`);
  return {};
};
