// Limits of the AWS IoT Core message broker (AWS General Reference, AWS IoT Core endpoints and quotas).

export const MAX_PAYLOAD_BYTES = 128 * 1024;
/** A whole packet: the largest payload, and room for the topic and MQTT 5 properties. */
export const MAX_PACKET_BYTES = MAX_PAYLOAD_BYTES + 16 * 1024;
export const MAX_CLIENT_ID_BYTES = 128;
export const MAX_FILTERS_PER_SUBSCRIBE = 8;
export const MAX_SUBSCRIPTIONS = 50;
/** QoS 1 messages on their way to one client, as its own Receive Maximum allows. */
export const MAX_IN_FLIGHT = 100;
/** Also what a client gets that asks for none, or for more. */
export const MAX_KEEP_ALIVE_SECONDS = 1200;

/**
 * The parser turns ill-formed UTF-8 into U+FFFD, so that two different byte strings would name one topic or client;
 * NUL is forbidden ([MQTT-1.5.3-1], [MQTT-1.5.3-2]).
 */
export const isSoundText = (text: string): boolean => !/[\0\uFFFD]/.test(text);

/** At most 128 bytes, not starting with `$` (iot-data API model, clientId). */
export const isClientIdAllowed = (clientId: string): boolean =>
  clientId !== '' &&
  !clientId.startsWith('$') &&
  isSoundText(clientId) &&
  Buffer.byteLength(clientId) <= MAX_CLIENT_ID_BYTES;
