// DescribeEventConfigurations: every event type, on or off.

import { type DescribeEventConfigurationsResponse, EventType } from '@aws-sdk/client-iot';
import type { Context } from '../context.ts';

export const describeEventConfigurations = ({ state }: Context): DescribeEventConfigurationsResponse => ({
  eventConfigurations: Object.fromEntries(
    Object.values(EventType).map((type) => [type, { Enabled: state.eventConfigurations.get(type) ?? false }]),
  ),
});
