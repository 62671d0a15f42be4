// Event source mapping of a queue: batches, partial failures, redelivery and the dead-letter queue.

import {
  type ChangeMessageVisibilityBatchCommandInput,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import { startSqs } from '#local/cloud/sqs.ts';
import type { Outcome } from '#local/lambda/execution-environment.ts';
import {
  type QueueEventSource,
  type QueueEventSourceConfig,
  startQueueEventSource,
} from '#local/lambda/queue-event-source.ts';

type SqsEvent = { readonly Records: readonly Record<string, unknown>[] };

let door: HttpDoor;
let sqs: SQSClient;
beforeAll(async () => {
  door = await startSqs({ region: 'eu-central-1' });
  sqs = new SQSClient({
    endpoint: door.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
});
afterAll(async () => {
  sqs.destroy();
  await door.stop();
});

const sources: QueueEventSource[] = [];
const clients: SQSClient[] = [];
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.stop()));
  for (const client of clients.splice(0)) client.destroy();
});

/** Under load everything may take its time; what would come only with the end of a long poll, after 20 s, is too late. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 15_000, interval: 10 });

let queues = 0;
const createQueue = async (attributes: Record<string, string> = {}): Promise<string> => {
  queues += 1;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `q${queues}`, Attributes: attributes }));
  return QueueUrl;
};
const arnOf = (queueUrl: string) => `arn:aws:sqs:eu-central-1:000000000000:${queueUrl.split('/').at(-1)}`;
const send = (QueueUrl: string, MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const counts = async (QueueUrl: string) => {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return [Attributes['ApproximateNumberOfMessages'], Attributes['ApproximateNumberOfMessagesNotVisible']].map(Number);
};

/** A client whose calls of some operations are answered by the test, and reach no queue. */
const answering = (operations: Record<string, (input: object) => object | Promise<object>>): SQSClient => {
  const client = new SQSClient({
    endpoint: door.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        const answer = operations[commandName];
        if (answer === undefined) return next(call);
        return { output: { $metadata: {}, ...(await answer(call.input)) }, response: {} };
      },
    { step: 'initialize' },
  );
  clients.push(client);
  return client;
};

const OK: Outcome = { ok: true, payload: null };
const FAILED: Outcome = { ok: false, error: { errorType: 'Error', errorMessage: 'x', trace: [] } };
const bodies = (event: SqsEvent) => event.Records.map((record) => String(record['body']));
const failing = (event: SqsEvent, wanted: (body: string) => boolean): Outcome => ({
  ok: true,
  payload: {
    batchItemFailures: event.Records.filter((record) => wanted(String(record['body']))).map((record) => ({
      itemIdentifier: record['messageId'],
    })),
  },
});

const poll = (
  queueUrl: string,
  handle: (event: SqsEvent) => Promise<Outcome>,
  config: Partial<QueueEventSourceConfig> = {},
  client = sqs,
) => {
  const events: SqsEvent[] = [];
  const lines: string[] = [];
  const source = startQueueEventSource(
    {
      queueArn: arnOf(queueUrl),
      queueUrl,
      batchSize: 10,
      batchingWindowSeconds: 0,
      maximumConcurrency: null,
      reportsBatchItemFailures: true,
      ...config,
    },
    client,
    async (event) => {
      events.push(event as SqsEvent);
      return handle(event as SqsEvent);
    },
    (line) => lines.push(line),
  );
  sources.push(source);
  return { source, events, lines, handled: () => events.flatMap(bodies) };
};

