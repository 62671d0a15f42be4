// The services that the functions call, embedded, with a recorder before each; and what IoT Core and Lambda say to them.

import { randomUUID } from 'node:crypto';
import type { JitrEvent } from '#contracts/jitr-event.ts';
import type { CertificateId } from '#domain/ids.ts';
import { startEventBridgeEndpoint } from '#local/cloud/event-bus.ts';
import { issueDevice, type TestCa } from '#support/certificates.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';
import { type RecordedCall, startRecordingProxy } from './recording-proxy.ts';

const DAY_MS = 86_400_000;

export type Calls = {
  readonly iot: RecordedCall[];
  readonly dynamoDb: RecordedCall[];
  readonly events: RecordedCall[];
};

export type AwsServices = AsyncDisposable & {
  readonly table: RegistryTable;
  readonly iot: RunningControlPlane;
  readonly arn: { readonly partition: string; readonly region: string; readonly accountId: string };
  /** of CAs and devices */
  readonly validity: { readonly validFrom: Date; readonly validTo: Date };
  /** what Lambda and the stack put into the environment of every function */
  readonly environment: Readonly<Record<string, string>>;
  /** What the broker does at a first connect: it registers the certificate, and closes. */
  firstConnect(ca: TestCa, cn: string): CertificateId;
  /** What the queue delivers of it. */
  registrationEvent(ca: TestCa, id: CertificateId, cn: string): object;
  /** Calls since the last `take`. */
  take(): Calls;
};

/** The batch that Lambda hands over for messages of a queue (Lambda guide, Using Lambda with Amazon SQS). */
export const sqsEvent = (bodies: readonly string[]): object => ({
  Records: bodies.map((body) => ({
    messageId: randomUUID(),
    receiptHandle: 'bench',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'bench',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:bench`,
    awsRegion: REGION,
  })),
});

/** @throws Error unless the function finished every message: one that failed made calls too, but not those that are promised */
export const assertFinished = (result: unknown): void => {
  if (JSON.stringify(result) !== '{"batchItemFailures":[]}')
    throw new Error(`the function did not finish its messages: ${JSON.stringify(result)}`);
};

/** @param holdMs how long each answer of IoT Core is held back */
export const startAwsServices = async (holdMs: number): Promise<AwsServices> => {
  const table = await startRegistryTable();
  const iot = await startControlPlane({ clock: Date.now });
  const bus = await startEventBridgeEndpoint({ accountId: ACCOUNT, region: REGION, clock: Date.now });
  bus.createBus('vestibule');
  const recorders = {
    iot: await startRecordingProxy(iot.url, holdMs),
    dynamoDb: await startRecordingProxy(table.url, 0),
    events: await startRecordingProxy(bus.url, 0),
  };
  const now = Date.now();
  const validity = { validFrom: new Date(now - DAY_MS), validTo: new Date(now + 365 * DAY_MS) };

  return {
    table,
    iot,
    arn: { partition: 'aws', region: REGION, accountId: ACCOUNT },
    validity,
    environment: {
      REGISTRY_TABLE: table.tableName,
      EVENT_BUS_NAME: 'vestibule',
      ACCOUNT_ID: ACCOUNT,
      PARTITION: 'aws',
      POWERTOOLS_SERVICE_NAME: 'bench',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL_IOT: recorders.iot.url,
      AWS_ENDPOINT_URL_IOT_DATA_PLANE: recorders.iot.url,
      AWS_ENDPOINT_URL_DYNAMODB: recorders.dynamoDb.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: recorders.events.url,
    },
    firstConnect: (ca, cn) => {
      const { id, pem } = issueDevice(ca, { cn, ...validity });
      iot.state.certificates.set(id, {
        id,
        pem,
        caId: ca.id,
        status: 'PENDING_ACTIVATION',
        createdAt: now,
        lastModifiedAt: now,
        policies: new Set(),
        things: new Map(),
      });
      return id;
    },
    registrationEvent: (ca, id, cn) => {
      const event: JitrEvent = {
        certificateId: id,
        caCertificateId: ca.id,
        timestamp: Date.now(),
        certificateStatus: 'PENDING_ACTIVATION',
        awsAccountId: ACCOUNT,
        certificateRegistrationTimestamp: null,
        clientId: `acme_${cn}`,
        caFromTopic: ca.id,
        eventId: randomUUID(),
      };
      return sqsEvent([JSON.stringify(event)]);
    },
    take: () => ({ iot: recorders.iot.take(), dynamoDb: recorders.dynamoDb.take(), events: recorders.events.take() }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(recorders).map((recorder) => recorder.stop()));
      await bus.stop();
      await iot.stop();
      await table[Symbol.asyncDispose]();
    },
  };
};
