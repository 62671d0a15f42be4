import { beforeEach, describe, expect, test } from 'vitest';
import { roleIdOf } from '#adapters/name-digests.ts';
import { TransientError } from '#domain/errors.ts';
import { type CertificateId, certificateId, clientId } from '#domain/ids.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import { ACME, aTenant, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { OPERATOR, startOpsApi } from '#support/ops-api.ts';

const ADMIN_ROLE = 'cfb72c04-e4a8-11eb-92a8-0242ac1e0006';
/** As the Connectware documentation has it, but for its line breaks. */
const SEED =
  '{"username":"device001","identityProvider":"local","grantTypes":[{"method":"certificate","isRequired":false}],"roles":["cfb72c04-e4a8-11eb-92a8-0242ac1e0006"]}';
const CERTIFICATE = [{ method: 'certificate' }];
const PASSWORD = [{ method: 'password' }];

let world: OnboardingWorld;
let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  world = onboardingWorld();
  world.askForUsers();
  api = startOpsApi(world);
});

const idOf = (name: string): string => roleIdOf(ACME, name);
const create = (username: string, body: object = {}) =>
  api.call('POST', '/tenants/acme/api/users', { body: { username, grantTypes: CERTIFICATE, ...body } });
const set = (username: string, body: object) => api.call('PATCH', `/tenants/acme/api/users/${username}`, { body });
const show = (username: string) => api.call('GET', `/tenants/acme/api/users/${username}`);
const remove = (username: string) => api.call('DELETE', `/tenants/acme/api/users/${username}`);
const role = (name: string, permissions: readonly object[], more: object = {}) =>
  api.call('POST', '/tenants/acme/api/roles', { body: { name, permissions, ...more } });
const read = (resource: string) => ({ resource, operation: 'read' });
const write = (resource: string) => ({ resource, operation: 'write' });
const state = () =>
  JSON.stringify([
    [...api.roles.roles],
    [...api.users.users],
    [...api.users.notes],
    [...api.permissionSets.sets],
    [...api.certificates.records],
    api.iot,
    api.waiting,
    api.commands,
  ]);
const compositionOf = (username: string): string => world.users.users.get(`acme/${username}`)?.composition ?? '';
const setOf = (username: string): string => ['acme.connectware', compositionOf(username)].filter(Boolean).join('.');

/** Does what was asked of the queues. */
const follow = async (): Promise<void> => {
  await api.work();
  for (const [index, { certificateId }] of api.commands.splice(0).entries())
    await world.onboard(world.command(certificateId, 900 + index));
};
const onboarded = async (cn: string): Promise<CertificateId> => {
  const id = world.device(cn);
  await world.onboard(world.came(id));
  expect(world.state(id)).toBe('ACTIVE');
  world.iot.connect(id, cn);
  return id;
};
/** The sets that a device is in, as IoT Core has them. */
const groupsOf = (cn: string): string[] => [...(world.iot.things.get(cn as never)?.groups ?? [])];
const may = (cn: string, action: string, path: string): boolean =>
  groupsOf(cn).some((group) => api.setGateway.may(group, action, path));

