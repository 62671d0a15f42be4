// Keeps the last known connection of each device: lifecycle events from the presence queue.

import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { eventBridgePublisher } from '#adapters/event-bridge-publisher.ts';
import { iotSessionGateway } from '#adapters/iot-session-gateway.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { PresenceEvent } from '#contracts/presence-event.ts';
import { ENV } from '#names/env.ts';
import { METRIC } from '#names/metrics.ts';
import type { Clock } from '#ports/clock.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import { CALL_LIMITS } from '#runtime/call-limits.ts';
import { readEnv } from '#runtime/env.ts';
import { type Observability, observability } from '#runtime/observability.ts';
import { sqsHandler } from '#runtime/sqs-handler.ts';
import { type PresencePorts, recordPresence } from '#usecases/record-presence.ts';

type Parts = Observability & PresencePorts & { readonly rejectedEvents: RejectedEvents; readonly clock: Clock };

const COUNTED_AS = {
  recorded: METRIC.presenceRecorded,
  late: METRIC.presenceIgnored,
  takeover: METRIC.duplicateSession,
  mismatch: METRIC.clientIdMismatch,
  cut: METRIC.barredSessionCut,
  ignored: METRIC.presenceIgnored,
} as const;

export const recordPresenceHandler = (parts: Parts) => {
  const record = recordPresence(parts);
  return sqsHandler({
    ...parts,
    source: 'record-presence',
    contract: PresenceEvent,
    handle: async (news) => {
      const outcome = await record(news);
      parts.metrics.addMetric(COUNTED_AS[outcome.kind], MetricUnit.Count, 1);
      parts.logger.debug('presence', { sessionId: news.sessionId, ...outcome });
    },
  });
};

const env = readEnv(ENV.registryTable, ENV.eventBusName, ENV.commandQueueUrl);
const dynamo = new DynamoDBClient(CALL_LIMITS);
export const handler = recordPresenceHandler({
  ...observability(),
  certificates: dynamoCertificateRegistry(dynamo, env.REGISTRY_TABLE),
  devices: dynamoDeviceRegistry(dynamo, env.REGISTRY_TABLE),
  sessions: iotSessionGateway(new IoTDataPlaneClient(CALL_LIMITS)),
  commands: sqsCommandQueue(new SQSClient(CALL_LIMITS), env.COMMAND_QUEUE_URL),
  newId: randomUUID,
  events: eventBridgePublisher(new EventBridgeClient(CALL_LIMITS), env.EVENT_BUS_NAME),
  rejectedEvents: dynamoRejectedEvents(dynamo, env.REGISTRY_TABLE),
  clock: Date.now,
});
