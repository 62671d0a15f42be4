import { beforeEach, describe, expect, test } from 'vitest';
import { roleIdOf } from '#adapters/name-digests.ts';
import { tenantName } from '#domain/ids.ts';
import { startOpsApi } from '#support/ops-api.ts';

const ADMIN_ROLE = 'cfb72c04-e4a8-11eb-92a8-0242ac1e0006';
const acme = tenantName('acme');
let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  api = startOpsApi();
});

const idOf = (name: string): string => roleIdOf(acme, name);
const write = (resource: string) => ({ resource, operation: 'write' });
const limitedTo = (...topics: readonly string[]) => api.tenant('acme', { naming: 'connectware', topics });
const free = () => api.tenant('acme', { naming: 'connectware' });
const role = (name: string, resources: readonly string[], more: object = {}) =>
  api.call('POST', '/tenants/acme/api/roles', { body: { name, permissions: resources.map(write), ...more } });
const edit = (name: string, body: object) => api.call('PATCH', `/tenants/acme/api/roles/${idOf(name)}`, { body });
const preview = (name: string, body: object) =>
  api.call('POST', `/tenants/acme/api/roles/${idOf(name)}/preview`, { body });
const user = (username: string, body: object) =>
  api.call('POST', '/tenants/acme/api/users', {
    body: { username, grantTypes: [{ method: 'certificate' }], ...body },
  });
const setUser = (username: string, body: object) => api.call('PATCH', `/tenants/acme/api/users/${username}`, { body });
const set = (body: object) => api.call('PATCH', '/operator/tenants/acme', { body });
/** Everything that a request could have changed. */
const state = () =>
  JSON.stringify([
    [...api.tenants.tenants],
    [...api.roles.roles],
    [...api.users.users],
    [...api.users.notes],
    [...api.permissionSets.sets],
    api.iot,
    api.waiting,
    api.commands,
  ]);

type Answer = Awaited<ReturnType<typeof set>>;
/** What it was refused with; nothing was changed. */
const refused = async (request: () => Promise<Answer>, status = 400, code = 'TOPIC_NOT_OF_TENANT'): Promise<string> => {
  const before = state();
  const answer = await request();
  expect(answer).toMatchObject({ status, body: { code } });
  expect(state()).toBe(before);
  return String(answer.body['detail']);
};

const FOREIGN = ['#', '+/x', 'tc/#', 'tc/+/state', 'tc/globex/#', 'tc/{clientId}/x', 'devices/globex_pump7/#'];
const OWN = ['tc/acme', 'tc/acme/#', 'tc/{tenant}/+/state', 'tc/acme/{clientId}/x', 'shared/state'];

