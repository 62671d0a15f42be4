// AttachThingPrincipal. An exclusive thing is the only one that its principal may be attached to; other principals may
// still be attached to the same thing (AWS IoT developer guide, exclusive thing).

import type { AttachThingPrincipalRequest } from '@aws-sdk/client-iot';
import { invalidRequest } from '../../rest-json/errors.ts';
import { type Context, type Given, principalOf, thingOf } from '../context.ts';

export const attachThingPrincipal = (context: Context, input: Given<AttachThingPrincipalRequest>): object => {
  const certificate = principalOf(context, input.principal);
  const thing = thingOf(context, input.thingName);
  const type = input.thingPrincipalType ?? 'NON_EXCLUSIVE_THING';
  for (const [name, attachedAs] of certificate.things) {
    if (name === thing.name && attachedAs === type) return {};
    if (name === thing.name)
      throw invalidRequest(`the principal is attached to ${name} as ${attachedAs}: detach it to attach it as ${type}`);
    if (attachedAs === 'EXCLUSIVE_THING' || type === 'EXCLUSIVE_THING')
      throw invalidRequest(`the principal is attached to thing ${name}, so ${type} of another thing is not possible`);
  }
  certificate.things.set(thing.name, type);
  return {};
};
