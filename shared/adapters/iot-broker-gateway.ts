// Where IoT Core's MQTT endpoint is: the account's, or that of a domain configuration.

import { DescribeDomainConfigurationCommand, DescribeEndpointCommand, type IoTClient } from '@aws-sdk/client-iot';
import type { BrokerGateway } from '#ports/iot-gateways.ts';
import { awsCall } from './sdk-errors.ts';

/**
 * An endpoint never changes and DescribeEndpoint has a fixed quota, so it is asked for once per process.
 * @param domainConfiguration its name; null for the endpoint that every account has
 */
export const iotBrokerGateway = (client: IoTClient, domainConfiguration: string | null): BrokerGateway => {
  const describe = async (): Promise<string> => {
    if (domainConfiguration !== null) {
      const command = new DescribeDomainConfigurationCommand({ domainConfigurationName: domainConfiguration });
      const { domainName } = await awsCall('iot:DescribeDomainConfiguration', client.send(command));
      if (domainName === undefined)
        throw new Error(`expected domain configuration ${domainConfiguration} to have a domain`);
      return domainName;
    }
    const command = new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' });
    const { endpointAddress } = await awsCall('iot:DescribeEndpoint', client.send(command));
    if (endpointAddress === undefined) throw new Error('expected iot:DescribeEndpoint to answer with an address');
    return endpointAddress;
  };
  let known: string | undefined;
  return {
    host: async () => {
      known ??= await describe();
      return known;
    },
  };
};
