// Every message that passes through the embedded IoT Core: the broker delivers it to sessions, the rules engine to rules.

/** What a publisher may say about a message in MQTT 5, handed on unchanged ([MQTT-3.3.2-4] and following). */
export type MessageProperties = {
  readonly payloadFormatIndicator?: boolean;
  /** seconds */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: Record<string, string | string[]>;
};

export type Message = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** MQTT client id of the publisher; for service events the client the event is about, when there is one */
  readonly clientId: string | null;
  /** certificate id of the publisher, null for service events */
  readonly principal: string | null;
  /** keep it for later subscribers of exactly this topic */
  readonly retain?: boolean;
  readonly properties?: MessageProperties;
};

export type MessageBus = {
  publish(message: Message): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (message: Message) => void): () => void;
};

export const createMessageBus = (): MessageBus => {
  const listeners = new Set<(message: Message) => void>();
  return {
    publish: (message) => {
      for (const listener of listeners) listener(message);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
