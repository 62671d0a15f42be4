// Every message that passes through the embedded IoT Core: the broker delivers it to sessions, the rules engine to rules.

export type Message = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** MQTT client id of the publisher; for service events the client the event is about, when there is one */
  readonly clientId: string | null;
  /** certificate id of the publisher, null for service events */
  readonly principal: string | null;
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
