// DescribeThing.

import type { DescribeThingRequest, DescribeThingResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, thingOf } from '../context.ts';

export const describeThing = (context: Context, input: Given<DescribeThingRequest>): DescribeThingResponse => {
  const { name, id, attributes, version } = thingOf(context, input.thingName);
  return {
    defaultClientId: name,
    thingName: name,
    thingId: id,
    thingArn: context.arns.of('thing', name),
    attributes,
    version,
  };
};
