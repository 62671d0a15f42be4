// UpdateEventConfigurations: only the types that are named change.

import type { UpdateEventConfigurationsRequest } from '@aws-sdk/client-iot';
import { checkEventType } from '../constraints.ts';
import type { Context, Given } from '../context.ts';

export const updateEventConfigurations = (
  { state }: Context,
  { eventConfigurations = {} }: Given<UpdateEventConfigurationsRequest>,
): object => {
  const changes = Object.entries(eventConfigurations);
  for (const [type] of changes) checkEventType(type);
  for (const [type, { Enabled = false }] of changes) state.eventConfigurations.set(type, Enabled);
  return {};
};
