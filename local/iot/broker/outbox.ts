// QoS 1 messages on their way to one client: packet identifiers, the window of unacknowledged ones, and who waits behind it.

import type { IPublishPacket } from 'mqtt-packet';
import { MAX_IN_FLIGHT } from './limits.ts';

const MAX_WAITING = 1000;
const MAX_MESSAGE_ID = 65_535;

export type Outbox = {
  /** @returns false when too many messages wait already: the client does not acknowledge */
  deliver(packet: IPublishPacket): boolean;
  acknowledge(messageId: number | undefined): void;
};

/**
 * Nothing is sent twice: MQTT resends on reconnection only ([MQTT-4.4.0-1]), and a clean session ends with its connection.
 * @param receiveMaximum the client's own limit (MQTT 5 §3.1.2.11.3)
 */
export const createOutbox = (send: (packet: IPublishPacket) => void, receiveMaximum = MAX_IN_FLIGHT): Outbox => {
  const window = Math.min(receiveMaximum, MAX_IN_FLIGHT);
  const inFlight = new Set<number>();
  const waiting: IPublishPacket[] = [];
  let lastId = 0;

  const dispatch = (packet: IPublishPacket) => {
    do lastId = (lastId % MAX_MESSAGE_ID) + 1;
    while (inFlight.has(lastId));
    inFlight.add(lastId);
    send({ ...packet, messageId: lastId });
  };

  return {
    deliver: (packet) => {
      if (packet.qos === 0) send(packet);
      else if (inFlight.size < window) dispatch(packet);
      else if (waiting.length < MAX_WAITING) waiting.push(packet);
      else return false;
      return true;
    },
    acknowledge: (messageId) => {
      if (messageId === undefined || !inFlight.delete(messageId)) return;
      const next = waiting.shift();
      if (next) dispatch(next);
    },
  };
};
