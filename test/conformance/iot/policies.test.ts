// Policies of the embedded IoT control plane, through the real SDK client.

import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingGroupCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachPolicyCommand,
  GetPolicyCommand,
  ListAttachedPoliciesCommand,
  ListPolicyVersionsCommand,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyIotState } from '#local/iot/state.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const arn = (type: string, name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${type}/${name}`;
const CERTIFICATE = 'a'.repeat(64);

const document = (resource = '*') =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: resource }],
  });

const state = emptyIotState();
let running: RunningControlPlane;

const create = (policyName: string, policyDocument = document()) =>
  running.iot.send(new CreatePolicyCommand({ policyName, policyDocument }));
const createVersion = (policyName: string, policyDocument: string, setAsDefault = false) =>
  running.iot.send(new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault }));
const attach = (policyName: string, target: string) =>
  running.iot.send(new AttachPolicyCommand({ policyName, target }));
const attached = async (target: string, recursive = false) => {
  const { policies = [] } = await running.iot.send(new ListAttachedPoliciesCommand({ target, recursive }));
  return policies.map(({ policyName }) => policyName);
};

beforeAll(async () => {
  running = await startControlPlane({ state });
});

beforeEach(() => {
  for (const map of [state.certificates, state.policies, state.groups]) map.clear();
});

afterAll(() => running.stop());

