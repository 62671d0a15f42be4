import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CertificateValidationException,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeletePolicyVersionCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  GetPolicyCommand,
  IoTClient,
  LimitExceededException,
  ListPolicyVersionsCommand,
  RegisterCACertificateCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  ThrottlingException,
  UpdateCACertificateCommand,
  UpdateCertificateCommand,
  VersionsLimitExceededException,
} from '@aws-sdk/client-iot';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { TransientError } from '#domain/errors.ts';
import { certificateId, clientId, tenantName } from '#domain/ids.ts';
import { makeTenantCa } from '#support/certificates.ts';

const client = new IoTClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const iot = mockClient(client);
const arn = { partition: 'aws-cn', region: 'cn-north-1', accountId: '123456789012' };
const id = certificateId('aa'.repeat(32));
const thing = clientId('acme_device01');
const failure = { message: 'no', $metadata: { httpStatusCode: 400 } };
const exists = new ResourceAlreadyExistsException(failure);
const throttled = new ThrottlingException({ ...failure, $metadata: { httpStatusCode: 429 } });
/** name and input of every call, in order */
const calls = () =>
  iot.calls().map(({ args: [command] }) => [command.constructor.name.replace('Command', ''), command.input]);

beforeEach(() => {
  iot.reset();
});

describe('certificates', () => {
  const gateway = iotCertificateGateway(client);

  test('J-01: describes a certificate with its PEM, its issuing anchor and its status', async () => {
    iot.on(DescribeCertificateCommand).resolves({
      certificateDescription: { certificatePem: 'PEM', caCertificateId: 'bb'.repeat(32), status: 'PENDING_ACTIVATION' },
    });
    expect(await gateway.describe(id)).toEqual({
      id,
      pem: 'PEM',
      anchorId: 'bb'.repeat(32),
      status: 'PENDING_ACTIVATION',
    });
    expect(calls()).toEqual([['DescribeCertificate', { certificateId: id }]]);
  });

  test('a certificate registered without a CA has no anchor, one that IoT Core does not know is null', async () => {
    iot
      .on(DescribeCertificateCommand)
      .resolvesOnce({ certificateDescription: { certificatePem: 'PEM', status: 'ACTIVE' } });
    expect(await gateway.describe(id)).toMatchObject({ anchorId: null });
    iot.on(DescribeCertificateCommand).rejects(new ResourceNotFoundException(failure));
    expect(await gateway.describe(id)).toBeNull();
  });

  test('a throttled call is one to repeat, not a certificate that is not there', async () => {
    iot.on(DescribeCertificateCommand).rejects(throttled);
    await expect(gateway.describe(id)).rejects.toBeInstanceOf(TransientError);
    iot.on(UpdateCertificateCommand).rejects(throttled);
    await expect(gateway.setStatus(id, 'ACTIVE')).rejects.toBeInstanceOf(TransientError);
  });

  test('sets exactly the status that is asked for', async () => {
    await gateway.setStatus(id, 'INACTIVE');
    expect(calls()).toEqual([['UpdateCertificate', { certificateId: id, newStatus: 'INACTIVE' }]]);
  });
});

describe('things', () => {
  const gateway = iotThingGateway(client, arn);

  test('a thing carries tenant and CN and nothing else, and belongs to its certificate alone', async () => {
    expect(await gateway.create({ name: thing, tenant: tenantName('acme'), cn: 'device01' })).toBe('ready');
    await gateway.attachCertificate(thing, id);
    await gateway.joinPermissionSet(thing, 'acme.eu1');
    expect(calls()).toEqual([
      ['CreateThing', { thingName: thing, attributePayload: { attributes: { tenant: 'acme', cn: 'device01' } } }],
      [
        'AttachThingPrincipal',
        {
          thingName: thing,
          principal: `arn:aws-cn:iot:cn-north-1:123456789012:cert/${id}`,
          thingPrincipalType: 'EXCLUSIVE_THING',
        },
      ],
      ['AddThingToThingGroup', { thingGroupName: 'vestibule:acme:eu1', thingName: thing }],
    ]);
  });

  test('a thing of that name with other attributes is taken', async () => {
    iot.on(CreateThingCommand).rejects(exists);
    expect(await gateway.create({ name: thing, tenant: tenantName('acme'), cn: 'device01' })).toBe('taken');
  });

  test('J-12: throttling of each call is one to repeat', async () => {
    iot.on(CreateThingCommand).rejects(throttled);
    iot.on(AttachThingPrincipalCommand).rejects(throttled);
    iot.on(AddThingToThingGroupCommand).rejects(throttled);
    for (const call of [
      gateway.create({ name: thing, tenant: tenantName('acme'), cn: 'device01' }),
      gateway.attachCertificate(thing, id),
      gateway.joinPermissionSet(thing, 'acme.eu1'),
    ])
      await expect(call).rejects.toBeInstanceOf(TransientError);
  });
});