describe('R-07: a tenant with topics', () => {
  beforeEach(() => {
    limitedTo('tc/{tenant}/#', 'shared/+');
  });

  test.each(FOREIGN)('has no role that names %s', async (resource) => {
    const detail = await refused(() => role('line-1', ['tc/acme/a', resource]));
    expect(detail).toBe(
      `expected permissions within the topics of tenant acme (tc/{tenant}/#, shared/+), but role line-1 permits write on ${resource}; name topics within them, give other roles, or ask an operator of the platform for more topics`,
    );
  });

  test.each(OWN)('has a role that names %s', async (resource) => {
    expect(await role('line-1', [resource])).toMatchObject({ status: 201 });
  });

  test.each(FOREIGN)(
    'has no role that is edited to name %s, nor one that looks as if it could be',
    async (resource) => {
      await role('line-1', ['tc/acme/a']);
      await user('device001', { roles: [idOf('line-1')] });
      const change = { permissions: [write('tc/acme/a'), write(resource)] };
      expect(await refused(() => edit('line-1', change))).toContain(`role line-1 permits write on ${resource};`);
      expect(await refused(() => preview('line-1', change))).toContain(`role line-1 permits write on ${resource};`);
    },
  );

  test.each(FOREIGN)('has no user with a permission of its own on %s', async (resource) => {
    const permissions = [write('tc/acme/a'), write(resource)];
    expect(await refused(() => user('device001', { permissions }))).toContain(
      `but user device001 permits write on ${resource};`,
    );
    await user('device001', { permissions: [write('tc/acme/a')] });
    expect(await refused(() => setUser('device001', { permissions }))).toContain(`user device001 permits write`);
  });

  test('gives nobody the role that names every topic', async () => {
    const roles = [ADMIN_ROLE];
    const because = 'but role connectware-admin of user device001 permits readWrite on #;';
    expect(await refused(() => user('device001', { roles }))).toContain(because);
    await user('device001', {});
    expect(await refused(() => setUser('device001', { roles }))).toContain(because);
  });

  test('gives admin no certificate grant while it has the role that names every topic', async () => {
    const grantTypes = [{ method: 'certificate' }];
    expect(await refused(() => setUser('admin', { grantTypes }))).toContain('role connectware-admin of user admin');
    expect(await setUser('admin', { grantTypes, roles: [] })).toMatchObject({ status: 202 });
  });

  test('has no role whose + may stand for more levels than the topics have', async () => {
    expect(await role('exact', ['shared/+'])).toMatchObject({ status: 201 });
    expect(await refused(() => role('wide', ['shared/+'], { plusMode: 'widen' }))).toContain(
      'role wide permits write on shared/+, where + may stand for several levels;',
    );
    expect(await refused(() => edit('exact', { plusMode: 'widen' }))).toContain('role exact permits');
  });

  test('keeps the topics of its naming: they are no permission', async () => {
    await set({ naming: 'eu2' });
    expect(api.setGateway.may('acme.eu2', 'Publish', 'topic/devices/device001/messages/events/x')).toBe(true);
    expect(await role('line-1', ['devices/acme_device01/x'])).toMatchObject({ status: 400 });
  });

  test('has paths of the HTTP door beside them', async () => {
    const permissions = [{ resource: '/api/x', operation: 'read', context: 'http' }];
    expect(await user('device001', { permissions })).toMatchObject({ status: 201 });
  });
});

