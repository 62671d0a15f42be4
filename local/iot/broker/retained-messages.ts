// The last retained message of each topic. AWS IoT hands it only to a filter that equals the topic (AWS IoT guide,
// MQTT retained messages).

import type { Message } from '../message-bus.ts';

export type RetainedMessages = {
  keep(message: Message): void;
  find(topic: string): Message | undefined;
};

export const createRetainedMessages = (clock: () => number): RetainedMessages => {
  const kept = new Map<string, { message: Message; until: number }>();
  return {
    keep: (message) => {
      // An empty payload deletes ([MQTT-3.3.1-10]).
      if (message.payload.length === 0) kept.delete(message.topic);
      else {
        const seconds = message.properties?.messageExpiryInterval ?? Number.POSITIVE_INFINITY;
        kept.set(message.topic, { message, until: clock() + seconds * 1000 });
      }
    },
    find: (topic) => {
      const entry = kept.get(topic);
      return entry && clock() < entry.until ? entry.message : undefined;
    },
  };
};
