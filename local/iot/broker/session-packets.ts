// What a connected client sends, packet by packet.

import type { Packet } from 'mqtt-packet';
import { handlePublish } from './publish.ts';
import { REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';
import type { Session } from './session.ts';
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts';

export const handlePacket = (service: BrokerService, session: Session, packet: Packet) => {
  session.alive();
  // UpdateCertificate away from ACTIVE ends sessions "within a few minutes" on AWS; here at the next packet at the latest.
  if (service.state.certificates.get(session.subject.certificateId)?.status !== 'ACTIVE') {
    return session.end('AUTH_ERROR', REASON.notAuthorized);
  }
  switch (packet.cmd) {
    case 'publish':
      return handlePublish(service, session, packet);
    case 'puback':
      return session.acknowledge(packet.messageId);
    case 'subscribe':
      return handleSubscribe(service, session, packet);
    case 'unsubscribe':
      return handleUnsubscribe(service, session, packet);
    case 'pingreq':
      return session.send({ cmd: 'pingresp' });
    case 'disconnect':
      // [MQTT-3.1.2-10]: a clean DISCONNECT discards the will, unless MQTT 5 asks for it (MQTT 5 §3.14.2.1).
      if (packet.reasonCode !== REASON.disconnectWithWill) session.discardWill();
      return session.end('CLIENT_INITIATED_DISCONNECT');
    // A second CONNECT is a protocol violation ([MQTT-3.1.0-2]); PUBREC, PUBREL, PUBCOMP and AUTH are not supported by
    // AWS IoT; the rest is for servers to send.
    case 'connect':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'auth':
    case 'connack':
    case 'suback':
    case 'unsuback':
    case 'pingresp':
      return session.end('CLIENT_ERROR', REASON.protocolError);
  }
};
