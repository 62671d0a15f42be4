// Event messages by IoT Core's UpdateEventConfigurations, which changes only the types it is given.

import { type IoTClient, UpdateEventConfigurationsCommand } from '@aws-sdk/client-iot';
import type { EventMessages } from '#ports/event-messages.ts';

export const iotEventConfigurations = (iot: IoTClient): EventMessages => ({
  turnOn: async (types) => {
    await iot.send(
      new UpdateEventConfigurationsCommand({
        eventConfigurations: Object.fromEntries(types.map((type) => [type, { Enabled: true }])),
      }),
    );
  },
});
