// Where IoT Core's MQTT endpoint is.

import { DescribeEndpointCommand, type IoTClient } from '@aws-sdk/client-iot';
import type { BrokerGateway } from '#ports/iot-gateways.ts';
import { awsCall } from './sdk-errors.ts';

/** The endpoint never changes and DescribeEndpoint has a fixed quota, so it is asked for once per process. */
export const iotBrokerGateway = (client: IoTClient): BrokerGateway => {
  let known: string | undefined;
  return {
    host: async () => {
      if (known !== undefined) return known;
      const command = new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' });
      const { endpointAddress } = await awsCall('iot:DescribeEndpoint', client.send(command));
      if (endpointAddress === undefined) throw new Error('expected iot:DescribeEndpoint to answer with an address');
      known = endpointAddress;
      return known;
    },
  };
};