describe('create', () => {
  test("U-02: Connectware's own body is accepted as it stands", async () => {
    expect(await api.call('POST', '/tenants/acme/api/users', { raw: { body: SEED } })).toEqual({
      status: 201,
      type: 'application/json',
      body: {
        username: 'device001',
        identityProvider: 'local',
        grantTypes: [{ method: 'certificate', isRequired: false }],
        roles: [ADMIN_ROLE],
        permissions: [],
        warnings: ['ADMIN_ROLE_ASSIGNED: device001 may read and write every topic; give it a role of its own'],
        createdAt: new Date(world.time.now).toISOString(),
        version: 1,
        devices: 0,
      },
    });
    const device = await onboarded('device001');
    expect(groupsOf('device001')).toEqual([setOf('device001')]);
    expect(world.record(device).verdict).toMatchObject({ user: 'device001', permissionSet: setOf('device001') });
  });

  test('U-09: the wide role is a warning in the log, once it is given, and P-08 holds for it', async () => {
    const warned = () => api.logged.map((line) => JSON.parse(line)).filter(([level]) => level === 'warn');
    await create('device001', { roles: [ADMIN_ROLE] });
    const from = { from: 'role connectware-admin', operation: 'readWrite', resource: '#' };
    const about = { tenant: 'acme', username: 'device001', actor: OPERATOR, ...from };
    expect(warned()).toEqual([['warn', 'ADMIN_ROLE_ASSIGNED', about]]);
    await set('device001', { grantTypes: PASSWORD });
    await create('device002');
    expect(warned()).toHaveLength(1);
    await set('device002', { roles: [ADMIN_ROLE] });
    expect(warned()).toHaveLength(2);

    const wide = setOf('device001');
    expect(api.setGateway.may(wide, 'Publish', 'topic/x')).toBe(true);
    expect(api.setGateway.may(wide, 'Publish', 'topic/$aws/things/acme_device02/shadow/update')).toBe(false);
    expect(api.setGateway.may(wide, 'Subscribe', 'topicfilter/#')).toBe(true);
  });

  test('U-09: whatever else reaches every topic is a warning wherever the user is shown, and in the log once it is given', async () => {
    const warned = () => api.logged.map((line) => JSON.parse(line)).filter(([level]) => level === 'warn');
    await role('everything', [read('#'), { ...write('/#'), context: 'http' }]);
    await role('most', [write('plant/#'), write('+/+/#')]);
    const created = await create('device001', {
      roles: [idOf('everything'), idOf('most')],
      permissions: [write('+/#'), write('a')],
    });
    const warnings = [
      'EVERY_TOPIC_GRANTED: device001 may read every topic by # of role everything; name the topics that it needs',
      'EVERY_TOPIC_GRANTED: device001 may write every topic by +/# of user device001; name the topics that it needs',
    ];
    expect(created.body['warnings']).toEqual(warnings);
    expect((await show('device001')).body['warnings']).toEqual(warnings);
    await create('device002', { roles: [idOf('most')] });
    const list = await api.call('GET', '/tenants/acme/api/users');
    expect(list.body['users']).toMatchObject([
      { username: 'admin', warnings: [expect.stringContaining('ADMIN_ROLE_ASSIGNED')] },
      { username: 'device001', warnings },
      { username: 'device002', warnings: [] },
    ]);
    const about = { tenant: 'acme', username: 'device001', actor: OPERATOR };
    expect(warned()).toEqual([
      ['warn', 'EVERY_TOPIC_GRANTED', { ...about, from: 'role everything', operation: 'read', resource: '#' }],
      ['warn', 'EVERY_TOPIC_GRANTED', { ...about, from: 'user device001', operation: 'write', resource: '+/#' }],
    ]);

    // what it had already is not logged again
    const kept = await set('device001', { roles: [idOf('everything')], permissions: [write('a')] });
    expect(kept.body['warnings']).toEqual(warnings.slice(0, 1));
    expect(warned()).toHaveLength(2);
    await api.call('PATCH', `/tenants/acme/api/roles/${idOf('most')}`, { body: { permissions: [read('#')] } });
    expect((await show('device002')).body['warnings']).toHaveLength(1);
  });

  test('U-01, V-08: says how many devices follow it: who is in without a user does only once it was retried', async () => {
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const device = await onboarded('device001');
    world.askForUsers();
    expect((await create('device001')).body).toMatchObject({ devices: 0 });
    expect((await set('device001', { grantTypes: PASSWORD })).body).toMatchObject({ devices: 0 });
    await follow();
    expect(world.state(device)).toBe('ACTIVE');

    expect((await api.call('POST', '/tenants/acme/devices/device001/retry')).status).toBe(202);
    await follow();
    expect([world.state(device), world.record(device).causes]).toEqual(['SUSPENDED', ['GRANT_REMOVED']]);
    expect((await set('device001', { grantTypes: CERTIFICATE })).body).toMatchObject({ devices: 1 });
    // also when there is nothing to tell it
    await follow();
    expect((await set('device001', { grantTypes: CERTIFICATE })).body).toMatchObject({ devices: 1 });
    expect(api.commands).toEqual([]);
    expect(world.state(device)).toBe('ACTIVE');
    expect((await remove('device001')).body).toMatchObject({ devices: 1 });
    await follow();
    expect(world.state(device)).toBe('SUSPENDED');
    // it finds its way back by the same name
    expect((await create('device001')).body).toMatchObject({ devices: 1 });
  });

  test('U-02: more than ten grants are refused', async () => {
    const grantTypes = Array.from({ length: 11 }, () => ({ method: 'certificate' }));
    const answer = await create('device001', { grantTypes });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('at most 10 grants') } });
    expect(await create('device001', { grantTypes: grantTypes.slice(1) })).toMatchObject({ status: 201 });
  });

  test('U-02: a role that does not exist is refused by its id, and nothing is changed', async () => {
    await role('line-1', [read('a')]);
    const before = state();
    const answer = await create('device001', { roles: [idOf('line-1'), idOf('line-2')] });
    expect(answer).toMatchObject({ status: 400, body: { code: 'ROLE_UNKNOWN' } });
    expect(answer.body['detail']).toContain(idOf('line-2'));
    expect(answer.body['detail']).not.toContain(idOf('line-1'));
    expect(state()).toBe(before);
  });

  test.each([
    ['device001', { roles: [] }],
    ['device001', { roles: [ADMIN_ROLE] }],
    ['admin', {}],
  ])('U-02: a username that is taken is refused and nothing is changed: %s %j', async (username, body) => {
    await create('device001');
    await onboarded('device001');
    const before = state();
    expect(await create(username, body)).toMatchObject({ status: 409, body: { code: 'USER_EXISTS' } });
    expect(state()).toBe(before);
  });

  test('U-03: roles, grants and permissions that are said twice are kept once', async () => {
    await role('line-1', [read('a')]);
    const { body } = await create('device001', {
      roles: [idOf('line-1'), ADMIN_ROLE, idOf('line-1')],
      grantTypes: [{ method: 'certificate' }, { method: 'password' }, { method: 'certificate', isRequired: true }],
      permissions: [read('b'), read('b')],
    });
    expect(body).toMatchObject({
      roles: [idOf('line-1'), ADMIN_ROLE].toSorted(),
      grantTypes: [
        { method: 'certificate', isRequired: true },
        { method: 'password', isRequired: false },
      ],
      permissions: [{ resource: 'b' }],
    });
    expect(body['permissions']).toHaveLength(1);
  });

  test.each([
    [{ username: 'device 001' }, 'REQUEST_INVALID'],
    [{ username: '' }, 'REQUEST_INVALID'],
    [{ identityProvider: 'ldap' }, 'REQUEST_INVALID'],
    [{ grantTypes: [{ method: 'magic' }] }, 'REQUEST_INVALID'],
    [{ roles: ['connectware-admin'] }, 'REQUEST_INVALID'],
    [{ password: 'secret' }, 'REQUEST_INVALID'],
    [{ permissions: [read('a'), read('a+')] }, 'RESOURCE_WILDCARD'],
    [{ permissions: [{ resource: 'a', operation: 'all' }] }, 'OPERATION_UNKNOWN'],
    [
      {
        permissions: Array.from({ length: 300 }, (_, n) => ({
          resource: `plant/line-${n}/machine/state`,
          operation: 'readWrite',
        })),
      },
      'POLICY_TOO_LARGE',
    ],
  ])('a body that is not as it should be is refused, and nothing is changed: case %#', async (body, code) => {
    const before = state();
    expect(await create('device001', body)).toMatchObject({ status: 400, body: { code } });
    expect(state()).toBe(before);
  });

  test('P-09: roles that no policy can hold together are refused, named, before anything is written', async () => {
    await role('plus', [write('a/+/b')]);
    await role('deep', [write('a/x/y/b')]);
    const before = state();
    for (const body of [
      { roles: [idOf('plus'), idOf('deep')] },
      { roles: [idOf('plus')], permissions: [write('a/x/y/b')] },
    ]) {
      const answer = await create('device001', body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
      expect(answer.body['detail']).toContain('role plus');
      expect(answer.body['detail']).toMatch(/with (role deep|role plus|the permissions of user device001)/);
    }
    expect(state()).toBe(before);
  });

  test('P-09: with plusMode widen the two stand side by side', async () => {
    await role('plus', [write('a/+/b')], { plusMode: 'widen' });
    await role('deep', [write('a/x/y/b')]);
    expect(await create('device001', { roles: [idOf('plus'), idOf('deep')] })).toMatchObject({ status: 201 });
  });

  test('sets stand before the record refers to them, under each profile that the tenant has had', async () => {
    await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'eu2' } });
    const { create: write } = world.users;
    world.users.create = async (user) => {
      const made = [...api.setGateway.documents.keys()].filter((id) => id.endsWith(`.${user.composition}`));
      expect(made.toSorted()).toEqual([`acme.eu2.${user.composition}`]);
      return write(user);
    };
    expect(await create('device001', { roles: [ADMIN_ROLE] })).toMatchObject({ status: 201 });
    world.users.create = write;
    await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'connectware' } });
    await create('device002', { permissions: [read('a')] });
    expect([...api.setGateway.documents.keys()].filter((id) => id.endsWith(compositionOf('device002')))).toHaveLength(
      2,
    );
  });

  test('users with equal roles and permissions, in any order, share one set', async () => {
    await role('line-1', [read('a')]);
    const permissions = [read('b'), write('c')];
    await create('device001', { roles: [idOf('line-1'), ADMIN_ROLE], permissions });
    const made = api.iot.length;
    await create('device002', { roles: [ADMIN_ROLE, idOf('line-1')], permissions: permissions.toReversed() });
    expect(compositionOf('device002')).toBe(compositionOf('device001'));
    expect(compositionOf('device001')).toMatch(/^[0-9a-f]{16}$/);
    expect(api.iot).toHaveLength(made);
  });

  test('a user without roles and permissions needs no set', async () => {
    await create('device001');
    expect(world.users.users.get('acme/device001')?.composition).toBeNull();
    expect(api.iot).toEqual([]);
  });

  test('a user that another request made in spite of the lock stays as it is', async () => {
    world.users.create = async () => false;
    expect(await create('device001')).toMatchObject({ status: 409, body: { code: 'TENANT_BUSY' } });
  });
});

