import type { IPublishPacket } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { createOutbox } from '#local/iot/broker/outbox.ts';

const packet = (text: string, qos: 0 | 1 = 1): IPublishPacket => ({
  cmd: 'publish',
  topic: 't',
  payload: text,
  qos,
  dup: false,
  retain: false,
});

const setUp = (receiveMaximum?: number) => {
  const sent: IPublishPacket[] = [];
  return { sent, outbox: createOutbox((one) => sent.push(one), receiveMaximum) };
};

it('QoS 0 is sent at once, without an identifier, however many wait', () => {
  const { sent, outbox } = setUp(1);
  for (const text of ['a', 'b', 'c']) outbox.deliver(packet(text));
  outbox.deliver(packet('now', 0));
  expect(sent.map(({ payload, messageId }) => [payload, messageId])).toEqual([
    ['a', 1],
    ['now', undefined],
  ]);
});

it('the window of unacknowledged messages is 100 at most, whatever the client would take', () => {
  const { sent, outbox } = setUp(60_000);
  for (let count = 0; count < 150; count += 1) outbox.deliver(packet(String(count)));
  expect(sent).toHaveLength(100);
});

it('an acknowledgement lets the next one go, in order; a repeated or unknown one does not', () => {
  const { sent, outbox } = setUp(1);
  for (const text of ['a', 'b', 'c']) outbox.deliver(packet(text));
  outbox.acknowledge(1);
  outbox.acknowledge(1);
  outbox.acknowledge(77);
  outbox.acknowledge(undefined);
  expect(sent.map(({ payload }) => payload)).toEqual(['a', 'b']);
});

it('[MQTT-2.3.1-4] an identifier in use is not given again when the numbers wrap', () => {
  const { sent, outbox } = setUp(2);
  outbox.deliver(packet('slow'));
  for (let count = 0; count < 65_536; count += 1) {
    outbox.deliver(packet(String(count)));
    outbox.acknowledge(sent.at(-1)?.messageId);
  }
  const identifiers = sent.map(({ messageId }) => messageId);
  expect(identifiers.slice(65_534, 65_537)).toEqual([65_535, 2, 3]);
});

it('more than a thousand waiting is too much', () => {
  const { outbox } = setUp(1);
  const accepted = Array.from({ length: 1002 }, (_, count) => outbox.deliver(packet(String(count))));
  expect(accepted.indexOf(false)).toBe(1001);
});
