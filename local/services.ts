// The emulated AWS services, wired to each other and behind one URL. They know nothing of the stacks.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { startPrivateCaDoor } from '#local/cloud/acm-pca/door.ts';
import { createPrivateCa, type PrivateCa } from '#local/cloud/acm-pca/private-ca.ts';
import { openPrivateCaState } from '#local/cloud/acm-pca/state.ts';
import { startDynamoDb } from '#local/cloud/dynamodb-door.ts';
import { type EventBusDoor, startEventBridgeEndpoint } from '#local/cloud/event-bus.ts';
import { type LambdaDoor, startLambda } from '#local/cloud/lambda-door.ts';
import { startS3 } from '#local/cloud/s3/door.ts';
import { type ObjectStore, openObjectStore } from '#local/cloud/s3/object-store.ts';
import { startSqs } from '#local/cloud/sqs.ts';
import type { DataFolder } from '#local/data-folder.ts';
import { createAwsDoor, type Interceptor } from '#local/http/aws-door.ts';
import { type Broker, startBroker } from '#local/iot/broker/broker.ts';
import type { Refusals } from '#local/iot/broker/service.ts';
import { createIotControlPlane } from '#local/iot/control-plane/control-plane.ts';
import { createIotDataPlane } from '#local/iot/data-plane/data-plane.ts';
import { preAuthenticationOf } from '#local/iot/domain-configurations.ts';
import { createMessageBus } from '#local/iot/message-bus.ts';
import { openIotState } from '#local/iot/persistence.ts';
import { startIotEndpoint } from '#local/iot/rest-json/endpoint.ts';
import { createRulesEngine, type RulesEngine } from '#local/iot/rules/rules-engine.ts';
import { createServerIdentity, type ServerIdentity } from '#local/iot/server-identity.ts';
import { emptyIotState, type IotState } from '#local/iot/state.ts';
import type { InvokeForSource } from '#local/lambda/invoke-for-service.ts';
import { listen, rethrowListenError } from '#local/listen.ts';
import type { SystemLog } from '#local/system-log.ts';

/** SQS speaks for this account alone (local/cloud/sqs.ts). */
export const ACCOUNT = { partition: 'aws', region: 'eu-central-1', accountId: '000000000000' } as const;
export const HOST = '127.0.0.1';

export type ServicesOptions = {
  readonly folder: DataFolder;
  /** epoch milliseconds */
  readonly clock: () => number;
  readonly mqttPort: number;
  readonly awsPort: number;
  /** enforce the default quotas of AWS IoT Core */
  readonly quotas: boolean;
  /** @default 'aws' */
  readonly refusals?: Refusals | undefined;
  readonly log: SystemLog;
};

