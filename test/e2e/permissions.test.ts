// What users, roles and grants let a device do over real MQTT, while they change, and that every answer is explained
// as the broker gives it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '#contracts/ops-api.ts';
import type { Operation } from '#domain/permission.ts';
import { leafGroupName, policyName } from '#names/iot.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import { type MqttDevice, refusedConnect } from '#support/mqtt-device.ts';

const TENANT = 'plant-8';
const PATIENCE = { timeout: 5_000 };
const V5 = { protocolVersion: 5 } as const;
/** MQTT 5 §3.4.2.1, §3.9.3 */
const NOT_AUTHORIZED = 0x87;
const CERTIFICATE = { method: 'certificate', isRequired: false } as const;
const PASSWORD = { method: 'password', isRequired: false } as const;

let system: TestSystem;
let plant: TestTenant;
beforeAll(async () => {
  system = await startTestSystem();
  plant = await system.tenant(TENANT, { naming: 'connectware', userMatch: 'required' });
});
afterAll(() => system.stop());

type Pattern = readonly [Operation, string];
const permissionsOf = (...patterns: readonly Pattern[]) =>
  patterns.map(([operation, resource]) => ({ resource, operation, context: 'mqtt', allowRetain: false }));
const inTenant = { tenant: TENANT };

const createRole = async (name: string, ...patterns: readonly Pattern[]): Promise<string> => {
  const body = { name, permissions: permissionsOf(...patterns), plusMode: 'exact' } as const;
  return (await system.api.call('createRole', { params: inTenant, body })).id;
};
const editRole = (role: string, disconnect: boolean, ...patterns: readonly Pattern[]) =>
  system.api.call('editRole', {
    params: { tenant: TENANT, role },
    query: { disconnect: disconnect ? 'true' : 'false' },
    body: { permissions: permissionsOf(...patterns) },
  });
const createUser = (
  username: string,
  roles: readonly string[] = [],
  grantTypes: UserView['grantTypes'] = [CERTIFICATE],
) =>
  system.api.call('createUser', {
    params: inTenant,
    body: { username, identityProvider: 'local', grantTypes, roles: [...roles], permissions: [] },
  });
const setUser = (username: string, body: Partial<Pick<UserView, 'grantTypes' | 'roles' | 'permissions'>>) =>
  system.api.call('setUser', { params: { tenant: TENANT, username }, body });

/** A device that is in, with its session. */
const onboarded = async (cn: string) => {
  const device = plant.device(cn);
  await system.firstConnect(device, cn, V5);
  return { device, session: await system.connect(device, cn, V5) };
};
/** A device that is in, of a user with a role of its own. */
const equipped = async (cn: string, ...patterns: readonly Pattern[]) => {
  const role = await createRole(`role-of-${cn}`, ...patterns);
  await createUser(cn, [role]);
  return { ...(await onboarded(cn)), role };
};
const stateOf = (device: TestDevice) => expect.poll(() => system.view(device.id), PATIENCE);
const publish = (session: MqttDevice, topic: string) => session.publish(topic, '{}', { qos: 1 });
const publishEventually = (session: MqttDevice, topic: string, code: number) =>
  expect.poll(() => publish(session, topic), PATIENCE).toBe(code);

