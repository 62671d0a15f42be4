// MQTT 5 properties that travel from a publisher to subscribers, checked: the parser does not.

import type { UserProperties } from 'mqtt-packet';
import type { MessageProperties } from '../message-bus.ts';

const isText = (value: unknown) => typeof value === 'string';
const isUserProperties = (value: unknown): value is UserProperties =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((entry) => isText(entry) || (Array.isArray(entry) && entry.every(isText)));

const CHECKS: Record<keyof MessageProperties, (value: unknown) => boolean> = {
  payloadFormatIndicator: (value) => typeof value === 'boolean',
  messageExpiryInterval: (value) => typeof value === 'number',
  contentType: isText,
  responseTopic: isText,
  correlationData: Buffer.isBuffer,
  userProperties: isUserProperties,
};

/** What of a packet's properties goes on to subscribers; a property that came twice or cut short is dropped. */
export const forwardedProperties = (properties: MessageProperties | undefined): MessageProperties | undefined => {
  if (!properties) return undefined;
  const sound = Object.entries(properties).filter(
    ([name, value]) => name in CHECKS && CHECKS[name as keyof MessageProperties](value),
  );
  return Object.fromEntries(sound);
};
