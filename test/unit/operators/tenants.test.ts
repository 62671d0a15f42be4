import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { roleIdOf } from '#adapters/name-digests.ts';
import { TransientError } from '#domain/errors.ts';
import { tenantName } from '#domain/ids.ts';
import { adminRole } from '#domain/role.ts';
import { fingerprint, startOpsApi } from '#support/ops-api.ts';

const acme = tenantName('acme');
let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  api = startOpsApi();
});
const create = (body: unknown) => api.call('POST', '/operator/tenants', { body });
const set = (body: unknown) => api.call('PATCH', '/operator/tenants/acme', { body });

describe('create', () => {
  test('makes what devices need in IoT Core, then the tenant', async () => {
    expect(await create({ tenant: 'acme', naming: 'eu1' })).toEqual({
      status: 201,
      type: 'application/json',
      body: {
        tenant: 'acme',
        naming: 'eu1',
        admission: 'auto',
        allowList: false,
        userMatch: 'off',
        topics: null,
        anchorLimit: 2,
        anchorRules: 'default',
        renewal: 'replace',
        secondSession: 'take-over',
        createdAt: '2026-01-31T12:00:00.000Z',
      },
    });
    expect(api.iot).toEqual(['ensure acme.eu1']);
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'eu1', allowListId: null, version: 0 });
  });

  test('a tenant whose IoT resources cannot be made does not exist', async () => {
    api.deps.setGateway.ensure = () => Promise.reject(new Error('down'));
    expect((await create({ tenant: 'acme', naming: 'eu1' })).status).toBe(500);
    expect(await api.tenants.find(acme)).toBeNull();
  });

  test('keeps its allow-list and its admission', async () => {
    const answer = await create({
      tenant: 'acme',
      naming: '{tenant}-{cn}',
      admission: 'approve',
      allowCn: ['device01'],
    });
    expect(answer.body).toMatchObject({ allowList: true, admission: 'approve', naming: '{tenant}-{cn}' });
    const listId = (await api.tenants.find(acme))?.allowListId ?? '';
    expect(await api.tenants.isAllowed(acme, listId, 'device01')).toBe(true);
    expect(await api.tenants.isAllowed(acme, listId, 'device02')).toBe(false);
  });

  test('a tenant that exists is a conflict and stays as it is', async () => {
    await create({ tenant: 'acme', naming: 'eu1' });
    const again = await create({ tenant: 'acme', naming: 'eu2', allowCn: ['a'] });
    expect(again).toMatchObject({ status: 409, body: { code: 'TENANT_EXISTS' } });
    expect(api.iot).toHaveLength(1);
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'eu1', allowListId: null });
  });

  test('takes its turn: nobody works on sets of its name meanwhile', async () => {
    const held = await api.deps.tenantLock.take(acme);
    expect(await create({ tenant: 'acme', naming: 'eu1' })).toMatchObject({
      status: 409,
      body: { code: 'TENANT_BUSY' },
    });
    expect([api.iot, api.tenants.tenants.size]).toEqual([[], 0]);
    await held?.release();
    expect(await create({ tenant: 'acme', naming: 'eu1' })).toMatchObject({ status: 201 });
    expect(api.deps.tenantLock.held.size).toBe(0);
  });

  test('of two creations that meet, the one that comes second takes its allow-list back', async () => {
    const { find } = api.tenants;
    api.tenants.find = async () => null;
    await create({ tenant: 'acme', naming: 'eu1' });
    const second = await create({ tenant: 'acme', naming: 'eu1', allowCn: ['device01'] });
    api.tenants.find = find;
    expect(second).toMatchObject({ status: 409, body: { code: 'TENANT_EXISTS' } });
    expect(await api.tenants.isAllowed(acme, 'id-1', 'device01')).toBe(false);
  });

  test.each([
    ['a_b', 'no underscore, got "a_b"'],
    ['', 'got ""'],
    ['Acme', 'got "Acme"'],
    ['-acme', 'got "-acme"'],
    ['a'.repeat(33), '1 to 32 characters'],
    [7, 'tenant: Invalid type: Expected string but received 7'],
  ])('N-06: the tenant name %s is refused with what was expected and what came', async (tenant, detail) => {
    const answer = await create({ tenant, naming: 'eu1' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID', status: 400, title: 'Bad Request' } });
    expect(answer.body['detail']).toContain(detail);
    expect(api.tenants.tenants.size).toBe(0);
  });

  test.each(['eu3', '{cn', '{tenant}', '{cn}/{ou}'])('the naming %s is refused and nothing is made', async (naming) => {
    const answer = await create({ tenant: 'acme', naming });
    expect(answer).toMatchObject({ status: 400, body: { code: 'NAMING_INVALID' } });
    expect(answer.body['detail']).toMatch(/^(expected|not a naming template: expected)/);
    expect(api.iot).toEqual([]);
    expect(api.tenants.tenants.size).toBe(0);
  });

  test.each([
    [{ tenant: 'acme' }, 'naming'],
    [{ tenant: 'acme', naming: 'eu1', namming: 'eu2' }, 'namming'],
    [{ tenant: 'acme', naming: 'eu1', admission: 'maybe' }, 'expected auto or approve, got "maybe"'],
    [{ tenant: 'acme', naming: 'eu1', allowCn: ['a'.repeat(65)] }, 'allowCn.0'],
    [{ tenant: 'acme', naming: 'eu1', allowCn: Array(10_001).fill('a') }, 'expected at most 10000 common names'],
    [[], 'body of the request'],
  ])('a body that is not as the contract says is refused, case %#', async (body, detail) => {
    const answer = await create(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(answer.body['detail']).toContain(detail);
    expect(api.tenants.tenants.size).toBe(0);
  });
});

describe('set', () => {
  beforeEach(() => {
    api.tenant('acme');
  });

  test('N-04: a new naming has its permission set before the tenant refers to it', async () => {
    const { update } = api.tenants;
    api.tenants.update = async (tenant, version) => {
      expect(api.iot).toEqual(['ensure acme.eu2']);
      return update(tenant, version);
    };
    expect(await set({ naming: 'eu2' })).toMatchObject({ status: 200, body: { naming: 'eu2', admission: 'auto' } });
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'eu2', version: 1 });
  });

  test('N-04: a device that is in keeps its client id under a new naming', async () => {
    const id = await api.onboarded(fingerprint(1), acme, 'acme_device01');
    const before = await api.certificates.find(id);
    await set({ naming: 'connectware' });
    expect(await api.certificates.find(id)).toEqual(before);
    expect(await api.devices.findByKey('acme_device01')).toMatchObject({ clientId: 'acme_device01' });
  });

  test('what is not named stays', async () => {
    await set({ allowCn: ['device01'] });
    await set({ admission: 'approve' });
    expect(api.iot).toEqual([]);
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'eu1', admission: 'approve', allowListId: 'id-1' });
  });

  test('a new allow-list stands whole before it is in force, and the old one goes after', async () => {
    await set({ allowCn: ['old'] });
    const { update } = api.tenants;
    api.tenants.update = async (tenant, version) => {
      expect(await api.tenants.isAllowed(acme, 'id-1', 'old')).toBe(true);
      expect(await api.tenants.isAllowed(acme, 'id-2', 'new')).toBe(true);
      return update(tenant, version);
    };
    expect(await set({ allowCn: ['new'] })).toMatchObject({ status: 200, body: { allowList: true } });
    api.tenants.update = update;
    expect(await api.tenants.isAllowed(acme, 'id-1', 'old')).toBe(false);
    expect(await set({ allowCn: null })).toMatchObject({ body: { allowList: false } });
    expect(await api.tenants.isAllowed(acme, 'id-2', 'new')).toBe(false);
  });

  test('a change that meets another is refused, takes its allow-list back and leaves the one in force', async () => {
    await set({ allowCn: ['device01'] });
    api.tenants.update = async () => false;
    expect(await set({ allowCn: ['device02'] })).toMatchObject({ status: 409, body: { code: 'TENANT_CHANGED' } });
    expect(await api.tenants.isAllowed(acme, 'id-1', 'device01')).toBe(true);
    expect(await api.tenants.isAllowed(acme, 'id-2', 'device02')).toBe(false);
  });

  test.each([
    [{}, 400, 'NOTHING_TO_SET'],
    [{ naming: 'eu9' }, 400, 'NAMING_INVALID'],
    [{ tenant: 'globex' }, 400, 'REQUEST_INVALID'],
  ])('%j is refused', async (body, status, code) => {
    expect(await set(body)).toMatchObject({ status, body: { code } });
    expect(await api.tenants.find(acme)).toMatchObject({ version: 0 });
  });

  test('an unknown tenant is not found, and nothing is made for it', async () => {
    const answer = await api.call('PATCH', '/operator/tenants/globex', { body: { naming: 'eu2', allowCn: ['a'] } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
    expect(api.iot).toEqual([]);
  });
});