describe('what a device may do', () => {
  test.each<[string, Record<string, object[]>, object[], string[], string[]]>([
    ['one role', { a: [read('a/#')] }, [], ['Subscribe topicfilter/a/#', 'Receive topic/a/x'], ['Publish topic/a/x']],
    [
      'two roles',
      { a: [read('a/#')], b: [write('a/#')] },
      [],
      ['Subscribe topicfilter/a/#', 'Publish topic/a/x'],
      ['Publish topic/b'],
    ],
    [
      'a role and its own',
      { a: [read('a')] },
      [write('b')],
      ['Subscribe topicfilter/a', 'Publish topic/b'],
      ['Publish topic/a'],
    ],
    [
      'its own alone',
      {},
      [write('{tenant}/{clientId}/#')],
      ['Publish topic/acme/device001/x'],
      ['Publish topic/acme/device002/x'],
    ],
    [
      'two roles of the same',
      { a: [write('a')], b: [write('a')] },
      [],
      ['Publish topic/a'],
      ['Subscribe topicfilter/a'],
    ],
    [
      'http beside mqtt',
      { a: [{ ...read('/a'), context: 'http' }, read('b')] },
      [],
      ['Subscribe topicfilter/b'],
      ['Subscribe topicfilter//a'],
    ],
  ])('U-07: is the union of its roles and its own permissions: %s', async (_, roles, permissions, allowed, refused) => {
    for (const [name, of] of Object.entries(roles)) await role(name, of);
    await create('device001', { roles: Object.keys(roles).map(idOf), permissions });
    await onboarded('device001');
    const can = (question: string) => may('device001', ...(question.split(' ') as [string, string]));
    expect(allowed.filter((question) => !can(question))).toEqual([]);
    expect(refused.filter(can)).toEqual([]);
    expect(can('Connect client/device001')).toBe(true);
  });

  test('U-08: an http permission never reaches a policy', async () => {
    await role('door', [{ resource: '/api/+/state', operation: 'readWrite', context: 'http' }]);
    await create('device001', { roles: [idOf('door')], permissions: [{ ...read('/own'), context: 'http' }] });
    const documents = api.setGateway.documents.get(setOf('device001'));
    expect(documents).toHaveLength(1);
    expect(documents?.join()).not.toMatch(/api|own|state/);
  });

  test('P-13: without a permission it connects and may do nothing else', async () => {
    await create('device001');
    await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'connectware' } });
    await onboarded('device001');
    expect(may('device001', 'Connect', 'client/device001')).toBe(true);
    for (const action of ['Publish topic/a', 'Subscribe topicfilter/a', 'Receive topic/a'])
      expect(may('device001', ...(action.split(' ') as [string, string]))).toBe(false);
  });

  test('U-10, P-12: a role that is edited takes effect on a device that is in, which is not touched', async () => {
    await role('line-1', [{ resource: 'edge.cybus/#', operation: 'readWrite' }]);
    await create('device001', { roles: [idOf('line-1')] });
    const device = await onboarded('device001');
    expect(may('device001', 'Publish', 'topic/edge.cybus')).toBe(true);
    expect(may('device001', 'Publish', 'topic/edge.cybusX')).toBe(false);
    const before = [world.record(device), world.iot.calls.length];

    await api.call('PATCH', `/tenants/acme/api/roles/${idOf('line-1')}`, {
      body: { permissions: [read('edge.cybus/#')] },
    });
    await follow();
    expect(may('device001', 'Publish', 'topic/edge.cybus')).toBe(false);
    expect(may('device001', 'Subscribe', 'topicfilter/edge.cybus/#')).toBe(true);
    expect([world.record(device), world.iot.calls.length]).toEqual(before);
  });
});

