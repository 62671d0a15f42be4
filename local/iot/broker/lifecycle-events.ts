// Lifecycle events, always on: who connected, left, was refused, subscribed (AWS IoT guide, Lifecycle events).

import type { MessageBus } from '../message-bus.ts';

export type DisconnectReason =
  | 'API_INITIATED_DISCONNECT'
  | 'AUTH_ERROR'
  | 'CLIENT_ERROR'
  | 'CLIENT_INITIATED_DISCONNECT'
  | 'CONNECTION_LOST'
  | 'DUPLICATE_CLIENTID'
  | 'MQTT_KEEP_ALIVE_TIMEOUT'
  | 'SERVER_ERROR'
  | 'SERVER_INITIATED_DISCONNECT'
  | 'THROTTLED';

/** Who an event is about. */
export type Subject = {
  readonly clientId: string;
  readonly certificateId: string;
  readonly sessionIdentifier: string;
  /** only an exclusive thing is named in events */
  readonly exclusiveThing: string | null;
  readonly ipAddress: string;
};

export type LifecycleEvents = {
  /** @returns the version number, to be given to `disconnected` */
  connected(subject: Subject): number;
  disconnected(subject: Subject, versionNumber: number, reason: DisconnectReason): void;
  connectFailed(subject: Subject): void;
  subscriptions(subject: Subject, eventType: 'subscribed' | 'unsubscribed', topics: readonly string[]): void;
};

/** "If a client is not connected for approximately one hour, the version number is reset to 0." */
const VERSION_RESET_MS = 60 * 60 * 1000;

export const createLifecycleEvents = (bus: MessageBus, clock: () => number): LifecycleEvents => {
  const versions = new Map<string, { version: number; offlineSince: number | null }>();

  const nextVersion = (clientId: string): number => {
    const last = versions.get(clientId);
    const forgotten = !last || (last.offlineSince !== null && clock() - last.offlineSince > VERSION_RESET_MS);
    const version = forgotten ? 0 : last.version + 1;
    versions.set(clientId, { version, offlineSince: null });
    return version;
  };

  const publish = (prefix: string, eventType: string, subject: Subject, details: object) => {
    const { clientId } = subject;
    // "Client IDs that contain # or + do not receive lifecycle events."
    if (/[#+]/.test(clientId)) return;
    bus.publish({
      topic: `$aws/events/${prefix}/${eventType}/${clientId}`,
      payload: Buffer.from(
        JSON.stringify({
          clientId,
          ...(subject.exclusiveThing !== null && { thingName: subject.exclusiveThing }),
          timestamp: clock(),
          eventType,
          sessionIdentifier: subject.sessionIdentifier,
          principalIdentifier: subject.certificateId,
          ...details,
        }),
      ),
      qos: 1,
      clientId,
      principal: null,
    });
  };

  return {
    connected: (subject) => {
      const versionNumber = nextVersion(subject.clientId);
      publish('presence', 'connected', subject, { ipAddress: subject.ipAddress, versionNumber });
      return versionNumber;
    },
    disconnected: (subject, versionNumber, disconnectReason) => {
      const current = versions.get(subject.clientId);
      // A session that was taken over ends while its successor is already online.
      if (current?.version === versionNumber) current.offlineSince = clock();
      publish('presence', 'disconnected', subject, {
        clientInitiatedDisconnect: disconnectReason === 'CLIENT_INITIATED_DISCONNECT',
        disconnectReason,
        versionNumber,
      });
    },
    connectFailed: (subject) =>
      publish('presence', 'connect_failed', subject, {
        connectFailureReason: 'AUTHORIZATION_FAILED',
        ipAddress: subject.ipAddress,
      }),
    subscriptions: (subject, eventType, topics) => publish('subscriptions', eventType, subject, { topics }),
  };
};