describe('users of a tenant', () => {
  const roles = '/tenants/acme/api/roles';
  const role = (name: string, ...resources: readonly string[]) =>
    api.call('POST', roles, {
      body: { name, permissions: resources.map((resource) => ({ resource, operation: 'write' })) },
    });
  const user = (username: string, ...names: readonly string[]) =>
    api.call('POST', '/tenants/acme/api/users', {
      body: { username, roles: names.map((name) => roleIdOf(acme, name)) },
    });

  test('U-01: are not looked at until it asks for them, which can be set alone', async () => {
    expect((await create({ tenant: 'acme', naming: 'connectware' })).body).toMatchObject({ userMatch: 'off' });
    expect(await set({ userMatch: 'required' })).toMatchObject({ status: 200, body: { userMatch: 'required' } });
    expect((await set({ admission: 'approve' })).body).toMatchObject({ userMatch: 'required', admission: 'approve' });
    expect((await set({ userMatch: 'off' })).body).toMatchObject({ userMatch: 'off' });
    const other = await create({ tenant: 'globex', naming: 'connectware', userMatch: 'required' });
    expect(other.body).toMatchObject({ userMatch: 'required' });
    expect(await set({ userMatch: 'maybe' })).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });

  test('U-13: have their sets under a new naming before the tenant has it', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'a');
    await role('line-2', 'b');
    await user('device001', 'line-1');
    await user('device002', 'line-1', 'line-2');
    const before = [...api.setGateway.documents.keys()];
    expect(before).toHaveLength(3);
    const { update } = api.tenants;
    api.tenants.update = async (tenant, version) => {
      expect([...api.setGateway.documents.keys()].toSorted()).toEqual(
        [...before, ...before.map((id) => id.replace('connectware', 'eu1'))].toSorted(),
      );
      return update(tenant, version);
    };
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 200 });

    const [, one = ''] = before;
    const may = (action: string, path: string) => api.setGateway.may(one.replace('connectware', 'eu1'), action, path);
    expect(may('Publish', 'topic/a')).toBe(true);
    expect(may('Publish', 'topic/tc/acme/device001/o/amo_v3/m')).toBe(true);
    expect(api.setGateway.may(one, 'Publish', 'topic/tc/acme/device001/o/amo_v3/m')).toBe(false);
  });

  test('P-09: a naming that some composition of roles does not fit is refused, and nothing is changed', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'tc/+/x/o/y');
    await user('device001', 'line-1');
    const before = JSON.stringify([api.iot, [...api.permissionSets.sets], [...api.tenants.tenants]]);
    const answer = await set({ naming: 'eu1' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
    expect(answer.body['detail']).toMatch(/^role line-1, under the naming profile eu1: /);
    expect(JSON.stringify([api.iot, [...api.permissionSets.sets], [...api.tenants.tenants]])).toBe(before);
  });

  test('P-09: a combination that no user has any more stands in the way of no naming, and is not made', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'tc/+/x/o/y');
    await role('line-2', 'b');
    await user('device001', 'line-1');
    await user('device002', 'line-2');
    await api.call('DELETE', '/tenants/acme/api/users/device001');
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 200 });
    const composed = [...api.permissionSets.sets.values()].filter(({ composition }) => composition !== null);
    expect(composed.map(({ profile, roles }) => [profile, roles]).toSorted()).toEqual([
      ['connectware', [roleIdOf(acme, 'line-1')]],
      ['connectware', [roleIdOf(acme, 'line-2')]],
      ['eu1', [roleIdOf(acme, 'line-2')]],
    ]);
  });

  test('U-13: a role that is made anew gives all of its rights under a naming that was set meanwhile', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'a');
    await role('line-2', 'b');
    await user('device001', 'line-1', 'line-2');
    await api.call('DELETE', '/tenants/acme/api/users/device001');
    await api.call('DELETE', `${roles}/${roleIdOf(acme, 'line-2')}`);
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 200 });
    await role('line-2', 'c');
    await user('device001', 'line-1', 'line-2');
    const made = `acme.eu1.${api.users.users.get('acme/device001')?.composition}`;
    for (const topic of ['a', 'c']) expect(api.setGateway.may(made, 'Publish', `topic/${topic}`)).toBe(true);
  });

  test('a set is recorded with all roles that its composition names, whichever of them exist', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'a');
    await user('device001', 'line-1');
    api.roles.roles.clear();
    await set({ naming: 'eu1' });
    const made = `acme/acme.eu1.${api.users.users.get('acme/device001')?.composition}`;
    expect(api.permissionSets.sets.get(made)).toMatchObject({ roles: [roleIdOf(acme, 'line-1')] });
  });

  test('a set that is kept for other roles under the same name is never given', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'a');
    await role('line-2', 'b');
    await user('device001', 'line-1');
    const [key, kept] = [...api.permissionSets.sets].find(([, { composition }]) => composition !== null) ?? [];
    if (key === undefined || !kept) throw new Error('expected the set of the user');
    for (const other of [{ roles: [roleIdOf(acme, 'line-2')] }, { permissions: adminRole(acme).permissions }]) {
      api.permissionSets.sets.set(key, { ...kept, ...other });
      expect(await user('device002', 'line-1')).toMatchObject({ status: 500 });
      expect(api.users.users.size).toBe(1);
    }
  });

  test('the naming that stands already brings every set to what this release compiles, those of earlier namings too', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    await role('line-1', 'a');
    await user('device001', 'line-1');
    await set({ naming: 'eu1' });
    const sets = [...api.permissionSets.sets.values()].map(({ id }) => id);
    expect(sets).toHaveLength(4);
    api.iot.length = 0;
    await set({ naming: 'eu1' });
    expect(api.iot).toEqual([]);
    for (const [key, one] of api.permissionSets.sets) {
      if (!one.applied) throw new Error('expected a set that is applied');
      const content = one.applied.content.replace(/^compiler@\d+/, 'compiler@0');
      api.permissionSets.sets.set(key, { ...one, applied: { ...one.applied, content } });
    }
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 200 });
    expect(api.iot.toSorted()).toEqual(sets.map((id) => `ensure ${id}`).toSorted());
  });

  test('the lock is given back once no set is being made any more, also when one cannot be made', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    for (const name of ['line-1', 'line-2', 'line-3']) await role(name, name);
    for (const name of ['line-1', 'line-2', 'line-3']) await user(name, name);
    let [calls, running] = [0, 0];
    const { ensure } = api.setGateway;
    api.setGateway.ensure = async (of, documents) => {
      calls += 1;
      if (calls === 1) throw new TransientError('throttled');
      running += 1;
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      running -= 1;
      await ensure(of, documents);
    };
    const { take } = api.deps.tenantLock;
    const released: number[] = [];
    api.deps.tenantLock.take = async (tenant) => {
      const held = await take(tenant);
      return (
        held && {
          ...held,
          release: async () => {
            released.push(running);
            await held.release();
          },
        }
      );
    };
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 503 });
    expect([calls, released]).toEqual([4, [0]]);
  });

  test('whoever lost its turn to change the naming does not', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    const { ensure } = api.setGateway;
    api.setGateway.ensure = async (of, documents) => {
      api.clockForward(60_000);
      await ensure(of, documents);
    };
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'connectware' });
  });

  test('many compositions are made a few at a time, and a repeat goes on where a set could not be made', async () => {
    await create({ tenant: 'acme', naming: 'connectware' });
    for (let n = 0; n < 12; n += 1) {
      await role(`line-${n}`, `line-${n}`);
      await user(`device${n}`, `line-${n}`);
    }
    const { ensure } = api.setGateway;
    let [running, most, calls] = [0, 0, 0];
    api.setGateway.ensure = async (of, documents) => {
      calls += 1;
      running += 1;
      const call = calls;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (call === 8) throw new TransientError('throttled');
      await ensure(of, documents);
    };
    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(running).toBe(0);
    expect(await api.tenants.find(acme)).toMatchObject({ naming: 'connectware' });
    expect(api.deps.tenantLock.held.size).toBe(0);

    expect(await set({ naming: 'eu1' })).toMatchObject({ status: 200 });
    expect([most, calls]).toEqual([5, 14]);
    expect([...api.setGateway.documents.keys()].filter((id) => id.includes('eu1'))).toHaveLength(13);
  });
});