describe('a tenant that asks for users', () => {
  it('U-01 U-10: lets a device in as the user of its CN, with the permissions of its role', async () => {
    const { device, session } = await equipped('device001', ['readWrite', 'edge.cybus/#']);

    expect(await publish(session, 'edge.cybus/x/y')).toBe(0);
    expect(await session.subscribe('edge.cybus/#', 1)).toEqual([1]);
    expect(await publish(session, 'elsewhere')).toBe(NOT_AUTHORIZED);
    await session.leave();
    const view = await system.view(device.id);
    expect(view).toMatchObject({ state: 'ACTIVE', user: 'device001', thingName: 'device001' });
    const id = view?.permissionSet ?? '';
    expect(id).toMatch(/^plant-8\.connectware\.[0-9a-f]{16}$/);
    expect([...(system.iot.things.get('device001')?.groups ?? [])]).toEqual([leafGroupName({ id })]);
  });

  it.each([
    ['there is no user', 'nobody', null, 'USER_NOT_FOUND'],
    ['the user is spelt otherwise', 'device002', { username: 'Device002', grants: [CERTIFICATE] }, 'USER_NOT_FOUND'],
    ['U-03: the user has a password only', 'device003', { username: 'device003', grants: [PASSWORD] }, 'GRANT_MISSING'],
    ['U-04: it is admin, before anybody gave it the grant', 'admin', null, 'GRANT_MISSING'],
  ])('U-01: rejects a device when %s', async (_, cn, user, reason) => {
    if (user) await createUser(user.username, [], user.grants);
    const device = plant.device(cn);
    await system.firstConnect(device, cn);

    await stateOf(device).toMatchObject({ state: 'REJECTED', reason, thingName: null });
    await expect.poll(() => system.iot.certificates.get(device.id)?.status, PATIENCE).toBe('INACTIVE');
  });

  it('U-01 U-11: lets a rejected device in once its user is there and an operator retries it', async () => {
    const device = plant.device('late');
    await system.firstConnect(device, 'late');
    await stateOf(device).toMatchObject({ reason: 'USER_NOT_FOUND' });

    await createUser('late');
    await system.api.call('retryTenantDevice', { params: { tenant: TENANT, device: device.id } });

    const session = await system.connect(device, 'late');
    await session.leave();
    await stateOf(device).toMatchObject({ state: 'ACTIVE', user: 'late' });
  });
});

it('U-11: a new CA, role and user work on the running system, whose functions stay as they were deployed', async () => {
  const deployed = () => system.functions().map(({ functionName }) => functionName);
  const before = deployed();
  const ca = makeTenantCa();
  await system.api.call('registerAnchor', { params: inTenant, body: { certificate: ca.pem } });
  await createUser('newcomer', [await createRole('of-newcomers', ['write', 'new/#'])]);

  const device = issueDevice(ca, { cn: 'newcomer' });
  await system.firstConnect(device, 'newcomer', V5);
  const session = await system.connect(device, 'newcomer', V5);

  expect(await publish(session, 'new/a')).toBe(0);
  expect(await publish(session, 'old/a')).toBe(NOT_AUTHORIZED);
  await session.leave();
  expect(deployed()).toEqual(before);
});

describe('a tenant that asks for users only after a device came in', () => {
  it('U-01 U-03: has it under its user once it is retried: with its role, and suspended when the user is deleted', async () => {
    const other = await system.tenant('plant-9', { naming: 'connectware' });
    const tenant = { tenant: other.name };
    const device = other.device('veteran');
    await system.firstConnect(device, 'veteran', V5);
    const session = await system.connect(device, 'veteran', V5);
    const retry = () => system.api.call('retryTenantDevice', { params: { ...tenant, device: 'veteran' } });
    await stateOf(device).toMatchObject({ state: 'ACTIVE', user: null });
    await expect(retry()).rejects.toMatchObject({ code: 'WRONG_STATE' });

    await system.api.call('setTenant', { params: tenant, body: { userMatch: 'required' } });
    const body = { name: 'line', permissions: permissionsOf(['write', 'line/a']), plusMode: 'exact' } as const;
    const { id } = await system.api.call('createRole', { params: tenant, body });
    const user = { username: 'veteran', identityProvider: 'local' } as const;
    await system.api.call('createUser', {
      params: tenant,
      body: { ...user, grantTypes: [CERTIFICATE], roles: [id], permissions: [] },
    });
    expect(await publish(session, 'line/a')).toBe(NOT_AUTHORIZED);
    await retry();

    await publishEventually(session, 'line/a', 0);
    await stateOf(device).toMatchObject({ state: 'ACTIVE', user: 'veteran' });
    await system.api.call('deleteUser', { params: { ...tenant, username: 'veteran' } });
    await session.closed();
    await stateOf(device).toMatchObject({ state: 'SUSPENDED', certificates: [{ causes: ['GRANT_REMOVED'] }] });
  });
});

