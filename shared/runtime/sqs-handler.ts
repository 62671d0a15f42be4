// A function fed by a queue: each message is parsed by its contract, handled on its own, and retried on its own.

import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { PermanentError, TransientError } from '#domain/errors.ts';
import { shown } from '#domain/shown.ts';
import { METRIC } from '#names/metrics.ts';
import { MAX_RECEIVE_COUNT } from '#names/timing.ts';
import type { Clock } from '#ports/clock.ts';
import type { RejectedEvent, RejectedEvents } from '#ports/messages.ts';
import type { Observability } from './observability.ts';

export type QueueConsumer<Schema extends v.GenericSchema> = Observability & {
  /** name of the function, as operators see it beside a refused message */
  readonly source: string;
  readonly contract: Schema;
  /** A `PermanentError` refuses the message for good; any other error has it delivered again. */
  readonly handle: (message: v.InferOutput<Schema>) => Promise<void>;
  readonly rejectedEvents: Pick<RejectedEvents, 'keep'>;
  readonly clock: Clock;
};

const BODY_LIMIT = 4_096;
const ISSUES_SHOWN = 3;
const CODES: readonly string[] = [
  'MALFORMED_EVENT',
  'FOREIGN_ACCOUNT',
  'ANCHOR_NOT_REGISTERED',
  'CERTIFICATE_NOT_FOUND',
  'UNEXPECTED_STATUS',
  'ATTEMPTS_EXHAUSTED',
] satisfies RejectedEvent['code'][];
const isCode = (code: string): code is RejectedEvent['code'] => CODES.includes(code);
/** Errors that know nothing of events, as of a corrupt record, fail until the message lands in the dead-letter queue. */
const codeOf = (error: unknown): RejectedEvent['code'] =>
  (error instanceof PermanentError || error instanceof TransientError) && isCode(error.code)
    ? error.code
    : 'ATTEMPTS_EXHAUSTED';

const PEM = /-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g;
/** The message as it came, but for what must not be kept. */
const keptBody = (body: string): string => body.replace(PEM, '[PEM removed]').slice(0, BODY_LIMIT);

const Identified = v.union([
  v.pipe(
    v.object({ eventId: v.pipe(v.string(), v.uuid()) }),
    v.transform(({ eventId }) => eventId),
  ),
  v.pipe(
    v.object({ commandId: v.pipe(v.string(), v.uuid()) }),
    v.transform(({ commandId }) => commandId),
  ),
]);

/** @throws PermanentError when the text is not JSON */
const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new PermanentError('MALFORMED_EVENT', `expected JSON, got ${shown(keptBody(body))}`, { cause });
  }
};

/** @throws PermanentError when the message is not what the contract says */
const parsed = <Schema extends v.GenericSchema>(contract: Schema, json: unknown): v.InferOutput<Schema> => {
  const result = v.safeParse(contract, json);
  if (result.success) return result.output;
  const issues = result.issues
    .slice(0, ISSUES_SHOWN)
    .map((issue) => `${v.getDotPath(issue) ?? 'message'}: ${shown(issue.message)}`);
  throw new PermanentError('MALFORMED_EVENT', issues.join('; '));
};

/** A message id changes on redrive, the event's own id does not. */
const eventIdOf = ({ body, messageId }: SQSRecord): string => {
  try {
    const result = v.safeParse(Identified, JSON.parse(body));
    return result.success ? result.output : messageId;
  } catch {
    return messageId;
  }
};

export const sqsHandler = <Schema extends v.GenericSchema>(consumer: QueueConsumer<Schema>) => {
  const { source, contract, handle, logger, metrics, rejectedEvents, clock } = consumer;
  const processor = new BatchProcessor(EventType.SQS);

  const rejectionOf = (record: SQSRecord, error: unknown): RejectedEvent => ({
    id: eventIdOf(record),
    at: clock(),
    source,
    code: codeOf(error),
    reason: error instanceof Error ? error.message : String(error),
    body: keptBody(record.body),
  });

  const handleOrRefuse = async (record: SQSRecord): Promise<void> => {
    try {
      await handle(parsed(contract, jsonOf(record.body)));
    } catch (error) {
      if (!(error instanceof PermanentError && isCode(error.code))) throw error;
      const rejection = rejectionOf(record, error);
      await rejectedEvents.keep(rejection);
      metrics.addMetric(METRIC.eventRejected, MetricUnit.Count, 1);
      const { id, code, reason } = rejection;
      logger.warn('message refused for good', { messageId: record.messageId, eventId: id, code, reason });
    }
  };

  const handleRecord = async (record: SQSRecord): Promise<void> => {
    try {
      await handleOrRefuse(record);
    } catch (error) {
      const attempt = Number(record.attributes.ApproximateReceiveCount);
      metrics.addMetric(METRIC.eventFailed, MetricUnit.Count, 1);
      logger.error('message failed', { messageId: record.messageId, eventId: eventIdOf(record), attempt, error });
      // This delivery was the last: the dead-letter queue holds the message for redrive, and this says why it is there.
      if (attempt >= MAX_RECEIVE_COUNT) await rejectedEvents.keep(rejectionOf(record, error));
      throw error;
    }
  };

  // Metrics are flushed by the innermost middleware's `after`, so nothing between may answer early.
  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics, { captureColdStartMetric: true }))
    .handler((event, context) =>
      // Each failed message is named in the answer; failing the whole batch as well would only look like a broken function.
      processPartialResponse(event, handleRecord, processor, { context, throwOnFullBatchFailure: false }),
    );
};