describe('change', () => {
  let device: CertificateId;
  beforeEach(async () => {
    await role('line-1', [read('a')]);
    await role('line-2', [write('b')]);
    await create('device001', { roles: [idOf('line-1')] });
    device = await onboarded('device001');
    world.iot.calls.length = 0;
  });

  test('U-10: a device whose roles change moves: it joins the new set, then leaves the old one', async () => {
    const old = setOf('device001');
    expect(await set('device001', { roles: [idOf('line-2')] })).toMatchObject({
      status: 202,
      body: { roles: [idOf('line-2')], version: 2 },
    });
    expect(world.record(device).history.at(-1)).toMatchObject({
      actor: OPERATOR,
      state: 'ACTIVE',
      seen: 'user changed',
    });
    await follow();
    expect(world.iot.calls).toEqual(['AddThingToThingGroup', 'RemoveThingFromThingGroup']);
    expect(groupsOf('device001')).toEqual([setOf('device001')]);
    expect(setOf('device001')).not.toBe(old);
    expect(may('device001', 'Publish', 'topic/b')).toBe(true);
    expect(may('device001', 'Subscribe', 'topicfilter/a')).toBe(false);
  });

  test('U-03: without the certificate grant its device is suspended and its session ends; with it, it is back', async () => {
    await set('device001', { grantTypes: PASSWORD });
    await follow();
    expect(world.state(device)).toBe('SUSPENDED');
    expect(world.record(device).causes).toEqual(['GRANT_REMOVED']);
    expect(world.iot.sessions.size).toBe(0);
    expect(world.iot.admits(device, 'device001')).toBe(false);

    await set('device001', { grantTypes: [...PASSWORD, ...CERTIFICATE] });
    await follow();
    expect(world.state(device)).toBe('ACTIVE');
    expect(world.iot.admits(device, 'device001')).toBe(true);
  });

  const collected = async () => {
    for (let times = 0; times < 3; times += 1) {
      api.clockForward(COLLECTION_DELAY_SECONDS * 1_000);
      await api.work();
    }
    return !api.setGateway.documents.has(former);
  };
  /** IoT Core deletes a group with whatever is in it. */
  const forgetGroup = () => world.iot.things.get(clientId('device001'))?.groups.delete(former);
  let former: string;

  test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['the user is made anew', () => remove('device001'), () => create('device001', { roles: [idOf('line-1')] })],
    [
      'the user has the grant again, and other roles',
      () => set('device001', { grantTypes: PASSWORD, roles: [] }),
      () => set('device001', { grantTypes: CERTIFICATE, roles: [idOf('line-2')] }),
    ],
    [
      'the user has grant and roles again',
      () => set('device001', { grantTypes: PASSWORD, roles: [] }),
      () => set('device001', { grantTypes: CERTIFICATE, roles: [idOf('line-1')] }),
    ],
  ])('U-03: a barred device keeps no set; once %s it joins one before it is active', async (_, bar, free) => {
    former = setOf('device001');
    await bar();
    await follow();
    expect(await collected()).toBe(true);
    expect(api.waiting).toEqual([]);
    forgetGroup();
    world.iot.calls.length = 0;

    await free();
    await follow();
    expect(groupsOf('device001')).toEqual([setOf('device001')]);
    expect(api.setGateway.documents.has(setOf('device001'))).toBe(true);
    expect(may('device001', 'Connect', 'client/device001')).toBe(true);
    const { calls } = world.iot;
    expect(calls).toContain('AddThingToThingGroup');
    expect(calls.indexOf('AddThingToThingGroup')).toBeLessThan(calls.indexOf('UpdateCertificate ACTIVE'));
    expect(world.iot.admits(device, 'device001')).toBe(true);
  });

  test('U-03: a set stays as long as a device is not barred yet whose user is gone: it may be back before', async () => {
    former = setOf('device001');
    await remove('device001');
    expect(await collected()).toBe(false);
    await create('device001', { roles: [idOf('line-1')] });
    await follow();
    expect(world.state(device)).toBe('ACTIVE');
    expect(groupsOf('device001')).toEqual([former]);
    expect(await collected()).toBe(false);
  });

  test('what is not named stays', async () => {
    await set('device001', { permissions: [read('c')] });
    expect((await show('device001')).body).toMatchObject({
      grantTypes: [{ method: 'certificate' }],
      roles: [idOf('line-1')],
      permissions: [{ resource: 'c' }],
      version: 2,
    });
  });

  test('U-03: of two who change what they both read, the second is refused and changes nothing', async () => {
    const seen = (await show('device001')).body['version'];
    await set('device001', { grantTypes: PASSWORD, version: seen });
    const before = state();
    const answer = await set('device001', { roles: [idOf('line-2')], version: seen });
    expect(answer).toMatchObject({ status: 409, body: { code: 'USER_CHANGED' } });
    expect(answer.body['detail']).toBe(
      'expected version 1 of user device001, which is at version 2 by now; look at it again, then repeat',
    );
    expect(await set('device001', { version: 2 })).toMatchObject({ status: 400, body: { code: 'NOTHING_TO_SET' } });
    expect(await set('device001', { roles: [], version: 1.5 })).toMatchObject({ status: 400 });
    expect(state()).toBe(before);

    // what stands already overwrites nothing: an interrupted change may be repeated as it was
    expect(await set('device001', { grantTypes: PASSWORD, version: seen })).toMatchObject({ status: 202 });
    expect((await set('device001', { roles: [idOf('line-2')], version: 2 })).body).toMatchObject({
      grantTypes: [{ method: 'password' }],
      roles: [idOf('line-2')],
      version: 3,
    });
  });

  test('U-04: the built-in user has a version before it is stored', async () => {
    expect(await set('admin', { grantTypes: CERTIFICATE, version: 1 })).toMatchObject({ status: 409 });
    expect(await set('admin', { grantTypes: CERTIFICATE, version: 0 })).toMatchObject({ status: 202 });
  });

  test('a change to what stands already is no change, and tells no device', async () => {
    await follow();
    const before = state();
    const answer = await set('device001', { roles: [idOf('line-1')], grantTypes: CERTIFICATE, permissions: [] });
    expect(answer).toMatchObject({ status: 202, body: { version: 1 } });
    expect(state()).toBe(before);
  });

  test.each([
    [{}, 400, 'NOTHING_TO_SET'],
    [{ roles: [ADMIN_ROLE.replace('c', 'd')] }, 400, 'ROLE_UNKNOWN'],
    [{ permissions: [read('a/#/b')] }, 400, 'RESOURCE_WILDCARD'],
    [{ username: 'device002' }, 400, 'REQUEST_INVALID'],
  ])('%j is refused and changes nothing', async (body, status, code) => {
    const before = state();
    expect(await set('device001', body)).toMatchObject({ status, body: { code } });
    expect(state()).toBe(before);
  });

  test('a device that was told and not converged is told again, also when all is as it was', async () => {
    const { send } = api.deps.commands;
    api.deps.commands.send = () => Promise.reject(new TransientError('the queue is away'));
    expect(await set('device001', { grantTypes: PASSWORD })).toMatchObject({ status: 503 });
    api.deps.commands.send = send;
    await set('device001', { grantTypes: CERTIFICATE });
    await follow();
    expect(world.record(device)).toMatchObject({ settled: true, causes: [] });
  });

  test('whoever lost its turn writes nothing', async () => {
    const { withComposition } = world.users;
    const { ofTenant } = api.permissionSets;
    const lose = () => api.clockForward(60_000);
    const written = () =>
      JSON.stringify([[...world.users.users], [...world.users.notes], [...api.certificates.records]]);
    const before = written();
    for (const act of [
      () => create('device002', { roles: [idOf('line-1')] }),
      () => set('device001', { roles: [idOf('line-1'), idOf('line-2')] }),
    ]) {
      api.permissionSets.ofTenant = async (tenant) => {
        lose();
        return ofTenant(tenant);
      };
      expect(await act()).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
      expect(written()).toBe(before);
      api.permissionSets.ofTenant = ofTenant;
    }
    world.users.withComposition = async (...of) => {
      lose();
      return withComposition(...of);
    };
    for (const act of [() => remove('device001'), () => set('device001', { roles: [] })]) {
      expect(await act()).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
      expect(written()).toBe(before);
    }
  });

  test('a device that was not let in as this user is told nothing', async () => {
    await create('device002');
    const other = world.device('device002', { issuedByAnchor: false });
    await world.onboard(world.came(other));
    const record = world.record(other);
    await set('device002', { roles: [ADMIN_ROLE] });
    expect(api.commands).toEqual([]);
    expect(world.record(other)).toEqual(record);
  });

  test('all devices of a user are told, however many', async () => {
    const { devices } = world.devices;
    const [own] = [...devices.values()];
    const record = world.record(device);
    for (let n = 0; own && n < 60; n += 1) {
      const id = certificateId(n.toString(16).padStart(64, '0'));
      devices.set(`copy${n}`, { ...own, clientId: clientId(`copy${n}`), certificateId: id });
      world.certificates.records.set(id, { ...record, id });
    }
    await set('device001', { grantTypes: [] });
    expect(new Set(api.commands.map(({ certificateId: told }) => told)).size).toBe(61);
  });

  test('U-03, J-11: every certificate that may be used as the device is told, and the device is counted once', async () => {
    const { devices } = world.devices;
    const [key, own] = [...devices].at(0) ?? [];
    const record = world.record(device);
    const [former, other] = [1, 2].map((n) => certificateId(n.toString(16).padStart(64, '0')));
    if (!key || !own || !former || !other) throw new Error('expected a device');
    for (const id of [former, other]) world.certificates.records.set(id, { ...record, id });
    devices.set(key, { ...own, former: { certificateId: former, until: null }, others: [other] });
    expect((await set('device001', { grantTypes: [] })).body).toMatchObject({ devices: 1 });
    expect(api.commands.map(({ certificateId: told }) => told)).toEqual([device, former, other]);
  });

  test('a certificate that others keep changing makes the request fail, to be repeated', async () => {
    world.certificates.recordChange = async () => null;
    expect(await set('device001', { grantTypes: [] })).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
  });

  test('U-01: a device that was refused for want of a user comes in once there is one', async () => {
    const late = world.device('device009');
    await world.onboard(world.came(late));
    expect(world.record(late).verdict).toMatchObject({ kind: 'reject', reason: 'USER_NOT_FOUND' });
    await create('device009', { grantTypes: PASSWORD });
    await world.say(late, 'retry');
    await world.onboard(world.command(late));
    expect(world.record(late).verdict).toMatchObject({ kind: 'reject', reason: 'GRANT_MISSING' });
    await set('device009', { grantTypes: CERTIFICATE });
    await world.say(late, 'retry');
    await world.onboard(world.command(late, 901));
    expect(world.state(late)).toBe('ACTIVE');
  });
});

