import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CertificateStateException,
  CertificateValidationException,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteCACertificateCommand,
  DeleteConflictException,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DescribeCACertificateCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  DetachPolicyCommand,
  GetPolicyCommand,
  GetRegistrationCodeCommand,
  InvalidRequestException,
  IoTClient,
  LimitExceededException,
  ListCertificatesByCACommand,
  ListPolicyVersionsCommand,
  RegisterCACertificateCommand,
  RegistrationCodeValidationException,
  RemoveThingFromThingGroupCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  ThrottlingException,
  UpdateCACertificateCommand,
  UpdateCertificateCommand,
  VersionsLimitExceededException,
} from '@aws-sdk/client-iot';
import {
  ResourceNotFoundException as ClientNotConnected,
  DeleteConnectionCommand,
  IoTDataPlaneClient,
} from '@aws-sdk/client-iot-data-plane';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import * as v from 'valibot';
import { beforeEach, describe, expect, test } from 'vitest';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotIssuedCertificates } from '#adapters/iot-issued-certificates.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { iotSessionGateway } from '#adapters/iot-session-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { sqsTrustQueue } from '#adapters/sqs-trust-queue.ts';
import { TrustCommand } from '#contracts/trust-command.ts';
import { TransientError } from '#domain/errors.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { makeTenantCa } from '#support/certificates.ts';

const client = new IoTClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const iot = mockClient(client);
const arn = { partition: 'aws-cn', region: 'cn-north-1', accountId: '123456789012' };
const id = certificateId('aa'.repeat(32));
const thing = clientId('acme_device01');
const failure = { message: 'no', $metadata: { httpStatusCode: 400 } };
const exists = new ResourceAlreadyExistsException(failure);
const gone = new ResourceNotFoundException(failure);
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

  test('joins and leaves the innermost group of a set with roles, where what it gets from all of them adds up', async () => {
    await gateway.joinPermissionSet(thing, 'acme.eu1.0123456789abcdef');
    await gateway.leavePermissionSet(thing, 'acme.eu1.0123456789abcdef');
    await gateway.leavePermissionSet(thing, 'acme.eu1');
    expect(calls()).toEqual([
      ['AddThingToThingGroup', { thingGroupName: 'vestibule:acme:eu1:0123456789abcdef:5', thingName: thing }],
      ['RemoveThingFromThingGroup', { thingGroupName: 'vestibule:acme:eu1:0123456789abcdef:5', thingName: thing }],
      ['RemoveThingFromThingGroup', { thingGroupName: 'vestibule:acme:eu1', thingName: thing }],
    ]);
  });

  test('a group or a thing that is gone is left already', async () => {
    iot.on(RemoveThingFromThingGroupCommand).rejects(gone);
    await gateway.leavePermissionSet(thing, 'acme.eu1');
    expect(calls()).toHaveLength(1);
  });

  test('a thing of that name with other attributes is taken', async () => {
    iot.on(CreateThingCommand).rejects(exists);
    expect(await gateway.create({ name: thing, tenant: tenantName('acme'), cn: 'device01' })).toBe('taken');
  });

  test('J-12: throttling of each call is one to repeat', async () => {
    iot.on(CreateThingCommand).rejects(throttled);
    iot.on(AttachThingPrincipalCommand).rejects(throttled);
    iot.on(AddThingToThingGroupCommand).rejects(throttled);
    iot.on(RemoveThingFromThingGroupCommand).rejects(throttled);
    for (const call of [
      gateway.create({ name: thing, tenant: tenantName('acme'), cn: 'device01' }),
      gateway.attachCertificate(thing, id),
      gateway.joinPermissionSet(thing, 'acme.eu1'),
      gateway.leavePermissionSet(thing, 'acme.eu1'),
    ])
      await expect(call).rejects.toBeInstanceOf(TransientError);
  });
});