describe('CreatePolicy', () => {
  it('keeps the document as version 1, and refuses the name afterwards', async () => {
    const created = await create('vestibule.acme.eu1');

    expect(created).toMatchObject({ policyArn: arn('policy', 'vestibule.acme.eu1'), policyVersionId: '1' });
    expect(await running.iot.send(new GetPolicyCommand({ policyName: 'vestibule.acme.eu1' }))).toMatchObject({
      policyDocument: document(),
      defaultVersionId: '1',
    });
    await expect(create('vestibule.acme.eu1')).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      resourceArn: created.policyArn,
    });
  });

  it('counts 2,048 bytes that are not white space', async () => {
    const rest = document('').length;
    const exact = document('r'.repeat(2048 - rest));
    await create('exact', exact.replaceAll(',', ',\n    '));

    for (const over of ['r'.repeat(2049 - rest), `é${'r'.repeat(2047 - rest)}`])
      await expect(create('over', document(over))).rejects.toMatchObject({
        name: 'MalformedPolicyException',
        message: expect.stringContaining('2048'),
      });
    expect([...state.policies.keys()]).toEqual(['exact']);
  });

  it.each([
    ['is not JSON', '{'],
    ['is a list', '[]'],
    ['has no version', JSON.stringify({ Statement: [] })],
    ['has a statement without an effect', '{"Version":"2012-10-17","Statement":[{"Action":"a","Resource":"*"}]}'],
    ['has a statement without a resource', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a"}]}'],
    [
      'has both Action and NotAction',
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"a","NotAction":"b","Resource":"*"}}',
    ],
    [
      'names a principal',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a","Resource":"*","Principal":"*"}]}',
    ],
  ])('refuses a document that %s', async (_, policyDocument) => {
    await expect(create('malformed', policyDocument)).rejects.toMatchObject({ name: 'MalformedPolicyException' });
  });

  it('refuses a name outside the alphabet of policies', async () => {
    await expect(create('vestibule:acme')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('policy versions', () => {
  it('are at most five, numbered on, with one default that cannot be deleted', async () => {
    await create('p');
    for (const version of ['2', '3', '4', '5'])
      expect((await createVersion('p', document(version), version === '5')).policyVersionId).toBe(version);

    await expect(createVersion('p', document())).rejects.toMatchObject({ name: 'VersionsLimitExceededException' });
    const remove = (policyVersionId: string) =>
      running.iot.send(new DeletePolicyVersionCommand({ policyName: 'p', policyVersionId }));
    await expect(remove('5')).rejects.toMatchObject({ name: 'DeleteConflictException' });
    await remove('1');
    await expect(remove('1')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect((await createVersion('p', document())).policyVersionId).toBe('6');
    const { policyVersions } = await running.iot.send(new ListPolicyVersionsCommand({ policyName: 'p' }));
    expect(policyVersions?.map(({ versionId, isDefaultVersion }) => [versionId, isDefaultVersion])).toEqual([
      ['6', false],
      ['5', true],
      ['4', false],
      ['3', false],
      ['2', false],
    ]);
  });

  it('the default version is what GetPolicy gives', async () => {
    await create('p', document('one'));
    await createVersion('p', document('two'));
    const current = async () => (await running.iot.send(new GetPolicyCommand({ policyName: 'p' }))).policyDocument;

    expect(await current()).toBe(document('one'));
    await running.iot.send(new SetDefaultPolicyVersionCommand({ policyName: 'p', policyVersionId: '2' }));
    expect(await current()).toBe(document('two'));
    await expect(createVersion('p', '{')).rejects.toMatchObject({ name: 'MalformedPolicyException' });
  });
});

describe('DeletePolicy', () => {
  const remove = (policyName: string) => running.iot.send(new DeletePolicyCommand({ policyName }));
  const conflict = { name: 'DeleteConflictException', $metadata: expect.objectContaining({ httpStatusCode: 409 }) };

  it('deletes what is attached nowhere and has one version, and answers 404 afterwards', async () => {
    await create('p');
    await remove('p');
    expect([...state.policies.keys()]).toEqual([]);
    await expect(remove('p')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await create('p', document('again'));
  });

  it('refuses while the policy is attached to a group', async () => {
    await running.iot.send(new CreateThingGroupCommand({ thingGroupName: 'group' }));
    const target = arn('thinggroup', 'group');
    await create('p');
    await attach('p', target);
    await expect(remove('p')).rejects.toMatchObject(conflict);
    expect([...state.policies.keys()]).toEqual(['p']);

    await running.iot.send(new DetachPolicyCommand({ policyName: 'p', target }));
    await remove('p');
    expect([...state.policies.keys()]).toEqual([]);
  });

  it('refuses while there is a version beside the default', async () => {
    await create('p');
    await createVersion('p', document('two'), true);
    await expect(remove('p')).rejects.toMatchObject(conflict);

    await running.iot.send(new DeletePolicyVersionCommand({ policyName: 'p', policyVersionId: '1' }));
    await remove('p');
    expect([...state.policies.keys()]).toEqual([]);
  });
});

describe('AttachPolicy', () => {
  it('takes two policies for a thing group, repeatably', async () => {
    await running.iot.send(new CreateThingGroupCommand({ thingGroupName: 'group' }));
    const target = arn('thinggroup', 'group');
    for (const name of ['p1', 'p2', 'p3']) await create(name);
    await attach('p1', target);
    await attach('p2', target);
    await attach('p2', target);

    await expect(attach('p3', target)).rejects.toMatchObject({
      name: 'LimitExceededException',
      $metadata: { httpStatusCode: 410 },
    });
    expect(await attached(target)).toEqual(['p1', 'p2']);
    await running.iot.send(new DetachPolicyCommand({ policyName: 'p1', target }));
    await running.iot.send(new DetachPolicyCommand({ policyName: 'p1', target }));
    expect(await attached(target)).toEqual(['p2']);
  });

  it('takes ten policies for a certificate', async () => {
    const policies = new Set<string>();
    state.certificates.set(CERTIFICATE, {
      id: CERTIFICATE,
      pem: '',
      caId: null,
      status: 'ACTIVE',
      createdAt: 1,
      lastModifiedAt: 1,
      policies,
      things: new Map(),
    });
    for (let count = 0; count <= 10; count += 1) await create(`p${count}`);
    for (let count = 0; count < 10; count += 1) await attach(`p${count}`, arn('cert', CERTIFICATE));

    await expect(attach('p10', arn('cert', CERTIFICATE))).rejects.toMatchObject({ name: 'LimitExceededException' });
    expect(policies.size).toBe(10);
  });

  it('refuses a thing as target, and absent policies and targets', async () => {
    await create('p');
    await expect(attach('p', arn('thing', 'one'))).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(attach('p', arn('thinggroup', 'absent'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await running.iot.send(new CreateThingGroupCommand({ thingGroupName: 'group' }));
    await expect(attach('absent', arn('thinggroup', 'group'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('lists what a group inherits only when asked', async () => {
    await running.iot.send(new CreateThingGroupCommand({ thingGroupName: 'root' }));
    await running.iot.send(new CreateThingGroupCommand({ thingGroupName: 'leaf', parentGroupName: 'root' }));
    await create('p1');
    await create('p2');
    await attach('p1', arn('thinggroup', 'root'));
    await attach('p2', arn('thinggroup', 'leaf'));

    expect(await attached(arn('thinggroup', 'leaf'))).toEqual(['p2']);
    expect(await attached(arn('thinggroup', 'leaf'), true)).toEqual(['p1', 'p2']);
  });
});