export type Services = {
  /** the one URL of all AWS APIs */
  readonly endpoint: string;
  readonly serverCa: string;
  readonly state: IotState;
  readonly broker: Broker;
  readonly rules: RulesEngine;
  readonly events: EventBusDoor;
  readonly dynamodb: DynamoDBClient;
  readonly objects: ObjectStore;
  readonly privateCa: PrivateCa;
  readonly lambda: Pick<LambdaDoor, 'serve'>;
  /** goes straight to the queues, unseen by interceptors, as AWS's own pollers do */
  readonly queues: SQSClient;
  /** names queues by the URL that functions are to use */
  readonly queueNaming: SQSClient;
  /** goes straight to the control plane, as CloudFormation does */
  readonly iot: IoTClient;
  /** Lets IoT Core invoke functions, of which there are none before the stacks are made. */
  invokeFunctionsBy(invoke: InvokeForSource): void;
  readonly interceptors: Set<Interceptor>;
  /** credentials that say which function makes a call; nothing checks their secret */
  readonly issueCredentials: (functionName: string) => Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

const ServerIdentityFile = v.strictObject({ ca: v.string(), cert: v.string(), key: v.string() });

const serverIdentity = async (folder: DataFolder, now: number): Promise<ServerIdentity> => {
  const kept = await folder.readJson('server-identity.json', ServerIdentityFile);
  const identity = kept ?? (await createServerIdentity(now));
  if (kept === null && folder.lasts) await folder.write('server-identity.json', JSON.stringify(identity));
  return identity;
};

const createCallers = () => {
  const byAccessKey = new Map<string, string>();
  return {
    callerOf: (accessKeyId: string) => byAccessKey.get(accessKeyId) ?? null,
    issueCredentials: (functionName: string) => {
      const digest = createHash('sha256').update(functionName).digest('hex');
      const accessKeyId = `ASIALOCAL${digest.slice(0, 11).toUpperCase()}`;
      byAccessKey.set(accessKeyId, functionName);
      return {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: digest.slice(0, 40),
        AWS_SESSION_TOKEN: digest.slice(24),
      };
    },
  };
};

/** @throws PortInUseError or DataFolderError; nothing is left running then */
export const startServices = async (options: ServicesOptions): Promise<Services> => {
  const { folder, clock, mqttPort, quotas, refusals, log } = options;
  await using parts = new AsyncDisposableStack();
  const started = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    parts.defer(() => part.stop());
    return part;
  };
  const connected = <Client extends { destroy(): void }>(client: Client): Client => {
    parts.defer(() => client.destroy());
    return client;
  };
  const kept = (name: string) => (folder.lasts ? { dataDir: join(folder.path, name) } : {});

  // first, as its folder can be open in one process alone: nobody else's state is read, or written over at the end
  const tables = started(await startDynamoDb(kept('dynamodb')));
  const { state, save } = folder.lasts
    ? await openIotState(folder.path)
    : { state: emptyIotState(), save: async () => {} };
  parts.defer(save);
  const identity = await serverIdentity(folder, clock());
  const events = started(await startEventBridgeEndpoint({ ...ACCOUNT, clock }));
  const sqs = started(await startSqs({ region: ACCOUNT.region, ...kept('sqs') }));
  const objects = await openObjectStore(folder, clock);
  const privateCa = createPrivateCa({ ...ACCOUNT, state: await openPrivateCaState(folder), objects, clock });
  const pca = started(await startPrivateCaDoor(privateCa));
  const s3 = started(await startS3(objects));
  const lambda = started(await startLambda());
  const control = started(
    await startIotEndpoint(
      createIotControlPlane({
        ...ACCOUNT,
        state,
        clock,
        quotas,
        endpointAddress: 'localhost',
        onChange: save,
        onCertificateChanged: (certificate) => broker.certificateChanged(certificate),
      }),
    ),
  );

  const iotdata = started(
    await startIotEndpoint(
      createIotDataPlane({ clock, quotas, disconnect: (clientId, options) => broker.disconnect(clientId, options) }),
    ),
  );

  const interceptors = new Set<Interceptor>();
  const { callerOf, issueCredentials } = createCallers();
  const door = createAwsDoor({
    services: { iot: control, iotdata, dynamodb: tables, sqs, events, s3, lambda, 'acm-pca': pca },
    callerOf,
    interceptors,
    clock,
  });
  const { port } = started(await listen(door, 'the AWS APIs', options.awsPort));
  const endpoint = `http://${HOST}:${port}`;

  const client = { region: ACCOUNT.region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  // SDK clients send to the host of the queue URL, which is the host that was asked for the queue
  const queueNaming = connected(new SQSClient({ ...client, endpoint }));
  const queues = connected(new SQSClient({ ...client, endpoint: sqs.url, useQueueUrlAsEndpoint: false }));
  const iot = connected(new IoTClient({ ...client, endpoint: control.url }));
  const dynamodb = connected(new DynamoDBClient({ ...client, endpoint: tables.url }));

  const bus = createMessageBus();
  const rules = started(
    createRulesEngine({
      bus,
      clock,
      accountId: ACCOUNT.accountId,
      sendToQueue: sqs.send,
      onLost: (rule, { topic }, why) =>
        log.write('rules', `${rule} lost a message of ${topic}: ${why instanceof Error ? why.message : String(why)}`),
    }),
  );
  let invoke: InvokeForSource = async (functionArn) => {
    throw new Error(`there is no function ${functionArn} yet`);
  };
  const broker: Broker = started(
    await startBroker({
      ...ACCOUNT,
      state,
      bus,
      clock,
      quotas,
      refusals,
      tls: identity,
      host: HOST,
      port: mqttPort,
      onChange: save,
      preAuthentication: preAuthenticationOf(state, (...call) => invoke(...call)),
      log: (entry) => log.write('broker', JSON.stringify(entry)),
    }).catch((error: unknown) => rethrowListenError(error, 'MQTT', mqttPort)),
  );

  const running = parts.move();
  return {
    endpoint,
    serverCa: identity.ca,
    state,
    broker,
    rules,
    events,
    dynamodb,
    objects,
    privateCa,
    lambda,
    queues,
    queueNaming,
    iot,
    invokeFunctionsBy: (given) => {
      invoke = given;
    },
    interceptors,
    issueCredentials,
    stop: () => running.disposeAsync(),
  };
};