describe('delete', () => {
  test('V-08: the device of a deleted user is suspended, others are untouched; with the user it comes back', async () => {
    await create('device001', { roles: [ADMIN_ROLE] });
    await create('device002', { roles: [ADMIN_ROLE] });
    const [one, two] = [await onboarded('device001'), await onboarded('device002')];
    const untouched = JSON.stringify(world.record(two));

    expect(await remove('device001')).toMatchObject({ status: 202, body: { username: 'device001' } });
    await follow();
    expect(world.state(one)).toBe('SUSPENDED');
    expect([...world.iot.sessions]).toEqual(['device002']);
    expect(world.iot.connect(one, 'device001')).toBe(false);
    expect(JSON.stringify(world.record(two))).toBe(untouched);
    expect(await show('device001')).toMatchObject({ status: 404, body: { code: 'USER_UNKNOWN' } });

    await create('device001');
    await follow();
    expect(world.state(one)).toBe('ACTIVE');
    expect(groupsOf('device001')).toEqual(['acme.connectware']);
  });

  test('a user that nobody knows is not found, and nothing is changed', async () => {
    const before = state();
    for (const answer of [await remove('device001'), await show('device001'), await set('device001', { roles: [] })])
      expect(answer).toMatchObject({ status: 404, body: { code: 'USER_UNKNOWN' } });
    expect(state()).toBe(before);
  });

  test('the set of its last user is deleted a while later, that of others is not', async () => {
    await create('device001', { roles: [ADMIN_ROLE] });
    await create('device002', { permissions: [read('a')] });
    await create('device003', { permissions: [read('a')] });
    const [one, two] = [setOf('device001'), setOf('device002')];
    // sees that the new sets are in use
    api.clockForward(COLLECTION_DELAY_SECONDS * 1_000);
    await api.work();
    await remove('device001');
    await remove('device002');
    await api.work();
    expect([...api.setGateway.documents.keys()].toSorted()).toEqual([one, two].toSorted());

    api.clockForward(COLLECTION_DELAY_SECONDS * 1_000);
    await api.work();
    expect([...api.setGateway.documents.keys()]).toEqual([two]);
    expect([...api.permissionSets.sets.keys()]).toEqual([`acme/${two}`]);
    expect([...world.users.notes]).toEqual([`acme/${compositionOf('device003')}/device003`]);
    expect(api.waiting).toEqual([]);
  });
});

