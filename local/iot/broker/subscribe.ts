// SUBSCRIBE and UNSUBSCRIBE: filters that the policies permit are granted at QoS 0 or 1.

import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from 'mqtt-packet';
import { topicFilterProblem } from '../topic-filter.ts';
import { permits } from './authorization.ts';
import { isSoundText, MAX_FILTERS_PER_SUBSCRIBE, MAX_SUBSCRIPTIONS } from './limits.ts';
import { isMessageId } from './publish.ts';
import { FIRST_FAILURE, REASON } from './reason-codes.ts';
import type { BrokerService } from './service.ts';
import type { Session } from './session.ts';

export const handleSubscribe = (service: BrokerService, session: Session, packet: ISubscribePacket) => {
  const { messageId, subscriptions } = packet;
  if (!isMessageId(messageId)) return session.end('CLIENT_ERROR', REASON.malformedPacket);
  if (subscriptions.length === 0) return session.end('CLIENT_ERROR', REASON.protocolError); // [MQTT-3.8.3-3]
  if (packet.properties?.subscriptionIdentifier !== undefined) {
    return session.end('CLIENT_ERROR', REASON.subscriptionIdentifiersNotSupported);
  }
  // "When QoS level 2 is requested, the message broker doesn't send a … SUBACK" (AWS IoT guide, MQTT).
  if (subscriptions.some(({ qos }) => qos === 2)) return session.end('CLIENT_ERROR', REASON.qosNotSupported);

  const tooMany = subscriptions.length > MAX_FILTERS_PER_SUBSCRIBE;
  const granted = subscriptions.map((one) => (tooMany ? REASON.quotaExceeded : answerTo(service, session, one)));
  const refused = granted.filter((code) => code >= FIRST_FAILURE);
  if (refused.length > 0) {
    service.log({
      event: 'subscribe-refused',
      clientId: session.subject.clientId,
      detail: subscriptions.map(({ topic }) => topic).join(' '),
    });
    // On MQTT 3.1.1 AWS IoT ends the connection instead of answering SUBACK 0x80.
    if (session.protocolVersion === 4 && service.refusals === 'aws') {
      return session.end(refused.includes(REASON.notAuthorized) ? 'AUTH_ERROR' : 'CLIENT_ERROR');
    }
  }

  const accepted = subscriptions.filter((_, at) => (granted[at] ?? FIRST_FAILURE) < FIRST_FAILURE);
  const known = new Set(session.subscriptions.keys());
  for (const one of accepted) {
    session.subscriptions.set(one.topic, {
      qos: one.qos === 1 ? 1 : 0,
      noLocal: one.nl === true,
      retainAsPublished: one.rap === true,
    });
  }
  // 0x80 is the one failure that MQTT 3.1.1 knows ([MQTT-3.9.3-2])
  const answers = session.protocolVersion === 5 ? granted : granted.map((code) => Math.min(code, FIRST_FAILURE));
  session.send({ cmd: 'suback', messageId, granted: answers });
  if (accepted.length > 0) {
    const topics = accepted.map(({ topic }) => topic);
    service.lifecycle.subscriptions(session.subject, 'subscribed', topics);
  }
  for (const one of accepted) sendRetained(service, session, one, known.has(one.topic));
};

/** @returns the granted QoS or a failure code, as it stands in SUBACK */
const answerTo = (service: BrokerService, session: Session, { topic, qos }: ISubscription): number => {
  if (topic.startsWith('$share/')) return REASON.sharedSubscriptionsNotSupported;
  const reserved = topic.startsWith('$') && !topic.startsWith('$aws/');
  if (topicFilterProblem(topic) !== null || !isSoundText(topic) || reserved) return REASON.topicFilterInvalid;
  if (!permits(service, session.principal, 'iot:Subscribe', `topicfilter/${topic}`)) return REASON.notAuthorized;
  if (session.subscriptions.size >= MAX_SUBSCRIPTIONS && !session.subscriptions.has(topic)) return REASON.quotaExceeded;
  return qos;
};

/** Retain Handling: 0 always, 1 only for a new subscription, 2 never (MQTT 5 §3.8.3.1); always in MQTT 3.1.1. */
const sendRetained = (
  service: BrokerService,
  session: Session,
  { topic, qos, rh = 0 }: ISubscription,
  known: boolean,
) => {
  const message = rh === 0 || (rh === 1 && !known) ? service.retained.find(topic) : undefined;
  if (message) session.deliverRetained(message, qos === 1 ? 1 : 0);
};

export const handleUnsubscribe = (service: BrokerService, session: Session, packet: IUnsubscribePacket) => {
  const { messageId, unsubscriptions } = packet;
  if (!isMessageId(messageId)) return session.end('CLIENT_ERROR', REASON.malformedPacket);
  if (unsubscriptions.length === 0) return session.end('CLIENT_ERROR', REASON.protocolError); // [MQTT-3.10.3-2]
  const granted = unsubscriptions.map((filter) =>
    session.subscriptions.delete(filter) ? REASON.success : REASON.noSubscriptionExisted,
  );
  session.send({ cmd: 'unsuback', messageId, granted });
  service.lifecycle.subscriptions(session.subject, 'unsubscribed', unsubscriptions);
};
