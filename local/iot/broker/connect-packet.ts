// CONNECT and CONNACK as packets: what a client may ask for, whoever it is, and what it is told.

import type { IConnackPacket, IConnectPacket } from 'mqtt-packet';
import type { Message } from '../message-bus.ts';
import { isClientIdAllowed, MAX_IN_FLIGHT, MAX_KEEP_ALIVE_SECONDS, MAX_PACKET_BYTES } from './limits.ts';
import { forwardedProperties } from './message-properties.ts';
import { isPublishableTopic } from './publish.ts';
import { REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';

/** CONNACK return codes of MQTT 3.1.1 (§3.2.2.3). */
const RETURN_CODE = { accepted: 0, unacceptableVersion: 1, identifierRejected: 2, notAuthorized: 5 } as const;

/** Why a CONNECT is refused, and how MQTT 3.1.1 and MQTT 5 say so; null closes the connection without CONNACK. */
export type Refusal = {
  readonly detail: string;
  readonly returnCode: number | null;
  readonly reasonCode: number | null;
};

/** MQTT 3.1.1 has no code for most reasons; AWS IoT just closes. */
export const refusalOn5 = (detail: string, reasonCode: number): Refusal => ({ detail, returnCode: null, reasonCode });

export const notAuthorized = ({ refusals }: Pick<BrokerService, 'refusals'>): Refusal => ({
  detail: 'not authorized',
  returnCode: refusals === 'seed' ? RETURN_CODE.notAuthorized : null,
  reasonCode: REASON.notAuthorized,
});

/** @param clientId the client's own, or the one it was given */
export const connectRefusal = (packet: IConnectPacket, clientId: string): Refusal | null => {
  const { protocolId, protocolVersion, properties } = packet;
  // [MQTT-3.1.2-2]; MQTT 3.1 calls itself MQIsdp
  if (protocolId !== 'MQTT' || protocolVersion === 3) {
    return { detail: 'MQTT 3.1.1 or 5 expected', returnCode: RETURN_CODE.unacceptableVersion, reasonCode: null };
  }
  // [MQTT-3.1.3-8]: only a clean session may leave the client id to the server
  const nameless = packet.clientId === '' && protocolVersion === 4 && packet.clean === false;
  if (nameless || !isClientIdAllowed(clientId)) {
    const { identifierRejected } = RETURN_CODE;
    return { detail: 'client id not allowed', returnCode: identifierRejected, reasonCode: REASON.clientIdNotValid };
  }
  if (properties?.authenticationMethod !== undefined) {
    return refusalOn5('no enhanced authentication', REASON.badAuthenticationMethod);
  }
  // MQTT 5 §3.1.2.11.3 and .4: 0 is a protocol error, and so is a property that comes twice, which is parsed as a list
  const limits = [properties?.receiveMaximum, properties?.maximumPacketSize];
  if (limits.some((limit) => limit !== undefined && !(typeof limit === 'number' && limit > 0))) {
    return refusalOn5('receive maximum or maximum packet size not valid', REASON.protocolError);
  }
  return willRefusal(packet);
};

const willRefusal = ({ will }: IConnectPacket): Refusal | null => {
  if (!will) return null;
  // 3 is malformed ([MQTT-3.1.2-14]), yet the parser lets it pass
  if (will.qos !== 0 && will.qos !== 1) return refusalOn5('will of QoS 2', REASON.qosNotSupported);
  if (!isPublishableTopic(will.topic)) return refusalOn5('will topic not allowed', REASON.topicNameInvalid);
  return null;
};

export const willOf = ({ will }: IConnectPacket, clientId: string, certificateId: string): Message | null => {
  if (!will) return null;
  const properties = forwardedProperties(will.properties);
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: will.qos === 1 ? 1 : 0,
    clientId,
    principal: certificateId,
    ...(will.retain && { retain: true }),
    ...(properties && { properties }),
  };
};

/** MQTT 5 asks for a persistent session by its expiry, MQTT 3.1.1 by the absence of the clean flag. */
export const wantsPersistence = ({ protocolVersion, clean, properties }: IConnectPacket): boolean =>
  protocolVersion === 5 ? (properties?.sessionExpiryInterval ?? 0) > 0 : clean === false;

/** Seconds; AWS IoT raises what is below 30, which is left as it is here, so that tests need not wait. */
export const keepAliveOf = ({ keepalive }: IConnectPacket): number =>
  Math.min(keepalive || MAX_KEEP_ALIVE_SECONDS, MAX_KEEP_ALIVE_SECONDS);

export const connackOf = (packet: IConnectPacket, clientId: string): IConnackPacket => ({
  cmd: 'connack',
  sessionPresent: false,
  returnCode: RETURN_CODE.accepted,
  reasonCode: REASON.success,
  ...(packet.protocolVersion === 5 && {
    properties: {
      receiveMaximum: MAX_IN_FLIGHT,
      maximumQoS: 1,
      retainAvailable: true,
      maximumPacketSize: MAX_PACKET_BYTES,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      serverKeepAlive: keepAliveOf(packet),
      // sessions end with their connection, whatever was asked for
      ...(wantsPersistence(packet) && { sessionExpiryInterval: 0 }),
      ...(packet.clientId === '' && { assignedClientIdentifier: clientId }),
    },
  }),
});