describe('read', () => {
  test('lists tenants by page and shows one', async () => {
    for (const name of ['acme', 'globex', 'initech']) api.tenant(name);
    const page = await api.call('GET', '/operator/tenants', { query: { limit: '2' } });
    expect(page).toMatchObject({ status: 200, body: { tenants: [{ tenant: 'acme' }, { tenant: 'globex' }] } });
    const rest = await api.call('GET', '/operator/tenants', {
      query: { limit: '2', cursor: String(page.body['cursor']) },
    });
    expect(rest.body).toMatchObject({ tenants: [{ tenant: 'initech' }], cursor: null });
    expect(await api.call('GET', '/tenants/globex')).toMatchObject({ status: 200, body: { tenant: 'globex' } });
    expect(await api.call('GET', '/tenants/umbrella')).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
  });
});

describe('settings of trust', () => {
  const SETTINGS = {
    anchorLimit: 5,
    anchorRules: 'strict',
    renewal: 'approve',
    secondSession: 'refuse-new',
  } as const;

  test('CA-03, CA-05, J-11, N-09: are kept as they are given, and shown', async () => {
    expect((await create({ tenant: 'acme', naming: 'eu1', ...SETTINGS })).body).toMatchObject(SETTINGS);
    expect(await api.tenants.find(acme)).toMatchObject(SETTINGS);
    expect((await api.call('GET', '/tenants/acme')).body).toMatchObject(SETTINGS);
  });

  test.each(Object.entries(SETTINGS))('%s changes alone', async (name, value) => {
    await create({ tenant: 'acme', naming: 'eu1', allowCn: ['a'] });
    const before = await api.tenants.find(acme);
    const answer = await api.call('PATCH', '/operator/tenants/acme', { body: { [name]: value } });
    expect(answer).toMatchObject({ status: 200, body: { [name]: value } });
    expect(await api.tenants.find(acme)).toEqual({
      ...before,
      [name]: value,
      version: expect.any(Number),
    });
  });

  test.each([
    [{ anchorLimit: 0 }, 'anchorLimit: expected 1 at least'],
    [{ anchorLimit: 101 }, 'anchorLimit: expected 100 at most'],
    [{ anchorLimit: 1.5 }, 'anchorLimit: expected a whole number'],
    [{ anchorRules: 'lax' }, 'anchorRules: expected default or strict, got "lax"'],
    [{ renewal: 'never' }, 'renewal: expected one of replace, coexist, approve, refuse, got "never"'],
    [{ secondSession: 'both' }, 'secondSession: expected take-over or refuse-new, got "both"'],
  ])('%j is refused with what was expected, and nothing is set', async (body, detail) => {
    await create({ tenant: 'acme', naming: 'eu1' });
    const before = await api.tenants.find(acme);
    const answer = await api.call('PATCH', '/operator/tenants/acme', { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(answer.body['detail']).toContain(detail);
    expect(await api.tenants.find(acme)).toEqual(before);
  });
});