describe('permission sets', () => {
  const gateway = iotPermissionSetGateway(client, arn);
  const set = { id: 'acme.eu1', tenant: tenantName('acme'), profile: 'eu1' } as const;
  const document = '{"Version":"2012-10-17","Statement":[]}';
  const attached = [
    'AttachPolicy',
    {
      policyName: 'vestibule.acme.eu1',
      target: 'arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/vestibule:acme:eu1',
    },
  ];

  test('makes a root group and a policy, and attaches one to the other', async () => {
    await gateway.ensure(set, document);
    expect(calls()).toEqual([
      ['CreateThingGroup', { thingGroupName: 'vestibule:acme:eu1' }],
      ['CreatePolicy', { policyName: 'vestibule.acme.eu1', policyDocument: document }],
      attached,
    ]);
  });

  test('a repeat changes nothing: the same document is no new version, however it is spaced', async () => {
    iot.on(CreateThingGroupCommand).rejects(exists);
    iot.on(CreatePolicyCommand).rejects(exists);
    iot.on(GetPolicyCommand).resolves({ policyDocument: JSON.stringify(JSON.parse(document), null, 2) });
    await gateway.ensure(set, document);
    expect(iot.commandCalls(CreatePolicyVersionCommand)).toHaveLength(0);
    expect(calls().at(-1)).toEqual(attached);
  });

  test('another document becomes the default version; when there are five, the oldest other one goes', async () => {
    iot.on(CreatePolicyCommand).rejects(exists);
    iot.on(GetPolicyCommand).resolves({ policyDocument: '{"Statement":[]}' });
    iot.on(CreatePolicyVersionCommand).rejectsOnce(new VersionsLimitExceededException(failure)).resolves({});
    iot.on(ListPolicyVersionsCommand).resolves({
      policyVersions: [
        { versionId: '12', isDefaultVersion: false },
        { versionId: '8', isDefaultVersion: true },
        { versionId: '9', isDefaultVersion: false },
        { versionId: '10', isDefaultVersion: false },
        { versionId: '11', isDefaultVersion: false },
      ],
    });
    await gateway.ensure(set, document);
    const name = { policyName: 'vestibule.acme.eu1' };
    const version = { ...name, policyDocument: document, setAsDefault: true };
    expect(iot.commandCalls(CreatePolicyVersionCommand).map(({ args }) => args[0].input)).toEqual([version, version]);
    expect(iot.commandCalls(DeletePolicyVersionCommand).map(({ args }) => args[0].input)).toEqual([
      { ...name, policyVersionId: '9' },
    ]);
    expect(calls().at(-1)).toEqual(attached);
  });

  test('a group that cannot be made is a failure, not a group that was there', async () => {
    iot.on(CreateThingGroupCommand).rejects(throttled);
    await expect(gateway.ensure(set, document)).rejects.toBeInstanceOf(TransientError);
    expect(iot.commandCalls(AttachPolicyCommand)).toHaveLength(0);
  });
});

describe('anchors', () => {
  const gateway = iotAnchorGateway(client);
  const ca = makeTenantCa();

  test('CA-04: registers without a verification certificate, active, with registration of devices still off', async () => {
    expect(await gateway.register(ca.pem)).toBe(ca.id);
    expect(calls()).toEqual([
      [
        'RegisterCACertificate',
        { caCertificate: ca.pem, certificateMode: 'SNI_ONLY', setAsActive: true, allowAutoRegistration: false },
      ],
    ]);
    await gateway.enableRegistration(await gateway.register(ca.pem));
    expect(calls().at(-1)).toEqual([
      'UpdateCACertificate',
      { certificateId: ca.id, newAutoRegistrationStatus: 'ENABLE' },
    ]);
  });

  test('a CA that is there already is made active and keeps its registration of devices as it is', async () => {
    iot.on(RegisterCACertificateCommand).rejects(exists);
    expect(await gateway.register(ca.pem)).toBe(ca.id);
    expect(iot.commandCalls(UpdateCACertificateCommand).map(({ args }) => args[0].input)).toEqual([
      { certificateId: ca.id, newStatus: 'ACTIVE' },
    ]);
  });

  test.each([
    ['CA_REFUSED', new CertificateValidationException(failure)],
    ['CA_SUBJECT_LIMIT', new LimitExceededException(failure)],
  ])('what IoT Core will never take is %s', async (code, cause) => {
    iot.on(RegisterCACertificateCommand).rejects(cause);
    await expect(gateway.register(ca.pem)).rejects.toMatchObject({ name: 'PermanentError', code, cause });
  });
});

test('CA-11: asks for the ATS endpoint once, and again after a failure', async () => {
  const broker = iotBrokerGateway(client);
  iot.on(DescribeEndpointCommand).rejectsOnce(throttled).resolves({ endpointAddress: 'x-ats.iot.example.com' });
  await expect(broker.host()).rejects.toBeInstanceOf(TransientError);
  expect([await broker.host(), await broker.host()]).toEqual(['x-ats.iot.example.com', 'x-ats.iot.example.com']);
  expect(calls()).toEqual(Array(2).fill(['DescribeEndpoint', { endpointType: 'iot:Data-ATS' }]));
});

test('a command goes to its queue as the contract says', async () => {
  const queue = new SQSClient({ region: 'eu-central-1' });
  const sqs = mockClient(queue);
  const command = { certificateId: id, commandId: '0190f3a4-5b6c-7d8e-9f00-112233445566' };
  await sqsCommandQueue(queue, 'https://sqs.example.com/commands').send(command);
  expect(sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)).toEqual([
    { QueueUrl: 'https://sqs.example.com/commands', MessageBody: JSON.stringify(command) },
  ]);
});