describe('F-05 P-13: without any permission a device', () => {
  it('connects, and can neither publish nor subscribe', async () => {
    await createUser('bare');
    const { session } = await onboarded('bare');

    expect(await publish(session, 'edge.cybus/x')).toBe(NOT_AUTHORIZED);
    expect(await session.subscribe('edge.cybus/x')).toEqual([NOT_AUTHORIZED]);
    await session.leave();
  });

  it.each(['publish', 'subscribe'] as const)('is cut off on MQTT 3.1.1 when it tries to %s', async (verb) => {
    await createUser(`bare-${verb}`);
    const device = plant.device(`bare-${verb}`);
    await system.firstConnect(device, `bare-${verb}`);
    const session = await system.connect(device, `bare-${verb}`);

    const attempt = verb === 'publish' ? publish(session, 'edge.cybus/x') : session.subscribe('edge.cybus/x');

    await expect(attempt).rejects.toThrow(/connection closed/);
  });
});

describe('a live device', () => {
  it('P-12 U-10: has what its role is edited to, without a new session', async () => {
    const { session, device, role } = await equipped('edited', ['write', 'line/+/state']);
    expect(await publish(session, 'line/1/state')).toBe(0);
    expect(await publish(session, 'line/1/temperature')).toBe(NOT_AUTHORIZED);
    const id = (await system.view(device.id))?.permissionSet ?? '';
    const before = system.iot.policies.get(policyName({ id }))?.defaultVersionId;

    const edited = await editRole(role, false, ['write', 'line/+/temperature']);
    expect(edited.permissionSets.map(({ permissionSet }) => permissionSet)).toContain(id);

    await publishEventually(session, 'line/1/temperature', 0);
    expect(await publish(session, 'line/1/state')).toBe(NOT_AUTHORIZED);
    expect(session.client.connected).toBe(true);
    await session.leave();
    expect(system.iot.policies.get(policyName({ id }))?.defaultVersionId).not.toBe(before);
    const shown = () => system.api.call('showRole', { params: { tenant: TENANT, role } });
    await expect.poll(async () => (await shown()).permissionSets.every(({ applied }) => applied), PATIENCE).toBe(true);
  });

  it('P-12: stops to receive what its role no longer reads', async () => {
    const { session, role } = await equipped('listener', ['readWrite', 'news/#']);
    expect(await session.subscribe('news/#', 1)).toEqual([1]);
    expect(await publish(session, 'news/a')).toBe(0);
    expect(await session.message()).toMatchObject({ topic: 'news/a' });

    await editRole(role, false, ['write', 'news/#'], ['read', 'news/b']);
    const explained = () =>
      system.api.call('explainTenantDevice', {
        params: { tenant: TENANT, device: 'listener' },
        query: { action: 'receive', resource: 'news/a', retain: 'false' },
      });
    const applied = () => system.api.call('showRole', { params: { tenant: TENANT, role } });
    await expect.poll(async () => (await applied()).permissionSets[0]?.applied, PATIENCE).toBe(true);
    expect((await explained()).allowed).toBe(false);

    expect(await publish(session, 'news/a')).toBe(0);
    expect(await publish(session, 'news/b')).toBe(0);
    // messages of one session come in order: news/a would have been first
    expect(await session.message()).toMatchObject({ topic: 'news/b' });
    await session.leave();
  });

  it('P-12: is disconnected by an edit that asks for it, and comes back with the new rights', async () => {
    const { session, device, role } = await equipped('cut', ['write', 'cut/a']);

    await editRole(role, true, ['write', 'cut/b']);

    await session.closed();
    const again = await system.connect(device, 'cut', V5);
    expect(await publish(again, 'cut/b')).toBe(0);
    expect(await publish(again, 'cut/a')).toBe(NOT_AUTHORIZED);
    await again.leave();
  });

  it('U-07: moves when its user gets another role, and has the union of both', async () => {
    const { session, device, role } = await equipped('mover', ['write', 'mover/a']);
    const before = (await system.view(device.id))?.permissionSet;
    const second = await createRole('mover-b', ['write', 'mover/b']);

    await setUser('mover', { roles: [role, second] });

    await publishEventually(session, 'mover/b', 0);
    expect(await publish(session, 'mover/a')).toBe(0);
    await session.leave();
    await expect.poll(async () => (await system.view(device.id))?.permissionSet, PATIENCE).not.toBe(before);
    const id = (await system.view(device.id))?.permissionSet ?? '';
    await expect
      .poll(() => [...(system.iot.things.get('mover')?.groups ?? [])], PATIENCE)
      .toEqual([leafGroupName({ id })]);
  });
});

