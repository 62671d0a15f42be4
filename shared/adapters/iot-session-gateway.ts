// Sessions of devices at the broker, ended from outside through IoT Core's data plane.

import { DeleteConnectionCommand, type IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import type { SessionGateway } from '#ports/iot-gateways.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

export const iotSessionGateway = (client: IoTDataPlaneClient): SessionGateway => ({
  disconnect: async (clientId) => {
    const command = new DeleteConnectionCommand({
      clientId,
      // What waits in a persistent session is the device's: it may come back with its rights, and those are asked for
      // again at each delivery. The will is published, for whoever watches the device.
      cleanSession: false,
    });
    try {
      await awsCall('iot:DeleteConnection', client.send(command));
    } catch (error) {
      if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    }
  },
});
