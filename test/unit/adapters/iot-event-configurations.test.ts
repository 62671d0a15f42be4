// The account's event messages: only what is asked for is switched, and only on.

import { IoTClient, UpdateEventConfigurationsCommand } from '@aws-sdk/client-iot';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { iotEventConfigurations } from '#adapters/iot-event-configurations.ts';

it('G-01: turns on the given event messages and names no other', async () => {
  const client = new IoTClient({ region: 'eu-central-1' });
  const mock = mockClient(client);
  mock.on(UpdateEventConfigurationsCommand).resolves({});

  await iotEventConfigurations(client).turnOn(['CA_CERTIFICATE', 'CERTIFICATE']);

  expect(mock.calls().map(({ args }) => args[0].input)).toEqual([
    { eventConfigurations: { CA_CERTIFICATE: { Enabled: true }, CERTIFICATE: { Enabled: true } } },
  ]);
});