describe('permission sets', () => {
  const gateway = iotPermissionSetGateway(client, arn);
  const acme = tenantName('acme');
  const set = permissionSetOf(acme, 'eu1');
  const documentNo = (n: number) => `{"Version":"2012-10-17","Statement":[],"Id":"${n}"}`;
  const document = documentNo(1);
  const target = 'arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/vestibule:acme:eu1';
  const attached = ['AttachPolicy', { policyName: 'vestibule.acme.eu1', target }];
  const inputsOf = (name: string) => calls().flatMap(([called, input]) => (called === name ? [input] : []));

  beforeEach(() => {
    iot.on(GetPolicyCommand).rejects(gone);
    iot.on(ListPolicyVersionsCommand).rejects(gone);
  });

  test('what the profile gives is one root group with one policy', async () => {
    await gateway.ensure(set, [document]);
    expect(calls()).toEqual([
      ['CreateThingGroup', { thingGroupName: 'vestibule:acme:eu1', parentGroupName: undefined }],
      ['GetPolicy', { policyName: 'vestibule.acme.eu1' }],
      ['CreatePolicy', { policyName: 'vestibule.acme.eu1', policyDocument: document }],
      attached,
    ]);
  });

  test('with roles it is five groups from the start, one in the other, and two policies to each', async () => {
    const withRoles = permissionSetOf(acme, 'eu1', '0123456789abcdef');
    const name = 'vestibule:acme:eu1:0123456789abcdef';
    await gateway.ensure(withRoles, [1, 2, 3].map(documentNo));
    expect(inputsOf('CreateThingGroup')).toEqual([
      { thingGroupName: name, parentGroupName: undefined },
      { thingGroupName: `${name}:2`, parentGroupName: name },
      { thingGroupName: `${name}:3`, parentGroupName: `${name}:2` },
      { thingGroupName: `${name}:4`, parentGroupName: `${name}:3` },
      { thingGroupName: `${name}:5`, parentGroupName: `${name}:4` },
    ]);
    const policy = 'vestibule.acme.eu1.0123456789abcdef';
    const group = `arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/${name}`;
    expect(inputsOf('AttachPolicy')).toEqual([
      { policyName: policy, target: group },
      { policyName: `${policy}.2`, target: group },
      { policyName: `${policy}.3`, target: `${group}:2` },
    ]);
    await gateway.ensure(
      withRoles,
      Array.from({ length: 10 }, (_, n) => documentNo(n)),
    );
    expect(inputsOf('AttachPolicy').at(-1)).toEqual({ policyName: `${policy}.10`, target: `${group}:5` });
  });

  test('more documents than policies are refused before anything is made', async () => {
    await expect(gateway.ensure(set, [1, 2, 3].map(documentNo))).rejects.toThrow(
      'at most 2 documents of acme.eu1, got 3',
    );
    expect(calls()).toEqual([]);
  });

  test('a repeat changes nothing: an equal document costs one look and is no new version, however it is spaced', async () => {
    iot.on(CreateThingGroupCommand).rejects(exists);
    iot
      .on(GetPolicyCommand, { policyName: 'vestibule.acme.eu1' })
      .resolves({ policyDocument: JSON.stringify(JSON.parse(document), null, 2) });
    await gateway.ensure(set, [document]);
    expect(calls().map(([name]) => name)).toEqual(['CreateThingGroup', 'GetPolicy', 'GetPolicy', 'AttachPolicy']);
    expect(calls().at(-1)).toEqual(attached);
  });

  test('a policy that somebody else made meanwhile is brought to the document', async () => {
    iot.on(CreatePolicyCommand).rejects(exists);
    iot
      .on(GetPolicyCommand, { policyName: 'vestibule.acme.eu1' })
      .rejectsOnce(gone)
      .resolves({ policyDocument: documentNo(2) });
    await gateway.ensure(set, [document]);
    expect(inputsOf('CreatePolicyVersion')).toEqual([
      { policyName: 'vestibule.acme.eu1', policyDocument: document, setAsDefault: true },
    ]);
  });

  test('P-12: another document becomes the default version; when there are five, the oldest other one goes', async () => {
    iot.on(GetPolicyCommand, { policyName: 'vestibule.acme.eu1' }).resolves({ policyDocument: '{"Statement":[]}' });
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
    // gone already: somebody else made room
    iot.on(DeletePolicyVersionCommand).rejects(gone);
    await gateway.ensure(set, [document]);
    const name = { policyName: 'vestibule.acme.eu1' };
    const version = { ...name, policyDocument: document, setAsDefault: true };
    expect(inputsOf('CreatePolicyVersion')).toEqual([version, version]);
    expect(inputsOf('DeletePolicyVersion')).toEqual([{ ...name, policyVersionId: '9' }]);
    expect(inputsOf('AttachPolicy')).toHaveLength(1);
  });

  test('no room for a version, as others make them faster, is one to repeat', async () => {
    iot.on(GetPolicyCommand).resolves({ policyDocument: '{"Statement":[]}' });
    iot.on(CreatePolicyVersionCommand).rejects(new VersionsLimitExceededException(failure));
    iot.on(ListPolicyVersionsCommand).resolves({ policyVersions: [{ versionId: '9', isDefaultVersion: false }] });
    await expect(gateway.ensure(set, [document])).rejects.toBeInstanceOf(TransientError);
    expect(iot.commandCalls(CreatePolicyVersionCommand)).toHaveLength(2);
  });

  test('P-12: of documents whose permissions moved on, new ones are made first, then the last is replaced first', async () => {
    const withRoles = permissionSetOf(acme, 'eu1', '0123456789abcdef');
    const policy = 'vestibule.acme.eu1.0123456789abcdef';
    const says = (...topics: string[]) =>
      JSON.stringify({ Statement: [{ Resource: topics.map((topic) => `arn:aws:iot:r:1:topic/${topic}`) }] });
    const names = [policy, `${policy}.2`, `${policy}.3`, `${policy}.4`];
    for (const [at, standing] of [says('a', 'b'), says('c', 'd')].entries())
      iot.on(GetPolicyCommand, { policyName: names[at] }).resolves({ policyDocument: standing });
    await gateway.ensure(withRoles, [says('0', 'a'), says('b', 'c'), says('d'), says('e')]);
    const written = iot
      .calls()
      .map(
        ({ args: [command] }) => `${command.constructor.name.replace('Command', '')} ${JSON.stringify(command.input)}`,
      )
      .flatMap(
        (call) => /^((?:CreatePolicy|AttachPolicy)\w*) .*"policyName":"([^"]*)"/.exec(call)?.slice(1).join(' ') ?? [],
      );
    expect(written).toEqual([
      `CreatePolicy ${policy}.3`,
      `AttachPolicy ${policy}.3`,
      `CreatePolicy ${policy}.4`,
      `AttachPolicy ${policy}.4`,
      `CreatePolicyVersion ${policy}.2`,
      `AttachPolicy ${policy}.2`,
      `CreatePolicyVersion ${policy}`,
      `AttachPolicy ${policy}`,
    ]);
  });

  test('P-12: policies that are no longer needed are detached once all that are needed stand', async () => {
    const withRoles = permissionSetOf(acme, 'eu1', '0123456789abcdef');
    const policy = 'vestibule.acme.eu1.0123456789abcdef';
    for (const name of [policy, `${policy}.2`, `${policy}.3`])
      iot.on(GetPolicyCommand, { policyName: name }).resolves({ policyDocument: '{"Statement":[]}' });
    // never attached, or by now detached
    iot.on(DetachPolicyCommand).rejectsOnce(gone).resolves({});
    await gateway.ensure(withRoles, [document]);
    const group = 'arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/vestibule:acme:eu1:0123456789abcdef';
    expect(inputsOf('DetachPolicy')).toEqual([
      { policyName: `${policy}.2`, target: group },
      { policyName: `${policy}.3`, target: `${group}:2` },
    ]);
    const names = calls().map(([name]) => name);
    expect(names.lastIndexOf('AttachPolicy')).toBeLessThan(names.indexOf('DetachPolicy'));
    expect(names).not.toContain('DeletePolicy');
  });

  test('a group that cannot be made is a failure, not a group that was there', async () => {
    iot.on(CreateThingGroupCommand).rejects(throttled);
    await expect(gateway.ensure(set, [document])).rejects.toBeInstanceOf(TransientError);
    expect(iot.commandCalls(AttachPolicyCommand)).toHaveLength(0);
  });

  test('is removed whole: policies detached, then deleted from the last, then the groups from the innermost', async () => {
    const withRoles = permissionSetOf(acme, 'eu1', '0123456789abcdef');
    const policy = 'vestibule.acme.eu1.0123456789abcdef';
    const versions = [
      { versionId: '3', isDefaultVersion: true },
      { versionId: '2', isDefaultVersion: false },
    ];
    for (const name of [policy, `${policy}.2`])
      iot.on(ListPolicyVersionsCommand, { policyName: name }).resolves({ policyVersions: versions });
    await gateway.remove(withRoles);
    const group = 'vestibule:acme:eu1:0123456789abcdef';
    const changes = calls().filter(([name]) => name !== 'ListPolicyVersions');
    expect(changes).toEqual([
      ['DetachPolicy', { policyName: policy, target: `arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/${group}` }],
      [
        'DetachPolicy',
        { policyName: `${policy}.2`, target: `arn:aws-cn:iot:cn-north-1:123456789012:thinggroup/${group}` },
      ],
      ['DeletePolicyVersion', { policyName: `${policy}.2`, policyVersionId: '2' }],
      ['DeletePolicy', { policyName: `${policy}.2` }],
      ['DeletePolicyVersion', { policyName: policy, policyVersionId: '2' }],
      ['DeletePolicy', { policyName: policy }],
      ...[`${group}:5`, `${group}:4`, `${group}:3`, `${group}:2`, group].map((thingGroupName) => [
        'DeleteThingGroup',
        { thingGroupName },
      ]),
    ]);
  });

  test('a policy that still counts as attached is one to delete later, and its groups stay until then', async () => {
    iot
      .on(ListPolicyVersionsCommand, { policyName: 'vestibule.acme.eu1' })
      .resolves({ policyVersions: [{ versionId: '1', isDefaultVersion: true }] });
    iot.on(DeletePolicyCommand).rejects(new DeleteConflictException({ ...failure, message: 'still attached' }));
    await expect(gateway.remove(set)).rejects.toThrow(TransientError);
    await expect(gateway.remove(set)).rejects.toThrow(
      'iot:DeletePolicy failed with DeleteConflictException: still attached',
    );
    expect(inputsOf('DeleteThingGroup')).toEqual([]);
  });
});

