// Where the emulated services beside the broker are known to differ from AWS: docs/local-vs-aws.md names each test.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ExecuteStatementCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateThingCommand,
  DescribeEndpointCommand,
  GetRegistrationCodeCommand,
  IoTClient,
  RegisterCACertificateCommand,
} from '@aws-sdk/client-iot';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import { type Services, type ServicesOptions, startServices } from '#local/services.ts';
import { createSystemLog } from '#local/system-log.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { presenting, refusedConnect } from '#support/mqtt-device.ts';

let ends: (() => unknown)[];
beforeEach(() => {
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

const start = async (options: Partial<ServicesOptions> = {}): Promise<Services> => {
  const folder = options.folder ?? (await openDataFolder(null));
  ends.push(() => folder.close());
  const services = await startServices({
    clock: Date.now,
    mqttPort: 0,
    awsPort: 0,
    quotas: false,
    log: createSystemLog(() => {}),
    ...options,
    folder,
  });
  ends.push(() => services.stop());
  return services;
};
const client = <Client extends { destroy(): void }>(
  { endpoint }: Services,
  Kind: new (config: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  }) => Client,
): Client => {
  const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
  const made = new Kind({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  ends.push(() => made.destroy());
  return made;
};

it('whoever reaches the AWS APIs may call them, with any access key', async () => {
  const services = await start();
  await client(services, IoTClient).send(new CreateThingCommand({ thingName: 'one' }));
  expect([...services.state.things.keys()]).toEqual(['one']);
});

it('a service that is not emulated is answered with those that are', async () => {
  const { endpoint } = await start();
  const signedFor = async (service: string) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=k/20260131/eu-central-1/${service}/aws4_request`;
    const response = await fetch(`${endpoint}/endpoint?endpointType=iot:Data-ATS`, { headers: { authorization } });
    return [response.status, response.headers.get('x-amzn-errortype'), await response.text()];
  };
  const expected =
    'expected a request signed for one of iot, iotdata, dynamodb, sqs, events, s3, lambda, acm-pca, got iotdevicegateway';

  expect((await signedFor('iot'))[0]).toBe(200);
  expect(await signedFor('iotdevicegateway')).toEqual([404, 'UnknownEndpoint', expect.stringContaining(expected)]);
});

it('DescribeEndpoint knows the endpoint of devices alone', async () => {
  const iot = client(await start(), IoTClient);
  expect(await iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }))).toMatchObject({
    endpointAddress: 'localhost',
  });
  for (const endpointType of ['iot:Data', 'iot:CredentialProvider', undefined])
    await expect(iot.send(new DescribeEndpointCommand({ endpointType }))).rejects.toMatchObject({
      name: 'NotEmulatedException',
      message: expect.stringContaining('ask for iot:Data-ATS'),
    });
});

it('the registration code is the same in every system', async () => {
  const codes = await Promise.all(
    [await start(), await start()].map((services) =>
      client(services, IoTClient).send(new GetRegistrationCodeCommand({})),
    ),
  );
  expect(codes[0]?.registrationCode).toMatch(/^[0-9a-f]{64}$/);
  expect(codes[0]?.registrationCode).toBe(codes[1]?.registrationCode);
});

it('what first connects register is kept with the next change through the API, or at a clean stop', async () => {
  const path = await mkdtemp(join(tmpdir(), 'vestibule-data-'));
  ends.push(() => rm(path, { recursive: true }));
  const services = await start({ folder: await openDataFolder(path) });
  const iot = client(services, IoTClient);
  const ca = makeTenantCa();
  const certificateMode = 'SNI_ONLY';
  const registration = { caCertificate: ca.pem, certificateMode, setAsActive: true, allowAutoRegistration: true };
  await iot.send(new RegisterCACertificateCommand({ ...registration, certificateMode }));
  const kept = () => readFile(join(path, 'iot.json'), 'utf8');
  const registered = async (cn: string) => {
    const device = issueDevice(ca, { cn });
    const endpoint = { port: services.broker.port, ca: services.serverCa };
    await refusedConnect({ ...endpoint, ...presenting(device), clientId: cn });
    expect(services.state.certificates.has(device.id)).toBe(true);
    return device.id;
  };

  const first = await registered('device01');
  expect(await kept()).not.toContain(first);
  await iot.send(new CreateThingCommand({ thingName: 'one' }));
  expect(await kept()).toContain(first);

  const second = await registered('device02');
  await services.stop();
  expect(await kept()).toContain(second);
});

it('DynamoDB has no transactions, PartiQL or time to live', async () => {
  const dynamodb = client(await start(), DynamoDBClient);
  const unknown = { name: 'UnknownOperationException' };
  const TableName = 'registry';
  await expect(
    dynamodb.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: { pk: 'a' } } }] })),
  ).rejects.toMatchObject(unknown);
  await expect(
    dynamodb.send(new ExecuteStatementCommand({ Statement: 'SELECT * FROM registry' })),
  ).rejects.toMatchObject(unknown);
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };
  await expect(
    dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })),
  ).rejects.toMatchObject(unknown);
});

it('a queue keeps its policy and does not enforce it', async () => {
  const sqs = client(await start(), SQSClient);
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'closed', Attributes: { Policy } }));

  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'in all the same' }));

  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({ Policy, ApproximateNumberOfMessages: '1' });
});

it('a message comes back by the clock of the machine, whatever the clock of the system says', async () => {
  let now = Date.now();
  const sqs = client(await start({ clock: () => now }), SQSClient);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'job' }));
  const receive = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? [];
  expect(await receive()).toHaveLength(1);

  now += 24 * 60 * 60 * 1000;

  expect(await receive()).toEqual([]);
});
