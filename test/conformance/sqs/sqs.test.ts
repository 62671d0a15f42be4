// What topic rules, functions and event sources ask of SQS, of the embedded one, through the real SDK client.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import { startSqs } from '#local/cloud/sqs.ts';

const region = 'eu-central-1';
const credentials = { accessKeyId: 'k', secretAccessKey: 's' };
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const clientOf = (endpoint: string) => new SQSClient({ endpoint, region, credentials });

let door: HttpDoor;
let sqs: SQSClient;

const create = async (QueueName: string, Attributes: Record<string, string> = {}) => {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
};
const arnOf = async (QueueUrl: string) => {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return Attributes?.QueueArn ?? '';
};
const receive = async (QueueUrl: string, WaitTimeSeconds = 0) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MessageSystemAttributeNames: ['All'] }),
  );
  return Messages;
};

beforeAll(async () => {
  door = await startSqs({ region });
  sqs = clientOf(door.url);
});

afterAll(async () => {
  sqs.destroy();
  await door.stop();
});

it('listens on the loopback only', async () => {
  const { port } = new URL(door.url);
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');

  expect(door.url).toBe(`http://127.0.0.1:${port}`);
  if (outward !== undefined)
    await expect(fetch(`http://${outward.address}:${port}/health`)).rejects.toThrow('fetch failed');
});

it('a page in a browser is not let in, not even by a form, which a browser sends without asking first', async () => {
  const body = new URLSearchParams({ Action: 'CreateTopic', Name: 'fills-a-queue' });
  const post = (headers: Record<string, string>) => fetch(door.url, { method: 'POST', body, headers });

  expect((await post({})).status).toBe(200);
  expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
});

describe('queue URLs', () => {
  it('carry the host and port that the client sent to, in every operation that names a queue', async () => {
    const expected = `${door.url}/000000000000/named`;

    expect(await create('named')).toBe(expected);
    expect(await create('named')).toBe(expected);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'named' }))).QueueUrl).toBe(expected);
    expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'named' }))).QueueUrls).toEqual([expected]);
    expect(await arnOf(expected)).toBe(`arn:aws:sqs:${region}:000000000000:named`);
  });

  it('lead a client there that was never told of an endpoint', async () => {
    const QueueUrl = await create('direct');
    // else it warns that the queue is not at the endpoint of its region, which is the point
    const stranger = new SQSClient({ region, credentials, logger: QUIET });

    await stranger.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    stranger.destroy();

    expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(['hello']);
  });
});

it('a message body that is a queue URL arrives as it was sent', async () => {
  const QueueUrl = await create('verbatim');
  const MessageBody = 'http://elsewhere:1/000000000000/named';
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

  expect((await receive(QueueUrl))[0]?.Body).toBe(MessageBody);
});

it('a message that is not deleted comes again, and goes to the dead-letter queue after its last receive', async () => {
  const dead = await create('dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await arnOf(dead), maxReceiveCount: 2 });
  const QueueUrl = await create('work', { RedrivePolicy });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));

  for (const count of ['1', '2']) {
    const [message] = await receive(QueueUrl);
    expect(message?.Attributes?.ApproximateReceiveCount).toBe(count);
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
  }

  expect(await receive(QueueUrl)).toEqual([]);
  expect((await receive(dead)).map(({ Body }) => Body)).toEqual(['poison']);
});

it('a long poll ends when a message comes', async () => {
  const QueueUrl = await create('polled');
  const polled = receive(QueueUrl, 20);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'now' }));

  expect((await polled).map(({ Body }) => Body)).toEqual(['now']);
});

describe('a data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqs-'));
    return () => rm(folder, { recursive: true });
  });

  it('keeps what was not deleted for the next start, under URLs of the new port', async () => {
    const first = await startSqs({ region, dataDir: folder });
    const writer = clientOf(first.url);
    const { QueueUrl } = await writer.send(new CreateQueueCommand({ QueueName: 'kept' }));
    await writer.send(new SendMessageCommand({ QueueUrl, MessageBody: 'done' }));
    const { Messages = [] } = await writer.send(new ReceiveMessageCommand({ QueueUrl }));
    await writer.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
    await writer.send(new SendMessageCommand({ QueueUrl, MessageBody: 'waiting' }));
    writer.destroy();
    await first.stop();

    const second = await startSqs({ region, dataDir: folder });
    const reader = clientOf(second.url);
    const created = await reader.send(new CreateQueueCommand({ QueueName: 'kept' }));
    const received = await reader.send(
      new ReceiveMessageCommand({ QueueUrl: created.QueueUrl, MaxNumberOfMessages: 10 }),
    );
    await reader.send(
      new DeleteMessageCommand({ QueueUrl: created.QueueUrl, ReceiptHandle: received.Messages?.[0]?.ReceiptHandle }),
    );
    reader.destroy();
    await second.stop();
    const third = await startSqs({ region, dataDir: folder });
    const last = clientOf(third.url);
    const { Attributes } = await last.send(
      new GetQueueAttributesCommand({ QueueUrl: `${third.url}/000000000000/kept`, AttributeNames: ['All'] }),
    );
    last.destroy();
    await third.stop();

    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
    expect(created.QueueUrl).toBe(`${second.url}/000000000000/kept`);
    expect(received.Messages?.map(({ Body }) => Body)).toEqual(['waiting']);
  });

  it('that cannot be read is refused with its name', async () => {
    await writeFile(join(folder, 'fauxqs.db'), 'not a database');

    await expect(startSqs({ region, dataDir: folder })).rejects.toThrow(folder);
  });
});
