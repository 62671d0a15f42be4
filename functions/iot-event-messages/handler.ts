// Custom resource of the onboarding stack: turns on IoT Core's event messages of certificates. A deleted stack leaves
// them on, for the switch is the account's and others may have come to rely on it.

import { IoTClient } from '@aws-sdk/client-iot';
import { iotEventConfigurations } from '#adapters/iot-event-configurations.ts';
import { EventMessagesProperties } from '#contracts/custom-resource.ts';
import { customResource } from '#runtime/custom-resource.ts';

const messages = iotEventConfigurations(new IoTClient({}));

export const handler = customResource('iot-event-messages', EventMessagesProperties, ({ EventTypes }) =>
  messages.turnOn(EventTypes),
);
