// The last retained message of each topic. AWS IoT hands it only to a filter that equals the topic (AWS IoT guide,
// MQTT retained messages).

import type { Message } from '../message-bus.ts';

export type RetainedMessages = {
  keep(message: Message): void;
  find(topic: string): Message | undefined;
};

/** Below this many, what has expired costs too little to look for. */
const FEW = 100;

export const createRetainedMessages = (clock: () => number): RetainedMessages => {
  const kept = new Map<string, { message: Message; until: number }>();
  /** Looked for whenever the number has doubled: what is kept stays within twice what is valid, and costs no scan each. */
  let scanAt = FEW;
  const forgetExpired = (): void => {
    if (kept.size < scanAt) return;
    const now = clock();
    for (const [topic, { until }] of kept) if (until <= now) kept.delete(topic);
    scanAt = Math.max(FEW, kept.size * 2);
  };
  return {
    keep: (message) => {
      // An empty payload deletes ([MQTT-3.3.1-10]).
      if (message.payload.length === 0) kept.delete(message.topic);
      else {
        const seconds = message.properties?.messageExpiryInterval ?? Number.POSITIVE_INFINITY;
        forgetExpired();
        kept.set(message.topic, { message, until: clock() + seconds * 1000 });
      }
    },
    find: (topic) => {
      const entry = kept.get(topic);
      return entry && clock() < entry.until ? entry.message : undefined;
    },
  };
};