describe('sessions', () => {
  const data = new IoTDataPlaneClient({ region: 'eu-central-1' });
  const connections = mockClient(data);
  const gateway = iotSessionGateway(data);
  beforeEach(() => connections.reset());

  test('the connection ends, what waits for the device in its session stays', async () => {
    await gateway.disconnect(thing);
    expect(connections.commandCalls(DeleteConnectionCommand).map(({ args }) => args[0].input)).toEqual([
      { clientId: 'acme_device01', cleanSession: false },
    ]);
  });

  test('a client without a connection is fine, a throttled call is one to repeat', async () => {
    connections.on(DeleteConnectionCommand).rejectsOnce(new ClientNotConnected(failure)).rejects(throttled);
    await gateway.disconnect(thing);
    await expect(gateway.disconnect(thing)).rejects.toBeInstanceOf(TransientError);
  });
});

describe('anchors', () => {
  const gateway = iotAnchorGateway(client);
  const ca = makeTenantCa();
  const registration = {
    pem: ca.pem,
    tenant: tenantName('acme'),
    certificateMode: 'SNI_ONLY',
    verificationCertificate: null,
  } as const;
  const tags = [{ Key: 'vestibule:tenant', Value: 'acme' }];

  test('CA-04: registers active, tagged with its tenant, with registration of devices still off', async () => {
    expect(await gateway.register(registration)).toBe(ca.id);
    expect(calls()).toEqual([
      [
        'RegisterCACertificate',
        { caCertificate: ca.pem, certificateMode: 'SNI_ONLY', setAsActive: true, allowAutoRegistration: false, tags },
      ],
    ]);
  });

  test('CA-04: hands AWS a verification certificate in the mode DEFAULT, and in no other', async () => {
    await gateway.register({ ...registration, certificateMode: 'DEFAULT', verificationCertificate: 'PROOF' });
    expect(calls()).toMatchObject([
      ['RegisterCACertificate', { certificateMode: 'DEFAULT', verificationCertificate: 'PROOF' }],
    ]);
  });

  test('CA-04: tells the code that such a certificate is made over', async () => {
    iot.on(GetRegistrationCodeCommand).resolvesOnce({ registrationCode: 'c0de' }).resolves({});
    expect(await gateway.registrationCode()).toBe('c0de');
    await expect(gateway.registrationCode()).rejects.toThrow('expected iot:GetRegistrationCode to answer with a code');
  });

  test('a CA that is there already is made active and keeps its registration of devices as it is', async () => {
    iot.on(RegisterCACertificateCommand).rejects(exists);
    iot.on(DescribeCACertificateCommand).resolves({ certificateDescription: { certificateMode: 'SNI_ONLY' } });
    expect(await gateway.register(registration)).toBe(ca.id);
    expect(calls().slice(1)).toEqual([
      ['DescribeCACertificate', { certificateId: ca.id }],
      ['UpdateCACertificate', { certificateId: ca.id, newStatus: 'ACTIVE' }],
    ]);
  });

  test('a CA that is there in another mode, which no call can change, is CA_MODE and stays as it is', async () => {
    iot.on(RegisterCACertificateCommand).rejects(exists);
    iot.on(DescribeCACertificateCommand).resolves({ certificateDescription: { certificateMode: 'DEFAULT' } });
    await expect(gateway.register(registration)).rejects.toMatchObject({ name: 'PermanentError', code: 'CA_MODE' });
    expect(iot.commandCalls(UpdateCACertificateCommand)).toEqual([]);
  });

  test.each([
    ['CA_REFUSED', new CertificateValidationException(failure)],
    ['CA_REFUSED', new InvalidRequestException(failure)],
    ['CA_REFUSED', new RegistrationCodeValidationException(failure)],
    ['CA_SUBJECT_LIMIT', new LimitExceededException(failure)],
  ])('what IoT Core will never take is %s', async (code, cause) => {
    iot.on(RegisterCACertificateCommand).rejects(cause);
    await expect(gateway.register(registration)).rejects.toMatchObject({ name: 'PermanentError', code, cause });
  });

  test('V-01, V-03: is closed and opened by one call each, whatever it was', async () => {
    await gateway.disable(ca.id);
    await gateway.enableRegistration(ca.id);
    expect(calls()).toEqual([
      ['UpdateCACertificate', { certificateId: ca.id, newStatus: 'INACTIVE', newAutoRegistrationStatus: 'DISABLE' }],
      ['UpdateCACertificate', { certificateId: ca.id, newStatus: 'ACTIVE', newAutoRegistrationStatus: 'ENABLE' }],
    ]);
  });

  test('CA-06: is deleted by its id', async () => {
    await gateway.remove(ca.id);
    expect(calls()).toEqual([['DeleteCACertificate', { certificateId: ca.id }]]);
  });

  test('what IoT Core does not have is closed and deleted already, and is not opened', async () => {
    iot.on(UpdateCACertificateCommand).rejects(gone).on(DeleteCACertificateCommand).rejects(gone);
    await gateway.disable(ca.id);
    await gateway.remove(ca.id);
    expect(await gateway.enableRegistration(ca.id)).toBe(false);
  });

  test('one that is active is not deleted, and a throttled call is one to repeat', async () => {
    const active = new CertificateStateException(failure);
    iot.on(DeleteCACertificateCommand).rejectsOnce(active).rejects(throttled);
    iot.on(UpdateCACertificateCommand).rejects(throttled);
    await expect(gateway.remove(ca.id)).rejects.toBe(active);
    await expect(gateway.remove(ca.id)).rejects.toBeInstanceOf(TransientError);
    await expect(gateway.disable(ca.id)).rejects.toBeInstanceOf(TransientError);
  });
});