describe('the built-in user', () => {
  test('U-04: is there, has no certificate grant, and stays out until it is given one', async () => {
    expect((await show('admin')).body).toMatchObject({
      username: 'admin',
      grantTypes: [{ method: 'password', isRequired: false }],
      roles: [ADMIN_ROLE],
      warnings: [expect.stringContaining('ADMIN_ROLE_ASSIGNED')],
      createdAt: null,
      version: 0,
    });
    const device = world.device('admin');
    await world.onboard(world.came(device));
    expect(world.record(device).verdict).toMatchObject({ kind: 'reject', reason: 'GRANT_MISSING' });

    expect(await set('admin', { grantTypes: CERTIFICATE })).toMatchObject({
      status: 202,
      body: { version: 1, roles: [ADMIN_ROLE] },
    });
    await world.say(device, 'retry');
    await world.onboard(world.command(device));
    expect(world.state(device)).toBe('ACTIVE');
    expect(may('admin', 'Publish', 'topic/a')).toBe(true);

    expect(await remove('admin')).toMatchObject({ status: 202 });
    await follow();
    expect(world.state(device)).toBe('SUSPENDED');
    expect((await show('admin')).body).toMatchObject({ version: 0, grantTypes: [{ method: 'password' }] });
  });

  test('cannot be deleted while it is as it was at first', async () => {
    expect(await remove('admin')).toMatchObject({ status: 409, body: { code: 'USER_BUILT_IN' } });
  });

  test('is in the list once, before and after it was changed', async () => {
    await create('device001');
    const names = async (limit: string) => {
      const all: string[] = [];
      for (let cursor: unknown; cursor !== null; ) {
        const query = { limit, ...(typeof cursor === 'string' && { cursor }) };
        const { body } = await api.call('GET', '/tenants/acme/api/users', { query });
        all.push(...(body['users'] as { username: string }[]).map(({ username }) => username));
        cursor = body['cursor'];
      }
      return all;
    };
    for (const limit of ['1', '2', '50']) expect(await names(limit)).toEqual(['admin', 'device001']);
    await set('admin', { grantTypes: CERTIFICATE });
    for (const limit of ['1', '2', '50']) expect(await names(limit)).toEqual(['admin', 'device001']);
  });

  test('an unknown tenant has no users, not even this one', async () => {
    for (const path of ['', '/admin'])
      expect(await api.call('GET', `/tenants/globex/api/users${path}`)).toMatchObject({
        status: 404,
        body: { code: 'TENANT_UNKNOWN' },
      });
  });
});
