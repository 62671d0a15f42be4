// Topic rules that end in a queue: the embedded rules engine with the embedded SQS, through the real SDK client.

import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import { startSqs } from '#local/cloud/sqs.ts';
import { createMessageBus } from '#local/iot/message-bus.ts';
import { createRulesEngine, type RulesEngine } from '#local/iot/rules/rules-engine.ts';

const bus = createMessageBus();
const RoleArn = 'arn:aws:iam::123456789012:role/rule';
let door: HttpDoor;
let sqs: SQSClient;
let engine: RulesEngine;

const createQueue = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
const receiveAll = async (QueueUrl: string) => {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body = '' }): unknown => JSON.parse(Body));
};
const publish = (topic: string, payload: object, clientId: string | null) =>
  bus.publish({ topic, payload: Buffer.from(JSON.stringify(payload)), qos: 1, clientId, principal: null });

beforeAll(async () => {
  door = await startSqs({ region: 'eu-central-1' });
  sqs = new SQSClient({
    endpoint: door.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  engine = createRulesEngine({
    bus,
    accountId: '123456789012',
    clock: () => 42,
    sendToQueue: async (QueueUrl, MessageBody) =>
      void (await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))),
    onLost: (rule, _, why) => {
      throw new Error(`${rule} lost a message`, { cause: why });
    },
  });
});

afterAll(async () => {
  await engine.stop();
  sqs.destroy();
  await door.stop();
});

it('A2: an event of a new certificate reaches the queue with the client id, the CA of its topic and an id', async () => {
  const QueueUrl = await createQueue('onboarding');
  engine.registerRule({
    name: 'onboarding',
    sql: `SELECT *, clientid() AS clientId, topic(5) AS caFromTopic, newuuid() AS eventId
          FROM '$aws/events/certificates/registered/+'`,
    actions: [{ Sqs: { QueueUrl, RoleArn, UseBase64: false } }],
    errorAction: null,
  });
  const event = { certificateId: 'ab', caCertificateId: 'cd', certificateRegistrationTimestamp: null };
  publish('$aws/events/certificates/registered/cd', event, 'acme_device01');
  await engine.settled();

  expect(await receiveAll(QueueUrl)).toEqual([
    { ...event, clientId: 'acme_device01', caFromTopic: 'cd', eventId: expect.stringMatching(/^[\da-f-]{36}$/) },
  ]);
});

it('a queue that is gone sends the message to the error queue, whole', async () => {
  const errors = await createQueue('errors');
  const gone = `${door.url}/000000000000/gone`;
  engine.registerRule({
    name: 'broken',
    sql: "SELECT topic() AS t FROM 'devices/+'",
    actions: [{ Sqs: { QueueUrl: gone, RoleArn } }],
    errorAction: { Sqs: { QueueUrl: errors, RoleArn } },
  });
  publish('devices/one', { a: 1 }, 'one');
  await engine.settled();

  const [message] = await receiveAll(errors);
  expect(message).toMatchObject({
    ruleName: 'broken',
    topic: 'devices/one',
    base64OriginalPayload: Buffer.from('{"a":1}').toString('base64'),
    failures: [
      { failedAction: 'SqsAction', failedResource: gone, errorMessage: expect.stringContaining('does not exist') },
    ],
  });
});

it('a message that SQS refuses is one that an action failed on', async () => {
  const QueueUrl = await createQueue('picky');
  const errors = await createQueue('picky-errors');
  engine.registerRule({
    name: 'picky',
    sql: "SELECT * FROM 'picky'",
    actions: [{ Sqs: { QueueUrl, RoleArn } }],
    errorAction: { Sqs: { QueueUrl: errors, RoleArn } },
  });
  // SQS takes the characters of XML 1.0 only (SQS API reference, SendMessage).
  bus.publish({ topic: 'picky', payload: Buffer.from('a\0'), qos: 0, clientId: 'one', principal: null });
  await engine.settled();

  expect(await receiveAll(QueueUrl)).toEqual([]);
  expect(await receiveAll(errors)).toMatchObject([{ base64OriginalPayload: 'YQA=' }]);
});
