// CONNECT: the packet, then the certificate, then the policies; what passes becomes a session.

import { randomUUID, type X509Certificate } from 'node:crypto';
import type { IConnectPacket } from 'mqtt-packet';
import type { Message } from '../message-bus.ts';
import { type ConnectAttribute, exclusiveThingOf, mayPublish, type Principal, permits } from './authorization.ts';
import { certificateVariables } from './certificate-variables.ts';
import {
  connackOf,
  connectRefusal,
  keepAliveOf,
  notAuthorized,
  type Refusal,
  refusalOn5,
  wantsPersistence,
  willOf,
} from './connect-packet.ts';
import type { Connection } from './connection.ts';
import { recogniseCertificate } from './jitr.ts';
import type { Subject } from './lifecycle-events.ts';
import { REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';
import { openSession, type Session } from './session.ts';

/** @returns the session, or null after the connection was refused and closed */
export const handleConnect = (
  service: BrokerService,
  connection: Connection,
  shown: X509Certificate | undefined,
  packet: IConnectPacket,
): Session | null => {
  connection.protocolVersion = packet.protocolVersion === 5 ? 5 : 4;
  // MQTT 3.1.1 §3.1.3.1 and AWS IoT guide, MQTT 5 properties: who brings no client id is given one.
  const clientId = packet.clientId === '' ? randomUUID() : packet.clientId;

  const refusal = connectRefusal(packet, clientId);
  if (refusal) return refuse(service, connection, clientId, refusal);
  if (service.connectRate?.admits(clientId) === false) {
    return refuse(service, connection, clientId, refusalOn5('more than one CONNECT in a second', REASON.quotaExceeded));
  }

  const certificate = recogniseCertificate(service, shown, clientId);
  // Same answer for MQTT 3.1.1 and 5: what AWS says to MQTT 5 clients here is not documented.
  if (!certificate || !shown || (certificate.status !== 'ACTIVE' && service.refusals === 'aws')) {
    connection.end();
    return null;
  }
  if (certificate.status !== 'ACTIVE') return answer(connection, notAuthorized(service));

  const sourceIp = connection.remoteAddress;
  const principal: Principal = { certificate, variables: certificateVariables(shown), clientId, sourceIp };
  const subject: Subject = {
    clientId,
    certificateId: certificate.id,
    sessionIdentifier: randomUUID(),
    exclusiveThing: exclusiveThingOf(certificate),
    ipAddress: sourceIp,
  };
  const will = willOf(packet, clientId, certificate.id);
  if (!mayConnect(service, principal, packet, will)) {
    service.lifecycle.connectFailed(subject);
    return refuse(service, connection, clientId, notAuthorized(service));
  }

  // [MQTT-3.1.4-2]; the newcomer wins (AWS IoT guide, AWS IoT differences from MQTT specifications).
  service.sessions.get(clientId)?.end('DUPLICATE_CLIENTID', REASON.sessionTakenOver);
  connection.send(connackOf(packet, clientId));
  service.log({ event: 'connected', clientId, certificateId: certificate.id });
  return openSession(service, {
    connection,
    principal,
    subject,
    keepAliveSeconds: keepAliveOf(packet),
    receiveMaximum: packet.properties?.receiveMaximum,
    maximumPacketSize: packet.properties?.maximumPacketSize,
    will,
  });
};

const refuse = (service: BrokerService, connection: Connection, clientId: string, refusal: Refusal): null => {
  service.log({ event: 'connect-refused', clientId, detail: refusal.detail });
  return answer(connection, refusal);
};

const answer = (connection: Connection, refusal: Refusal): null => {
  const code = connection.protocolVersion === 5 ? refusal.reasonCode : refusal.returnCode;
  connection.end(
    code === null ? undefined : { cmd: 'connack', sessionPresent: false, returnCode: code, reasonCode: code },
  );
  return null;
};

/** The will is authorized with the CONNECT (AWS IoT guide, Lifecycle events, Connect attempt failure event). */
const mayConnect = (
  service: BrokerService,
  principal: Principal,
  packet: IConnectPacket,
  will: Message | null,
): boolean => {
  const attributes: ConnectAttribute[] = [];
  if (wantsPersistence(packet)) attributes.push('PersistentConnect');
  if (will) attributes.push('LastWill');
  return (
    permits(service, principal, 'iot:Connect', `client/${principal.clientId}`, attributes) &&
    (will === null || mayPublish(service, principal, will.topic, will.retain === true))
  );
};
