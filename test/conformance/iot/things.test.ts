// Things, thing groups and attachments of the embedded IoT control plane, through the real SDK client.

import {
  AddThingToThingGroupCommand,
  AttachThingPrincipalCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  DescribeThingCommand,
  DescribeThingGroupCommand,
  DetachThingPrincipalCommand,
  ListPrincipalThingsCommand,
  ListPrincipalThingsV2Command,
  ListThingGroupsForThingCommand,
  ListThingPrincipalsCommand,
  ListThingPrincipalsV2Command,
  ListThingsCommand,
  type ListThingsCommandInput,
  ListThingsInThingGroupCommand,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyIotState } from '#local/iot/state.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const arn = (type: string, name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${type}/${name}`;
const FIRST = 'a'.repeat(64);
const SECOND = 'b'.repeat(64);

const state = emptyIotState();
let running: RunningControlPlane;

const create = (thingName: string, attributes: Record<string, string> = {}) =>
  running.iot.send(new CreateThingCommand({ thingName, attributePayload: { attributes } }));
const attach = (thingName: string, id: string, thingPrincipalType?: 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING') =>
  running.iot.send(new AttachThingPrincipalCommand({ thingName, principal: arn('cert', id), thingPrincipalType }));
const createGroup = (thingGroupName: string, parentGroupName?: string) =>
  running.iot.send(new CreateThingGroupCommand({ thingGroupName, parentGroupName }));
const join = (thingName: string, thingGroupName: string) =>
  running.iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
const groupsOf = async (thingName: string) => {
  const { thingGroups = [] } = await running.iot.send(new ListThingGroupsForThingCommand({ thingName }));
  return thingGroups.map(({ groupName }) => groupName);
};

beforeAll(async () => {
  running = await startControlPlane({ state });
});

beforeEach(() => {
  for (const map of [state.certificates, state.things, state.groups]) map.clear();
  for (const id of [FIRST, SECOND])
    state.certificates.set(id, {
      id,
      pem: '',
      caId: null,
      status: 'ACTIVE',
      createdAt: 1,
      lastModifiedAt: 1,
      policies: new Set(),
      things: new Map(),
    });
});

afterAll(() => running.stop());

describe('CreateThing', () => {
  it('is repeatable with the same configuration, and refuses another', async () => {
    const first = await create('acme_device01', { tenant: 'acme', cn: 'device01' });
    const again = await create('acme_device01', { cn: 'device01', tenant: 'acme' });

    expect(first.thingArn).toBe(arn('thing', 'acme_device01'));
    expect(again).toMatchObject({ thingArn: first.thingArn, thingId: first.thingId });
    await expect(create('acme_device01', { tenant: 'acme' })).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      resourceArn: first.thingArn,
      $metadata: { httpStatusCode: 409 },
    });
    expect(await running.iot.send(new DescribeThingCommand({ thingName: 'acme_device01' }))).toMatchObject({
      attributes: { tenant: 'acme', cn: 'device01' },
      defaultClientId: 'acme_device01',
      version: 1,
    });
  });

  it.each([
    ['a dot', 'device.01'],
    ['a space', 'device 01'],
    ['a slash', 'device/01'],
    ['more than 128 characters', 'd'.repeat(129)],
  ])('A10: refuses a name with %s', async (_, name) => {
    await expect(create(name)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect(state.things.size).toBe(0);
  });

  it('takes three attributes without a thing type, in the alphabet of attributes', async () => {
    await create('three', { a: '1', b: '2', c: '3' });
    await expect(create('four', { a: '1', b: '2', c: '3', d: '4' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await expect(create('spaced', { cn: 'two words' })).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(create('long', { cn: 'x'.repeat(801) })).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('says which parameter it does not emulate', async () => {
    await expect(
      running.iot.send(new CreateThingCommand({ thingName: 'typed', thingTypeName: 'gateway' })),
    ).rejects.toMatchObject({ message: expect.stringContaining('thingTypeName'), $metadata: { httpStatusCode: 501 } });
  });
});

describe('AttachThingPrincipal', () => {
  it('A10: an exclusive thing is the only thing of its principal', async () => {
    await create('one');
    await create('two');
    await attach('one', FIRST, 'EXCLUSIVE_THING');
    await attach('one', FIRST, 'EXCLUSIVE_THING');

    await expect(attach('two', FIRST, 'EXCLUSIVE_THING')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(attach('two', FIRST)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect([...(state.certificates.get(FIRST)?.things ?? [])]).toEqual([['one', 'EXCLUSIVE_THING']]);
  });

  it('lets other principals be attached to an exclusive thing', async () => {
    await create('one');
    await attach('one', FIRST, 'EXCLUSIVE_THING');
    await attach('one', SECOND);

    const { thingPrincipalObjects } = await running.iot.send(new ListThingPrincipalsV2Command({ thingName: 'one' }));
    const { principals } = await running.iot.send(new ListThingPrincipalsCommand({ thingName: 'one' }));
    expect(thingPrincipalObjects).toEqual([
      { principal: arn('cert', FIRST), thingPrincipalType: 'EXCLUSIVE_THING' },
      { principal: arn('cert', SECOND), thingPrincipalType: 'NON_EXCLUSIVE_THING' },
    ]);
    expect(principals).toEqual([arn('cert', FIRST), arn('cert', SECOND)]);
  });

  it('lets a principal that is not exclusive have many things, but then no exclusive one', async () => {
    await create('one');
    await create('two');
    await attach('one', FIRST);
    await attach('two', FIRST);

    await expect(attach('one', FIRST, 'EXCLUSIVE_THING')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const { things } = await running.iot.send(new ListPrincipalThingsCommand({ principal: arn('cert', FIRST) }));
    expect(things).toEqual(['one', 'two']);
    const exclusive = await running.iot.send(
      new ListPrincipalThingsV2Command({ principal: arn('cert', FIRST), thingPrincipalType: 'EXCLUSIVE_THING' }),
    );
    expect(exclusive.principalThingObjects).toEqual([]);
  });

  it('answers 404 to the detachment of what is not attached', async () => {
    await create('one');
    await expect(
      running.iot.send(new DetachThingPrincipalCommand({ thingName: 'one', principal: arn('cert', FIRST) })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('answers 404 for an absent thing or certificate, and 400 for an ARN of another account or type', async () => {
    await create('one');
    await expect(attach('absent', FIRST)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(attach('one', 'c'.repeat(64))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      running.iot.send(new AttachThingPrincipalCommand({ thingName: 'one', principal: arn('cacert', FIRST) })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(
      running.iot.send(
        new AttachThingPrincipalCommand({
          thingName: 'one',
          principal: `arn:aws:iot:${REGION}:210987654321:cert/${FIRST}`,
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('DeleteThing', () => {
  it('refuses while a principal is attached, and succeeds for a thing that is gone', async () => {
    await create('one');
    await attach('one', FIRST);
    const remove = () => running.iot.send(new DeleteThingCommand({ thingName: 'one' }));

    await expect(remove()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await running.iot.send(new DetachThingPrincipalCommand({ thingName: 'one', principal: arn('cert', FIRST) }));
    await remove();
    await remove();
    await expect(running.iot.send(new DescribeThingCommand({ thingName: 'one' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('checks the expected version', async () => {
    await create('one');
    await expect(
      running.iot.send(new DeleteThingCommand({ thingName: 'one', expectedVersion: 2 })),
    ).rejects.toMatchObject({ name: 'VersionConflictException' });
  });
});

describe('thing groups', () => {
  it('creating one is repeatable with the same configuration, and refuses another', async () => {
    const first = await createGroup('vestibule:acme:eu1');
    const again = await createGroup('vestibule:acme:eu1');
    await createGroup('parent');

    expect(again.thingGroupId).toBe(first.thingGroupId);
    expect(first.thingGroupArn).toBe(arn('thinggroup', 'vestibule:acme:eu1'));
    await expect(createGroup('vestibule:acme:eu1', 'parent')).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await expect(
      running.iot.send(
        new CreateThingGroupCommand({
          thingGroupName: 'vestibule:acme:eu1',
          thingGroupProperties: { thingGroupDescription: 'other' },
        }),
      ),
    ).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    await expect(createGroup('orphan', 'absent')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('joining and leaving are repeatable, by name or by ARN', async () => {
    await create('one');
    await createGroup('here');
    await join('one', 'here');
    await running.iot.send(
      new AddThingToThingGroupCommand({ thingArn: arn('thing', 'one'), thingGroupArn: arn('thinggroup', 'here') }),
    );
    await expect(
      running.iot.send(
        new AddThingToThingGroupCommand({
          thingName: 'one',
          thingGroupName: 'here',
          thingGroupArn: arn('thinggroup', 'there'),
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect(await groupsOf('one')).toEqual(['here']);

    const leave = () =>
      running.iot.send(new RemoveThingFromThingGroupCommand({ thingName: 'one', thingGroupName: 'here' }));
    await leave();
    await leave();
    expect(await groupsOf('one')).toEqual([]);
  });

  it('a thing is in at most ten groups, and in one group of a hierarchy', async () => {
    await create('one');
    await createGroup('root');
    await createGroup('child', 'root');
    await createGroup('grandchild', 'child');
    await join('one', 'grandchild');

    await expect(join('one', 'root')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    for (let count = 0; count < 9; count += 1) {
      await createGroup(`group${count}`);
      await join('one', `group${count}`);
    }
    await createGroup('eleventh');
    await expect(join('one', 'eleventh')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const { thingGroupMetadata } = await running.iot.send(
      new DescribeThingGroupCommand({ thingGroupName: 'grandchild' }),
    );
    expect(thingGroupMetadata?.rootToParentThingGroups?.map(({ groupName }) => groupName)).toEqual(['root', 'child']);
  });

  it('answers 404 for an absent thing or group', async () => {
    await create('one');
    await expect(join('one', 'absent')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await createGroup('here');
    await expect(join('absent', 'here')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('DeleteThingGroup', () => {
  const remove = (thingGroupName: string, expectedVersion?: number) =>
    running.iot.send(new DeleteThingGroupCommand({ thingGroupName, expectedVersion }));

  it('deletes a group with things in it, which are in it no longer, and succeeds for a group that is gone', async () => {
    await create('one');
    await createGroup('here');
    await createGroup('there');
    await join('one', 'here');
    await join('one', 'there');
    await remove('here');
    await remove('here');

    expect(await groupsOf('one')).toEqual(['there']);
    await createGroup('here');
    expect(await groupsOf('one')).toEqual(['there']);
    await join('one', 'here');
  });

  it('refuses a group with groups in it', async () => {
    await createGroup('root');
    await createGroup('leaf', 'root');
    await expect(remove('root')).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'Cannot delete thing group : root when there are still child groups attached to it.',
    });
    await remove('leaf');
    await remove('root');
    expect([...state.groups.keys()]).toEqual([]);
  });

  it('checks the expected version', async () => {
    await createGroup('here');
    await expect(remove('here', 2)).rejects.toMatchObject({ name: 'VersionConflictException' });
    await remove('here', 1);
    expect([...state.groups.keys()]).toEqual([]);
  });
});

it('ListThingsInThingGroup: those of the groups below only when asked', async () => {
  await createGroup('root');
  await createGroup('leaf', 'root');
  for (const name of ['one', 'two', 'three']) await create(name);
  await join('one', 'root');
  await join('two', 'leaf');
  const thingsIn = async (recursive?: boolean, nextToken?: string) =>
    running.iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName: 'root', recursive, nextToken, maxResults: 1 }),
    );

  const direct = await thingsIn();
  expect([direct.things, direct.nextToken]).toEqual([['one'], undefined]);
  const first = await thingsIn(true);
  expect(first.things).toEqual(['one']);
  const second = await thingsIn(true, first.nextToken);
  expect([second.things, second.nextToken]).toEqual([['two'], undefined]);
  await expect(running.iot.send(new ListThingsInThingGroupCommand({ thingGroupName: 'absent' }))).rejects.toMatchObject(
    { name: 'ResourceNotFoundException' },
  );
});

describe('ListThings', () => {
  it('pages by name, and finds by attribute', async () => {
    for (const [name, tenant] of [
      ['c', 'acme'],
      ['a', 'acme'],
      ['b', 'other'],
    ] as const)
      await create(name, { tenant });
    const names = async (input: ListThingsCommandInput) => {
      const { things = [], nextToken } = await running.iot.send(new ListThingsCommand(input));
      return { names: things.map(({ thingName }) => thingName), nextToken };
    };

    const first = await names({ maxResults: 2 });
    expect(first.names).toEqual(['a', 'b']);
    expect(await names({ maxResults: 2, nextToken: first.nextToken })).toEqual({ names: ['c'], nextToken: undefined });
    expect((await names({ attributeName: 'tenant', attributeValue: 'acme' })).names).toEqual(['a', 'c']);
    await expect(names({ nextToken: 'not a token' })).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(names({ maxResults: 251 })).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});