describe('a grant', () => {
  it('U-03 V-08: that is removed suspends the device of its user alone, and restored lets it back in', async () => {
    const role = await createRole('pair', ['write', 'pair/#']);
    await createUser('pair-1', [role]);
    await createUser('pair-2', [role]);
    const [one, other] = [await onboarded('pair-1'), await onboarded('pair-2')];

    await setUser('pair-1', { grantTypes: [PASSWORD] });

    await one.session.closed();
    await stateOf(one.device).toMatchObject({ state: 'SUSPENDED', certificates: [{ causes: ['GRANT_REMOVED'] }] });
    await expect.poll(() => system.iot.certificates.get(one.device.id)?.status, PATIENCE).toBe('INACTIVE');
    await refusedConnect(system.connection(one.device, 'pair-1', V5));
    expect(other.session.client.connected).toBe(true);
    expect(await publish(other.session, 'pair/2')).toBe(0);
    await other.session.leave();

    await setUser('pair-1', { grantTypes: [PASSWORD, CERTIFICATE] });

    const back = await system.connect(one.device, 'pair-1', V5);
    expect(await publish(back, 'pair/1')).toBe(0);
    await back.leave();
    await stateOf(one.device).toMatchObject({ state: 'ACTIVE', certificates: [{ causes: [] }] });
  });

  it('V-08: ends with its user, and a user of that name brings the device back with its own roles', async () => {
    const { session, device } = await equipped('deleted', ['write', 'deleted/a']);

    await system.api.call('deleteUser', { params: { tenant: TENANT, username: 'deleted' } });

    await session.closed();
    await stateOf(device).toMatchObject({ state: 'SUSPENDED', certificates: [{ causes: ['GRANT_REMOVED'] }] });
    await refusedConnect(system.connection(device, 'deleted', V5));

    await createUser('deleted', [await createRole('another', ['write', 'deleted/b'])]);

    const back = await system.connect(device, 'deleted', V5);
    await publishEventually(back, 'deleted/b', 0);
    expect(await publish(back, 'deleted/a')).toBe(NOT_AUTHORIZED);
    await back.leave();
  });
});

describe('R-07: tenants with topics', () => {
  const OUTSIDE = { status: 400, code: 'TOPIC_NOT_OF_TENANT' };

  /** A session of a device with the only role that its tenant got; a role of each foreign topic was refused. */
  const deviceOf = async (name: string, foreign: readonly string[]): Promise<MqttDevice> => {
    const { call } = system.api;
    const tenant = await system.tenant(name, {
      naming: 'connectware',
      userMatch: 'required',
      topics: ['tc/{tenant}/#'],
    });
    const params = { tenant: name };
    const role = (called: string, topic: string) =>
      call('createRole', {
        params,
        body: { name: called, permissions: permissionsOf(['readWrite', topic]), plusMode: 'exact' },
      });
    const username = `device-of-${name}`;
    const user = (...roles: string[]) =>
      call('createUser', {
        params,
        body: { username, identityProvider: 'local', grantTypes: [CERTIFICATE], roles, permissions: [] },
      });

    for (const topic of foreign) await expect(role('foreign', topic)).rejects.toMatchObject(OUTSIDE);
    const { roles } = await call('listRoles', { params, query: {} });
    expect(roles.map((known) => known.name)).toEqual(['connectware-admin']);
    await expect(user(...roles.map(({ id }) => id))).rejects.toMatchObject(OUTSIDE);

    await user((await role('own', 'tc/{tenant}/#')).id);
    const device = tenant.device(username);
    await system.firstConnect(device, username, V5);
    return system.connect(device, username, V5);
  };

  it('have no role that reaches the devices of each other', async () => {
    const globex = await deviceOf('globex', ['#', 'tc/acme/#']);
    const acme = await deviceOf('acme', ['#', 'tc/+/command', 'tc/globex/#']);

    expect(await globex.subscribe('tc/globex/#', 1)).toEqual([1]);
    expect(await acme.subscribe('tc/globex/#')).toEqual([NOT_AUTHORIZED]);
    expect(await acme.publish('tc/globex/command', 'from acme', { qos: 1 })).toBe(NOT_AUTHORIZED);
    expect(await acme.publish('tc/acme/state', '{}', { qos: 1 })).toBe(0);
    expect(await globex.publish('tc/globex/command', 'from globex', { qos: 1 })).toBe(0);
    // messages of one session come in order: one of acme would have been first
    expect(await globex.message()).toMatchObject({ topic: 'tc/globex/command', text: 'from globex' });

    await acme.leave();
    await globex.leave();
  });
});

