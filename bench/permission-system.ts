// The functions that change permissions, bundled, each in a process of its own, with the queues between them: a tenant
// with users, whose roles an operator edits.

import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { roleIdOf } from '#adapters/name-digests.ts';
import { tenantName } from '#domain/ids.ts';
import { startSqs } from '#local/cloud/sqs.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { anAnchor } from '#support/trust-anchors.ts';
import { type AwsServices, assertFinished, sqsEvent, startAwsServices } from './aws-services.ts';
import type { Original } from './copied-devices.ts';
import { type FunctionProcess, startFunctionProcess } from './function-process.ts';

/** Files of the bundles, by function. */
export type PermissionBundles = Readonly<
  Record<'ops-api' | 'onboard-device' | 'converge-certificate' | 'apply-permission-set', string>
>;

export type PermissionSystem = AsyncDisposable & {
  readonly aws: AwsServices;
  createRole(name: string): Promise<void>;
  /** A device that was let in, with its user of one role. */
  letIn(cn: string, role: string): Promise<Original>;
  /** Has the role permit one resource, and waits until IoT Core does. */
  editRole(name: string, resource: string): Promise<void>;
  /** Gives each of the users this role and no other, and waits until their devices have it. */
  giveRole(usernames: readonly string[], role: string): Promise<void>;
  /** Whether a policy in force names the resource. */
  isPermitted(resource: string): boolean;
  /** How many devices are in the thing group of the device that was let in with this role. */
  devicesWith(role: string): number;
  /** How many calls IoT Core got since this was last asked. */
  iotCalls(): number;
};

const TENANT = tenantName('globex');
const BATCH = 10;

/** A request as the HTTP API hands it over (API Gateway developer guide, payload format 2.0). */
const apiEvent = (method: string, path: string, body: object): object => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  headers: {},
  body: JSON.stringify(body),
  isBase64Encoded: false,
  requestContext: {
    requestId: randomUUID(),
    http: { method, path },
    authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/bench' } },
  },
});

type Queue = { readonly url: string; drainInto(consumer: FunctionProcess): Promise<void> };
type Queues = AsyncDisposable & { readonly endpoint: string; create(name: string): Promise<Queue> };

const startQueues = async (region: string): Promise<Queues> => {
  const door = await startSqs({ region });
  const client = new SQSClient({
    region,
    endpoint: door.url,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const received = async (QueueUrl: string): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BATCH });
    return (await client.send(command)).Messages ?? [];
  };
  return {
    endpoint: door.url,
    create: async (name) => {
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
      if (QueueUrl === undefined) throw new Error(`expected the URL of queue ${name}`);
      return {
        url: QueueUrl,
        drainInto: async (consumer) => {
          for (let batch = await received(QueueUrl); batch.length > 0; batch = await received(QueueUrl)) {
            const { result } = await consumer.invoke(sqsEvent(batch.map(({ Body = '' }) => Body)));
            assertFinished(result);
            const Entries = batch.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
            await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
          }
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await door.stop();
    },
  };
};

export const startPermissionSystem = async (bundles: PermissionBundles): Promise<PermissionSystem> => {
  await using started = new AsyncDisposableStack();
  const aws = started.use(await startAwsServices(0));
  const queues = started.use(await startQueues(aws.arn.region));
  const [commands, setCommands] = [await queues.create('commands'), await queues.create('permission-sets')];
  const environment = {
    ...aws.environment,
    // its calls are not counted here, and there are very many
    AWS_ENDPOINT_URL_DYNAMODB: aws.table.url,
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    COMMAND_QUEUE_URL: commands.url,
    PERMISSION_SET_QUEUE_URL: setCommands.url,
    // no command of roles goes there
    TRUST_QUEUE_URL: setCommands.url,
    BROKER_PORT: '8883',
    BROKER_SERVER_CA: 'PEM',
  };
  const start = (name: keyof PermissionBundles) => started.use(startFunctionProcess(bundles[name], environment));
  const [opsApi, onboard] = [start('ops-api'), start('onboard-device')];
  const [converge, applySet] = [start('converge-certificate'), start('apply-permission-set')];
  const { state } = aws.iot;

  const request = async (method: string, path: string, body: object): Promise<void> => {
    const { result } = await opsApi.invoke(apiEvent(method, path, body));
    if (!JSON.stringify(result).startsWith('{"statusCode":2'))
      throw new Error(`${method} ${path} was refused: ${JSON.stringify(result)}`);
  };
  const ofTenant = (method: string, path: string, body: object) =>
    request(method, `/tenants/${TENANT}/api${path}`, body);
  const permissions = (resource: string) => [{ resource, operation: 'write' }];
  const idOf = (role: string) => roleIdOf(TENANT, role);

  const ca = makeTenantCa(aws.validity);
  await request('POST', '/operator/tenants', {
    tenant: TENANT,
    naming: 'eu1',
    admission: 'auto',
    allowCn: null,
    userMatch: 'required',
  });
  await dynamoAnchorRegistry(aws.table.client, aws.table.tableName).create(
    anAnchor({
      id: ca.id,
      pem: ca.pem,
      tenant: TENANT,
      validFrom: aws.validity.validFrom.getTime(),
      validTo: aws.validity.validTo.getTime(),
    }),
  );

  /** by role: the thing group of the device that was let in with it */
  const groups = new Map<string, string>();
  const running = started.move();
  return {
    aws,
    createRole: (name) => ofTenant('POST', '/roles', { name, permissions: permissions(`plant/${name}`) }),
    letIn: async (cn, role) => {
      const grantTypes = [{ method: 'certificate', isRequired: false }];
      await ofTenant('POST', '/users', { username: cn, grantTypes, roles: [idOf(role)] });
      const certificate = aws.firstConnect(ca, cn);
      assertFinished((await onboard.invoke(aws.registrationEvent(ca, certificate, cn))).result);
      const [group] = [...state.things.values()].find(({ name }) => name.includes(cn))?.groups ?? [];
      if (group === undefined) throw new Error(`expected the device of ${cn} to be let in`);
      groups.set(role, group);
      return { cn, certificate };
    },
    editRole: async (name, resource) => {
      await ofTenant('PATCH', `/roles/${idOf(name)}`, { permissions: permissions(resource) });
      await setCommands.drainInto(applySet);
    },
    giveRole: async (usernames, role) => {
      const give = async (some: readonly string[]): Promise<void> => {
        for (const username of some) await ofTenant('PATCH', `/users/${username}`, { roles: [idOf(role)] });
      };
      const follow = () => commands.drainInto(converge);
      for (let start = 0; start < usernames.length; start += BATCH)
        await Promise.all([give(usernames.slice(start, start + BATCH)), follow()]);
      await follow();
    },
    isPermitted: (resource) =>
      [...state.policies.values()].some(({ versions, defaultVersionId }) =>
        versions.some(({ id, document }) => id === defaultVersionId && document.includes(`:topic/${resource}"`)),
      ),
    devicesWith: (role) => [...state.things.values()].filter(({ groups: of }) => of.has(groups.get(role) ?? '')).length,
    iotCalls: () => aws.take().iot.length,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};