describe('R-07: topics of a tenant', () => {
  const create = (body: object) =>
    api.call('POST', '/operator/tenants', { body: { tenant: 'acme', naming: 'connectware', ...body } });

  test('are set when it is created or later, each said once, and lifted again', async () => {
    const topics = ['tc/{tenant}/#', 'a/+'];
    expect(await create({ topics: [...topics, 'a/+'] })).toMatchObject({ status: 201, body: { topics } });
    expect(await refused(() => role('line-1', ['b']))).toContain('role line-1');
    expect(await set({ topics: ['b', 'b'] })).toMatchObject({ status: 200, body: { topics: ['b'] } });
    expect(await role('line-1', ['b'])).toMatchObject({ status: 201 });
    expect(await set({ userMatch: 'required' })).toMatchObject({ body: { topics: ['b'] } });
    expect(await set({ topics: null })).toMatchObject({ status: 200, body: { topics: null } });
    expect(await user('device001', { roles: [ADMIN_ROLE] })).toMatchObject({ status: 201 });
  });

  test('are every topic where nobody said otherwise', async () => {
    expect((await create({})).body).toMatchObject({ topics: null });
    expect(await role('line-1', ['tc/globex/#'])).toMatchObject({ status: 201 });
  });

  test.each([
    [['a', 'b+'], 'RESOURCE_WILDCARD', 'topics[1]: expected + as a whole level'],
    [['$SYS/#'], 'RESOURCE_RESERVED', 'topics[0]: '],
    [['a*'], 'RESOURCE_CHARSET', 'topics[0]: '],
    [['{cn}/#'], 'RESOURCE_PLACEHOLDER', 'topics[0]: '],
    [[''], 'RESOURCE_EMPTY', 'topics[0]: '],
    [['a//b'], 'RESOURCE_EMPTY_LEVEL', 'topics[0]: '],
    [['a/b/c/d/e/f/g/h/i'], 'TOPIC_TOO_DEEP', 'topics[0]: '],
    [[], 'REQUEST_INVALID', 'topics: expected at least one topic pattern, or null for every topic'],
    [Array(101).fill('a'), 'REQUEST_INVALID', 'topics: expected at most 100 topic patterns'],
    ['a', 'REQUEST_INVALID', 'topics: '],
  ])('that are not as a permission has them are refused, case %#', async (topics, code, detail) => {
    const answer = await create({ topics });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(answer.body['detail']).toContain(detail);
    expect(api.tenants.tenants.size).toBe(0);
    free();
    expect(await refused(() => set({ topics }), 400, code)).toContain(detail);
  });

  test.each([
    ['a role that nobody has', 'but role line-1 permits write on edge/x;'],
    ['a role of a user', 'but role line-1 permits write on edge/x;'],
    ['a permission of a user', 'but user device001 permits write on edge/x;'],
    ['the role that names every topic', 'but role connectware-admin of user device001 permits readWrite on #;'],
  ])('are not narrowed past %s', async (what, because) => {
    free();
    await role('fits', ['tc/acme/a']);
    const roles = [idOf('fits')];
    if (what.startsWith('a role')) await role('line-1', ['tc/acme/b', 'edge/x']);
    if (what === 'a role of a user') await user('device001', { roles: [idOf('line-1')] });
    if (what.startsWith('a permission')) await user('device001', { roles, permissions: [write('edge/x')] });
    if (what.startsWith('the role')) await user('device001', { roles: [...roles, ADMIN_ROLE] });

    const detail = await refused(() => set({ topics: ['tc/{tenant}/#'], naming: 'eu1' }), 409, 'TOPICS_IN_USE');

    expect(detail).toContain(`the topics of tenant acme (tc/{tenant}/#), ${because} change that first`);
    expect(await set({ topics: ['tc/{tenant}/#', 'edge/+', '#'] })).toMatchObject({ status: 200 });
  });

  test('are not narrowed past any role of many', async () => {
    free();
    for (let n = 0; n < 120; n += 1) await role(`line-${n}`, ['tc/acme/a']);
    const last = [...api.roles.roles.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]?.name ?? '';
    await edit(last, { permissions: [write('edge/x')] });
    expect(await refused(() => set({ topics: ['tc/acme/#'] }), 409, 'TOPICS_IN_USE')).toContain(`role ${last} permits`);
  });

  test('are not narrowed past a role of a user that the list of roles lacks yet', async () => {
    free();
    await role('line-1', ['edge/x']);
    await user('device001', { roles: [idOf('line-1')] });
    api.roles.list = async () => ({ items: [], cursor: null });
    expect(await refused(() => set({ topics: ['tc/acme/#'] }), 409, 'TOPICS_IN_USE')).toContain(
      'role line-1 of user device001 permits write on edge/x',
    );
  });

  test('are narrowed past what is kept of users that have it no more', async () => {
    free();
    await user('device001', { permissions: [write('edge/x')] });
    await setUser('device001', { permissions: [write('tc/acme/a')] });
    expect(api.permissionSets.sets.size).toBeGreaterThan(1);
    expect(await set({ topics: ['tc/acme/#'] })).toMatchObject({ status: 200 });
    expect(await refused(() => setUser('device001', { permissions: [write('edge/x')] }))).toContain('user device001');
  });

  test('and its roles are changed in turns', async () => {
    free();
    const held = await api.deps.tenantLock.take(acme);
    expect(await refused(() => set({ topics: ['a'] }), 409, 'TENANT_BUSY')).toContain('acme');
    await held?.release();

    const [narrowed, created] = await Promise.all([set({ topics: ['a'] }), role('line-1', ['b'])]);
    expect([narrowed.status, created.status]).not.toEqual([200, 201]);
  });

  test('are not set by whoever lost its turn', async () => {
    free();
    const { list } = api.roles;
    api.roles.list = async (...args) => {
      api.clockForward(60_000);
      return list(...args);
    };
    expect(await set({ topics: ['a'] })).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(await api.tenants.find(acme)).toMatchObject({ topics: null });
  });

  test('of an unknown tenant are not found', async () => {
    expect(await set({ topics: ['a'] })).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
  });
});
