// AWS::Events::EventBus: the bus that the functions announce on.

import * as v from 'valibot';
import { arn, type Provider } from '#local/template/cloud.ts';
import { propertiesOf, withoutEffect } from '#local/template/resource.ts';

const EventBusProperties = v.strictObject({ Name: v.string(), Description: withoutEffect, Tags: withoutEffect });

export const eventBus: Provider = (resource, cloud) => {
  const { Name } = propertiesOf(resource, EventBusProperties);
  cloud.createEventBus(Name);
  return { ref: Name, attributes: { Arn: arn(cloud, 'events', `event-bus/${Name}`), Name } };
};
