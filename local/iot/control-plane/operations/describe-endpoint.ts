// DescribeEndpoint: the MQTT endpoint is the only one there is.

import type { DescribeEndpointRequest, DescribeEndpointResponse } from '@aws-sdk/client-iot';
import { IotError, NOT_EMULATED } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';

export const describeEndpoint = (
  { endpointAddress }: Context,
  { endpointType = 'iot:Data' }: Given<DescribeEndpointRequest>,
): DescribeEndpointResponse => {
  if (endpointType !== 'iot:Data-ATS')
    throw new IotError(NOT_EMULATED, `endpoint type ${endpointType} is not emulated: ask for iot:Data-ATS`);
  return { endpointAddress };
};