describe('explain says what the broker does', () => {
  let reader: MqttDevice;
  let writer: MqttDevice;
  const explain = (device: string, action: 'connect' | 'publish' | 'subscribe' | 'receive', resource: string) =>
    system.api.call('explainTenantDevice', {
      params: { tenant: TENANT, device },
      query: { action, resource, retain: 'false' },
    });
  beforeAll(async () => {
    const lab = await equipped(
      'explained',
      ['read', 'lab/+'],
      ['read', 'edge.cybus/#'],
      ['write', 'edge.cybus/+/state'],
      ['write', '{clientId}/out/#'],
    );
    const all = await equipped('everything', ['readWrite', '#']);
    [reader, writer] = [lab.session, all.session];
  });
  afterAll(async () => {
    await reader.leave();
    await writer.leave();
  });

  it.each([
    ['publish', 'edge.cybus/line1/state', true],
    ['publish', 'edge.cybus/line1/temperature', false],
    ['publish', 'edge.cybus/a/b/state', false],
    ['publish', 'edge.cybus/state', false],
    ['publish', 'Edge.cybus/line1/state', false],
    ['publish', 'explained/out/x', true],
    ['publish', 'explained/out', true],
    ['publish', 'everything/out/x', false],
    ['publish', 'lab/a', false],
    ['subscribe', 'edge.cybus/#', true],
    ['subscribe', 'edge.cybus', true],
    ['subscribe', 'edge.cybus/+/y', true],
    ['subscribe', 'edge.cybusX', false],
    ['subscribe', '#', false],
    ['subscribe', '+/x', false],
    ['subscribe', 'lab/+', true],
    ['subscribe', 'lab/a', true],
    ['subscribe', 'lab/a/b', false],
    ['subscribe', '$share/g/lab/a', false],
    ['subscribe', '$aws/things/explained/shadow/update', false],
  ] as const)('P-07 P-09: %s %s: %s', async (action, resource, allowed) => {
    const code =
      action === 'publish' ? await publish(reader, resource) : ((await reader.subscribe(resource, 1))[0] ?? 0x80);
    const explanation = await explain('explained', action, resource);

    // from 0x80 on a reason code refuses (MQTT 5 §2.4)
    expect([code < 0x80, explanation.allowed]).toEqual([allowed, allowed]);
    if (allowed)
      expect(explanation).toMatchObject({ statement: { effect: 'Allow' }, source: { from: 'role role-of-explained' } });
    else expect(explanation.change).not.toBeNull();
  });

  it('P-08: everything is not what begins with $', async () => {
    expect(await publish(writer, 'any/topic')).toBe(0);
    expect(await explain('everything', 'publish', 'any/topic')).toMatchObject({ allowed: true });
    for (const resource of ['$aws/things/explained/shadow/update', '$SYS/x'])
      expect(await explain('everything', 'subscribe', resource)).toMatchObject({ allowed: false });
    expect(await writer.subscribe('$aws/things/explained/shadow/#')).toEqual([NOT_AUTHORIZED]);
  });

  it('P-09: a filter that is wider than the permission delivers no more than the permission', async () => {
    expect((await explain('explained', 'subscribe', 'lab/#')).allowed).toBe(true);
    expect(await reader.subscribe('lab/#', 1)).toEqual([1]);
    expect((await explain('explained', 'receive', 'lab/a/b')).allowed).toBe(false);
    expect((await explain('explained', 'receive', 'lab/c')).allowed).toBe(true);

    expect(await publish(writer, 'lab/a/b')).toBe(0);
    expect(await publish(writer, 'lab/c')).toBe(0);

    expect(await reader.message()).toMatchObject({ topic: 'lab/c' });
  });

  it('N-10: of a client id', async () => {
    expect(await explain('explained', 'connect', 'explained')).toMatchObject({ allowed: true });
    expect(await explain('explained', 'connect', 'everything')).toMatchObject({ allowed: false });
  });
});
