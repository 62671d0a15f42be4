// The account's switch for the event messages that IoT Core publishes about its own resources.

export type EventMessageType = 'CA_CERTIFICATE' | 'CERTIFICATE';

export interface EventMessages {
  /** Turns these on and leaves the others as they are. Repeatable. */
  turnOn(types: readonly EventMessageType[]): Promise<void>;
}