describe('certificates that a CA signed', () => {
  const issued = iotIssuedCertificates(client);
  const anchor = anchorId('bb'.repeat(32));

  test('V-01: come page by page, as large as IoT Core makes them, with their status', async () => {
    iot
      .on(ListCertificatesByCACommand)
      .resolvesOnce({ certificates: [{ certificateId: id, status: 'ACTIVE' }], nextMarker: 'next' })
      .resolves({ certificates: [] });
    expect(await issued.ofAnchor(anchor, null)).toEqual({ items: [{ id, status: 'ACTIVE' }], cursor: 'next' });
    expect(await issued.ofAnchor(anchor, 'next')).toEqual({ items: [], cursor: null });
    expect(calls()).toEqual([
      ['ListCertificatesByCA', { caCertificateId: anchor, pageSize: 250 }],
      ['ListCertificatesByCA', { caCertificateId: anchor, pageSize: 250, marker: 'next' }],
    ]);
  });

  test('V-01: are none of a CA that IoT Core does not have; a throttled call is one to repeat', async () => {
    iot.on(ListCertificatesByCACommand).rejectsOnce(gone).rejects(throttled);
    expect(await issued.ofAnchor(anchor, null)).toEqual({ items: [], cursor: null });
    await expect(issued.ofAnchor(anchor, null)).rejects.toBeInstanceOf(TransientError);
  });

  test('V-01: one without id or status is an error, not one to leave out', async () => {
    iot.on(ListCertificatesByCACommand).resolves({ certificates: [{ certificateId: id }] });
    await expect(issued.ofAnchor(anchor, null)).rejects.toThrow('expected iot:ListCertificatesByCA to answer with id');
  });
});

