// One connected client: what it subscribed to, what it is sent, and how its session ends. Sessions end with their
// connection; a client that asks for a persistent one is told that there is none (session present 0, expiry 0).

import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';
import type { Message } from '../message-bus.ts';
import { topicMatches } from '../topic-filter.ts';
import { mayPublish, type Principal, permits } from './authorization.ts';
import type { Connection } from './connection.ts';
import type { DisconnectReason, Subject } from './lifecycle-events.ts';
import { createOutbox } from './outbox.ts';
import { REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';

export type Subscription = {
  readonly qos: 0 | 1;
  /** MQTT 5: do not send back what this client published */
  readonly noLocal: boolean;
  /** MQTT 5: keep the publisher's retain flag */
  readonly retainAsPublished: boolean;
};

export type Session = {
  readonly principal: Principal;
  readonly subject: Subject;
  readonly connectedAt: number;
  readonly protocolVersion: 4 | 5;
  readonly subscriptions: Map<string, Subscription>;
  send(packet: Packet): void;
  /** Any packet from the client keeps the session alive ([MQTT-3.1.2-24]). */
  alive(): void;
  acknowledge(messageId: number | undefined): void;
  /** Sends the message if a subscription matches and the policies let the client receive it. */
  deliver(message: Message): void;
  /** Sends the retained message to a filter that equals its topic. */
  deliverRetained(message: Message, qos: 0 | 1): void;
  /** @param reasonCode sent in a DISCONNECT to MQTT 5 clients; without one the socket is just closed */
  end(reason: DisconnectReason, reasonCode?: number): void;
  /** Keeps the will from being published. */
  discardWill(): void;
};

export type SessionOptions = {
  readonly connection: Connection;
  readonly principal: Principal;
  readonly subject: Subject;
  readonly keepAliveSeconds: number;
  readonly receiveMaximum: number | undefined;
  readonly maximumPacketSize: number | undefined;
  readonly will: Message | null;
};

export const openSession = (service: BrokerService, options: SessionOptions): Session => {
  const { connection, principal, subject } = options;
  const { clientId } = subject;
  let will = options.will;
  let ended = false;
  let versionNumber = 0;

  const outbox = createOutbox((packet) => connection.send(packet), options.receiveMaximum);
  // "one and a half times the Keep Alive time period" [MQTT-3.1.2-24]
  const keepAlive = setTimeout(
    () => session.end('MQTT_KEEP_ALIVE_TIMEOUT', REASON.keepAliveTimeout),
    options.keepAliveSeconds * 1500,
  );

  const mayReceive = (topic: string): boolean => {
    if (service.state.certificates.get(principal.certificate.id)?.status !== 'ACTIVE') {
      session.end('AUTH_ERROR', REASON.notAuthorized);
      return false;
    }
    return permits(service, principal, 'iot:Receive', `topic/${topic}`);
  };

  const sendMessage = (message: Message, qos: 0 | 1, retain: boolean) => {
    if (!mayReceive(message.topic)) {
      service.log({ event: 'receive-refused', clientId, detail: message.topic });
      return;
    }
    const packet: IPublishPacket = {
      cmd: 'publish',
      topic: message.topic,
      payload: Buffer.from(message.payload),
      qos: message.qos === 1 && qos === 1 ? 1 : 0,
      dup: false,
      retain,
      ...(message.properties && { properties: { ...message.properties } }),
    };
    // [MQTT-3.1.2-24] (MQTT 5): what is larger than the client accepts is not sent, and counts as delivered.
    if (options.maximumPacketSize !== undefined) {
      const { length } = mqttPacket.generate({ ...packet, messageId: 1 }, { protocolVersion: 5 });
      if (length > options.maximumPacketSize) return;
    }
    if (!outbox.deliver(packet)) session.end('THROTTLED', REASON.quotaExceeded);
  };

  const publishWill = () => {
    if (will && mayPublish(service, principal, will.topic, will.retain === true)) service.bus.publish(will);
  };

  const session: Session = {
    principal,
    subject,
    connectedAt: service.clock(),
    protocolVersion: connection.protocolVersion,
    subscriptions: new Map(),
    send: (packet) => connection.send(packet),
    alive: () => {
      keepAlive.refresh();
    },
    acknowledge: (messageId) => outbox.acknowledge(messageId),
    deliver: (message) => {
      // Overlapping subscriptions give one copy, at the highest of their QoS ([MQTT-3.3.5-1]).
      const matching = [...session.subscriptions].filter(
        ([filter, { noLocal }]) =>
          topicMatches(filter, message.topic) &&
          !(noLocal && message.principal !== null && message.clientId === clientId),
      );
      if (ended || matching.length === 0) return;
      const qos = matching.some(([, subscription]) => subscription.qos === 1) ? 1 : 0;
      const retainAsPublished = matching.some(([, subscription]) => subscription.retainAsPublished);
      sendMessage(message, qos, retainAsPublished && message.retain === true);
    },
    deliverRetained: (message, qos) => sendMessage(message, qos, true),
    end: (reason, reasonCode) => {
      if (ended) return;
      ended = true;
      clearTimeout(keepAlive);
      // A session that is taken over ends before its successor opens, so this is its own entry.
      service.sessions.delete(clientId);
      connection.end(
        reasonCode !== undefined && connection.protocolVersion === 5 ? { cmd: 'disconnect', reasonCode } : undefined,
      );
      service.log({ event: 'disconnected', clientId, detail: reason });
      service.lifecycle.disconnected(subject, versionNumber, reason);
      publishWill();
    },
    discardWill: () => {
      will = null;
    },
  };
  service.sessions.set(clientId, session);
  versionNumber = service.lifecycle.connected(subject);
  return session;
};
