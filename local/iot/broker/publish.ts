// PUBLISH from a client: what it may publish goes on the bus, anything else is refused as AWS IoT refuses it.

import type { IPublishPacket } from 'mqtt-packet';
import { topicNameProblem } from '../topic-filter.ts';
import { mayPublish } from './authorization.ts';
import { isSoundText, MAX_PAYLOAD_BYTES } from './limits.ts';
import { forwardedProperties } from './message-properties.ts';
import { REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';
import type { Session } from './session.ts';

/** Reserved topics that clients may publish to (shadows, jobs, basic ingest) are not emulated: all of `$` is refused. */
export const isPublishableTopic = (topic: string): boolean =>
  topicNameProblem(topic) === null && isSoundText(topic) && !topic.startsWith('$');

export const handlePublish = (service: BrokerService, session: Session, packet: IPublishPacket) => {
  const { topic, qos, messageId } = packet;
  const payload = Buffer.from(packet.payload);

  // "When QoS level 2 is requested, the message broker doesn't send a PUBACK" (AWS IoT guide, MQTT).
  if (qos === 2) return session.end('CLIENT_ERROR', REASON.qosNotSupported);
  if (qos === 1 && !isMessageId(messageId)) return session.end('CLIENT_ERROR', REASON.malformedPacket);
  // CONNACK announced no Topic Alias Maximum, which means 0 (MQTT 5 §3.2.2.3.8).
  if (packet.properties?.topicAlias !== undefined) return session.end('CLIENT_ERROR', REASON.topicAliasInvalid);
  if (payload.length > MAX_PAYLOAD_BYTES) return session.end('CLIENT_ERROR', REASON.quotaExceeded);

  const acknowledge = (reasonCode: number) => {
    if (isMessageId(messageId)) session.send({ cmd: 'puback', messageId, reasonCode });
  };
  const refusal = refusalOf(service, session, packet);
  if (refusal === null) {
    const properties = forwardedProperties(packet.properties);
    service.bus.publish({
      topic,
      payload,
      qos,
      clientId: session.subject.clientId,
      principal: session.subject.certificateId,
      ...(packet.retain && { retain: true }),
      ...(properties && { properties }),
    });
    return acknowledge(REASON.success);
  }
  service.log({ event: 'publish-refused', clientId: session.subject.clientId, detail: topic });
  // MQTT 3.1.1 has no negative PUBACK, and QoS 0 none at all: the connection ends.
  const isTold = session.protocolVersion === 5 && qos === 1;
  if (isTold || (service.refusals === 'seed' && refusal === REASON.notAuthorized)) acknowledge(refusal);
  else session.end(refusal === REASON.notAuthorized ? 'AUTH_ERROR' : 'CLIENT_ERROR', refusal);
};

/** [MQTT-2.3.1-1]; the parser gives -1 when the identifier is cut off. */
export const isMessageId = (id: number | undefined): id is number => id !== undefined && id > 0;

const refusalOf = (service: BrokerService, session: Session, { topic, retain }: IPublishPacket): number | null => {
  if (!isPublishableTopic(topic)) return REASON.topicNameInvalid;
  return mayPublish(service, session.principal, topic, retain) ? null : REASON.notAuthorized;
};