test('CA-11: asks for the ATS endpoint once, and again after a failure', async () => {
  const broker = iotBrokerGateway(client, null);
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

describe('the trust queue', () => {
  const sqs = new SQSClient({ region: 'eu-central-1' });
  const messages = mockClient(sqs);
  const queue = sqsTrustQueue(sqs, 'https://sqs.example/trust');
  const command = { act: 'truststore', commandId: '7d444840-9dc0-4a19-8d5a-0a3f1e2a6c11' } as const;
  beforeEach(() => messages.reset());

  test('takes a command as its contract reads it, at once or later', async () => {
    await queue.send(command);
    await queue.send(command, 900);
    const sent = messages.commandCalls(SendMessageCommand).map(({ args }) => args[0].input);
    expect(sent).toMatchObject([
      { QueueUrl: 'https://sqs.example/trust', DelaySeconds: 0 },
      { QueueUrl: 'https://sqs.example/trust', DelaySeconds: 900 },
    ]);
    expect(v.parse(TrustCommand, JSON.parse(sent[0]?.MessageBody ?? ''))).toEqual(command);
  });

  test('a throttled call is one to repeat', async () => {
    messages.on(SendMessageCommand).rejects(throttled);
    await expect(queue.send(command)).rejects.toBeInstanceOf(TransientError);
  });
});
