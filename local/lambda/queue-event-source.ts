// An SQS event source mapping: polls a queue, invokes the function with batches, deletes what it handled.
// (Lambda Developer Guide, "Using Lambda with Amazon SQS")

import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { Outcome } from '#local/lambda/execution-environment.ts';

export type QueueEventSourceConfig = {
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** the most that run at once; null: no limit of the mapping's own */
  readonly maximumConcurrency: number | null;
  readonly reportsBatchItemFailures: boolean;
};

export type QueueEventSource = {
  /** Makes messages that failed visible at once, as if their visibility timeout had passed. */
  redeliverFailed(): Promise<void>;
  stop(): Promise<void>;
};

/** Lambda starts with five pollers. More than the machine has cores would start environments that wait for each other. */
const POLLERS = Math.min(5, Math.max(2, availableParallelism()));
/** the most that one ReceiveMessage or one DeleteMessageBatch carries */
const SQS_BATCH = 10;
const LONG_POLL_SECONDS = 20;
/** Failed messages that are remembered; older ones come again by themselves, or went to the dead-letter queue unseen. */
const FAILED_KEPT = 10_000;

const BatchResponse = v.nullish(
  v.looseObject({
    batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.pipe(v.string(), v.minLength(1)) }))),
  }),
);

type Received = Message & { readonly MessageId: string; readonly ReceiptHandle: string };
const isReceived = (message: Message): message is Received =>
  message.MessageId !== undefined && message.ReceiptHandle !== undefined;

const recordOf = (message: Received, { queueArn }: QueueEventSourceConfig) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body ?? '',
  attributes: message.Attributes ?? {},
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
      name,
      {
        dataType: value.DataType,
        stringListValues: [],
        binaryListValues: [],
        ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
        ...(value.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
      },
    ]),
  ),
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: queueArn.split(':')[3] ?? '',
});

/** Message ids that stay in the queue. An answer that Lambda cannot read, or an unknown id in it, fails the batch. */
const failedIds = (
  batch: readonly Received[],
  outcome: Outcome,
  config: QueueEventSourceConfig,
): ReadonlySet<string> => {
  const all = new Set(batch.map((message) => message.MessageId));
  if (!outcome.ok) return all;
  if (!config.reportsBatchItemFailures) return new Set();
  const answer = v.safeParse(BatchResponse, outcome.payload);
  if (!answer.success) return all;
  const failed = (answer.output?.batchItemFailures ?? []).map((item) => item.itemIdentifier);
  return failed.every((id) => all.has(id)) ? new Set(failed) : all;
};

const chunks = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / SQS_BATCH) }, (_, n) =>
    items.slice(n * SQS_BATCH, (n + 1) * SQS_BATCH),
  );

const entries = (messages: readonly Received[]) =>
  messages.map((message, n) => ({ Id: String(n), ReceiptHandle: message.ReceiptHandle }));

/**
 * Starts polling.
 * @param invoke one invocation of the function; its failures are values
 * @param log takes what goes wrong between us and the queue
 */
export const startQueueEventSource = (
  config: QueueEventSourceConfig,
  sqs: SQSClient,
  invoke: (event: unknown) => Promise<Outcome>,
  log: (line: string) => void,
): QueueEventSource => {
  const { queueUrl: QueueUrl } = config;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const { signal: abortSignal } = stopping;
  const failed = new Map<string, Received>();

  const receive = async (limit: number, waitSeconds: number): Promise<readonly Received[]> => {
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(limit, SQS_BATCH),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal },
    );
    return (Messages ?? []).filter(isReceived);
  };

  /** The first message opens the batching window; a full batch or its end closes it. */
  const receiveBatch = async (): Promise<readonly Received[]> => {
    const batch = [...(await receive(config.batchSize, LONG_POLL_SECONDS))];
    const closes = performance.now() + config.batchingWindowSeconds * 1_000;
    while (batch.length > 0 && batch.length < config.batchSize) {
      const left = Math.ceil((closes - performance.now()) / 1_000);
      if (left < 1) break;
      batch.push(...(await receive(config.batchSize - batch.length, Math.min(left, LONG_POLL_SECONDS))));
    }
    return batch;
  };

  /** What fails is logged: the messages come again. */
  const remove = async (messages: readonly Received[]): Promise<void> => {
    try {
      for (const chunk of chunks(messages)) {
        const { Failed } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entries(chunk) }));
        for (const { Code, Message = '' } of Failed ?? []) log(`${QueueUrl}: message not deleted: ${Code} ${Message}`);
      }
    } catch (error) {
      log(`${QueueUrl}: messages not deleted: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  /** @returns what was handled, and is to be deleted */
  const handle = async (batch: readonly Received[]): Promise<readonly Received[]> => {
    const outcome = await invoke({ Records: batch.map((message) => recordOf(message, config)) });
    const stays = failedIds(batch, outcome, config);
    for (const message of batch) {
      failed.delete(message.MessageId);
      if (stays.has(message.MessageId)) failed.set(message.MessageId, message);
    }
    for (const id of failed.keys()) {
      if (failed.size <= FAILED_KEPT) break;
      failed.delete(id);
    }
    return batch.filter((message) => !stays.has(message.MessageId));
  };

  const poll = async (): Promise<void> => {
    // Alongside the next receive, which is not given them: they are invisible. One batch at a time, so that a queue
    // that is slow to delete slows its poller down.
    let removed = Promise.resolve();
    while (!abortSignal.aborted) {
      try {
        const batch = await receiveBatch();
        if (batch.length === 0) continue;
        const done = await handle(batch);
        await removed;
        removed = remove(done);
      } catch (error) {
        if (stopping.signal.aborted) break;
        log(`${QueueUrl}: ${error instanceof Error ? error.message : String(error)}`);
        // the queue's endpoint is in this process: it fails for as long as something is really wrong
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    await removed;
  };

  const pollers = Array.from({ length: Math.min(config.maximumConcurrency ?? POLLERS, POLLERS) }, poll);
  return {
    redeliverFailed: async () => {
      for (const chunk of chunks([...failed.values()])) {
        const Entries = entries(chunk).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
        // by now it may have come again, and failed again
        for (const message of chunk) if (failed.get(message.MessageId) === message) failed.delete(message.MessageId);
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
};