describe('an event source mapping', () => {
  it('invokes with records as Lambda shapes them, and deletes what was handled', async () => {
    const queue = await createQueue();
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queue,
        MessageBody: '{"a":1}',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'test' } },
      }),
    );

    const { events } = poll(queue, async () => OK);

    await eventually(() => events.length).toBe(1);
    expect(events[0]?.Records).toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: '{"a":1}',
        attributes: expect.objectContaining({ ApproximateReceiveCount: '1', SentTimestamp: expect.any(String) }),
        messageAttributes: {
          kind: { dataType: 'String', stringValue: 'test', stringListValues: [], binaryListValues: [] },
        },
        md5OfBody: expect.any(String),
        eventSource: 'aws:sqs',
        eventSourceARN: arnOf(queue),
        awsRegion: 'eu-central-1',
      },
    ]);
    await eventually(() => counts(queue)).toEqual([0, 0]);
  });

  it('hands a message on at once, without waiting for its poll to end', async () => {
    const queue = await createQueue();
    const { handled } = poll(queue, async () => OK);

    await send(queue, 'now');

    await eventually(handled).toEqual(['now']);
  });

  it('keeps batches to their size', async () => {
    const queue = await createQueue();
    for (const body of ['a', 'b', 'c', 'd', 'e']) await send(queue, body);

    const { events, handled } = poll(queue, async () => OK, { batchSize: 2 });

    await eventually(() => handled().sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(Math.max(...events.map((event) => event.Records.length))).toBe(2);
  });

  it('collects for the batching window, until the batch is full', async () => {
    const queue = await createQueue();
    const { events } = poll(queue, async () => OK, { batchSize: 2, batchingWindowSeconds: 30, maximumConcurrency: 1 });
    await send(queue, 'a');
    await eventually(() => counts(queue)).toEqual([0, 1]);
    expect(events).toEqual([]);

    await send(queue, 'b');

    await eventually(() => events.map(bodies)).toEqual([['a', 'b']]);
  });

  it('hands on what it has when the batching window ends', async () => {
    const queue = await createQueue();
    const { events } = poll(queue, async () => OK, { batchingWindowSeconds: 1, maximumConcurrency: 1 });

    await send(queue, 'a');

    await eventually(() => events.map(bodies)).toEqual([['a']]);
  });

  it('deletes what did not fail, and redelivers what did', async () => {
    const queue = await createQueue();
    for (const body of ['good', 'bad']) await send(queue, body);
    const seen = new Set<string>();
    const firstTime = (body: string) => !seen.has(body) && seen.add(body).has(body);
    const { source, handled } = poll(
      queue,
      async (event) => failing(event, (body) => body === 'bad' && firstTime(body)),
      {
        maximumConcurrency: 1,
      },
    );
    await eventually(() => counts(queue)).toEqual([0, 1]);

    await source.redeliverFailed();

    await eventually(() => counts(queue)).toEqual([0, 0]);
    expect(handled().filter((body) => body === 'bad')).toHaveLength(2);
    expect(handled().filter((body) => body === 'good')).toHaveLength(1);
  });

  it('still redelivers what it could not redeliver', async () => {
    const queue = await createQueue();
    await send(queue, 'bad');
    let isBroken = true;
    const client = answering({});
    client.middlewareStack.add(
      (next, { commandName }) =>
        (call) => {
          if (isBroken && commandName === 'ChangeMessageVisibilityBatchCommand') throw new Error('not now');
          return next(call);
        },
      { step: 'initialize' },
    );
    const { source, events } = poll(queue, async () => FAILED, {}, client);
    await eventually(() => counts(queue)).toEqual([0, 1]);

    await expect(source.redeliverFailed()).rejects.toThrow('not now');
    isBroken = false;
    await source.redeliverFailed();

    await eventually(() => events.length).toBe(2);
  });

  it('remembers no more than ten thousand failed messages, the newest', async () => {
    let sent = 0;
    const redelivered: string[] = [];
    const ReceiveMessageCommand = async () => {
      // what answers at once would leave no turn to anything else
      await new Promise((resolve) => setImmediate(resolve));
      if (sent === 10_010) return {};
      const Messages = Array.from({ length: 10 }, (_, n) => ({
        MessageId: String(sent + n),
        ReceiptHandle: String(sent + n),
      }));
      sent += 10;
      return { Messages };
    };
    const client = answering({
      ReceiveMessageCommand,
      ChangeMessageVisibilityBatchCommand: (input) => {
        const { Entries = [] } = input as ChangeMessageVisibilityBatchCommandInput;
        redelivered.push(...Entries.map(({ ReceiptHandle = '' }) => ReceiptHandle));
        return {};
      },
    });
    const { source, events } = poll('http://none', async () => FAILED, { maximumConcurrency: 1 }, client);
    await eventually(() => events.length).toBe(1_001);

    await source.redeliverFailed();

    expect(redelivered).toHaveLength(10_000);
    expect(redelivered[0]).toBe('10');
  });

  it('takes the next messages while it deletes, and stops only once it has deleted', async () => {
    const queue = await createQueue();
    const { promise: mayDelete, resolve: letDelete } = Promise.withResolvers<void>();
    const steps: string[] = [];
    const client = answering({
      DeleteMessageBatchCommand: async () => {
        await mayDelete;
        steps.push('deleted');
        throw new Error('no such queue');
      },
    });
    const { source, lines, handled } = poll(queue, async () => OK, { batchSize: 1, maximumConcurrency: 1 }, client);
    await send(queue, 'a');
    await eventually(handled).toEqual(['a']);
    await send(queue, 'b');
    await eventually(handled).toEqual(['a', 'b']);

    const stopped = source.stop().then(() => steps.push('stopped'));
    letDelete();
    await stopped;

    expect(steps).toEqual(['deleted', 'deleted', 'stopped']);
    expect(lines).toEqual(Array(2).fill(`${queue}: messages not deleted: no such queue`));
  });

  it.each<[string, Outcome]>([
    ['fails', FAILED],
    ['answers something else', { ok: true, payload: { batchItemFailures: 'all' } }],
    [
      'names a message that is not in the batch',
      { ok: true, payload: { batchItemFailures: [{ itemIdentifier: 'other' }] } },
    ],
    ['names none', { ok: true, payload: { batchItemFailures: [{ itemIdentifier: '' }] } }],
  ])('keeps the whole batch when the function %s', async (_, outcome) => {
    const queue = await createQueue();
    await send(queue, 'a');

    const { events } = poll(queue, async () => outcome);

    await eventually(() => events.length).toBe(1);
    await eventually(() => counts(queue)).toEqual([0, 1]);
  });

  it.each([null, {}, { batchItemFailures: null }, { batchItemFailures: [] }, 'done'])(
    'deletes the batch when the answer is %j and failures are not reported by item',
    async (payload) => {
      const queue = await createQueue();
      await send(queue, 'a');

      poll(queue, async () => ({ ok: true, payload }), { reportsBatchItemFailures: false });

      await eventually(() => counts(queue)).toEqual([0, 0]);
    },
  );

  it('leaves a message to the dead-letter queue after its last receive', async () => {
    const dead = await createQueue();
    const queue = await createQueue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 2 }),
    });
    await send(queue, 'poison');
    const { source, events } = poll(queue, async () => FAILED);

    for (const attempt of [1, 2]) {
      await eventually(() => events.length).toBe(attempt);
      await eventually(() => counts(queue)).toEqual([0, 1]);
      await source.redeliverFailed();
    }

    await eventually(() => counts(dead)).toEqual([1, 0]);
    expect(events).toHaveLength(2);
  });

  it('runs no more at once than the mapping allows', async () => {
    const queue = await createQueue();
    for (const body of ['a', 'b', 'c', 'd']) await send(queue, body);
    let running = 0;
    let most = 0;
    const { handled } = poll(
      queue,
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return OK;
      },
      { batchSize: 1, maximumConcurrency: 1 },
    );

    await eventually(() => handled().length).toBe(4);
    expect(most).toBe(1);
  });

  it('takes nothing more once it is stopped', async () => {
    const queue = await createQueue();
    const { source, events } = poll(queue, async () => OK);
    await source.stop();

    await send(queue, 'late');

    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 1 }));
    expect(Messages.map((message) => message.Body)).toEqual(['late']);
    expect(events).toEqual([]);
  });
});
