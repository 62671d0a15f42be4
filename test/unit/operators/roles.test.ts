import { beforeEach, describe, expect, test } from 'vitest';
import { roleIdOf } from '#adapters/name-digests.ts';
import { TransientError } from '#domain/errors.ts';
import { tenantName } from '#domain/ids.ts';
import { OPS_API_TIMEOUT_SECONDS } from '#names/timing.ts';
import { NOW, startOpsApi } from '#support/ops-api.ts';

const ADMIN = 'cfb72c04-e4a8-11eb-92a8-0242ac1e0006';
const acme = tenantName('acme');
let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  api = startOpsApi();
  api.tenant('acme', { naming: 'connectware' });
});

const idOf = (name: string): string => roleIdOf(acme, name);
const read = (resource: string) => ({ resource, operation: 'read' });
const write = (resource: string) => ({ resource, operation: 'write' });
const readWrite = (resource: string) => ({ resource, operation: 'readWrite' });
const create = (name: string, permissions: readonly unknown[], more: object = {}) =>
  api.call('POST', '/tenants/acme/api/roles', { body: { name, permissions, ...more } });
const edit = (name: string, body: object, query?: Record<string, string>) =>
  api.call('PATCH', `/tenants/acme/api/roles/${idOf(name)}`, { body, ...(query && { query }) });
const preview = (name: string, body: object) =>
  api.call('POST', `/tenants/acme/api/roles/${idOf(name)}/preview`, { body });
const show = (id: string) => api.call('GET', `/tenants/acme/api/roles/${id}`);
const list = (query?: Record<string, string>) => api.call('GET', '/tenants/acme/api/roles', query && { query });
const remove = (id: string) => api.call('DELETE', `/tenants/acme/api/roles/${id}`);
/** A user with the roles of these names. */
const user = async (username: string, ...names: readonly string[]) => {
  const answer = await api.call('POST', '/tenants/acme/api/users', {
    body: { username, grantTypes: [{ method: 'certificate' }], roles: names.map(idOf) },
  });
  expect(answer).toMatchObject({ status: 201 });
  return api.users.users.get(`acme/${username}`)?.composition ?? '';
};
/** Everything that a request could have changed. */
const state = () =>
  JSON.stringify([
    [...api.roles.roles],
    [...api.users.users],
    [...api.users.notes],
    [...api.permissionSets.sets],
    [...api.tenants.tenants],
    [...api.certificates.records],
    api.iot,
    api.waiting,
    api.commands,
  ]);

describe('create', () => {
  test('U-07, U-08: a role is a named list of permissions, with a UUID that its name makes', async () => {
    const answer = await create('line-1', [read('edge.cybus/#'), { ...write('a/+/b'), allowRetain: true }]);
    expect(answer).toEqual({
      status: 201,
      type: 'application/json',
      body: {
        id: idOf('line-1'),
        name: 'line-1',
        permissions: [
          { resource: 'edge.cybus/#', operation: 'read', context: 'mqtt', allowRetain: false },
          { resource: 'a/+/b', operation: 'write', context: 'mqtt', allowRetain: true },
        ],
        plusMode: 'exact',
        builtIn: false,
        createdAt: '2026-01-31T12:00:00.000Z',
        version: 1,
        inexact: [],
        permissionSets: [],
      },
    });
    // as `uuid.uuid5` of Python has it
    expect(idOf('line-1')).toBe('3ac2fbf9-619d-5119-9866-60eb45e7a45b');
    expect(idOf('line-2')).not.toBe(idOf('line-1'));
    expect(roleIdOf(tenantName('globex'), 'line-1')).not.toBe(idOf('line-1'));
  });

  test('a permission that is said twice is kept once', async () => {
    const answer = await create('line-1', [read('a'), write('a'), read('a')]);
    expect(answer.body['permissions']).toMatchObject([{ operation: 'read' }, { operation: 'write' }]);
  });

  test.each([
    ['line-1', 'ROLE_EXISTS', 'acme has a role line-1; edit it instead'],
    ['connectware-admin', 'ROLE_BUILT_IN', 'the role connectware-admin is built in'],
  ])('a name that is taken is refused: %s', async (name, code, detail) => {
    await create('line-1', [read('a')]);
    const before = state();
    const answer = await create(name, [read('b')]);
    expect(answer).toMatchObject({ status: 409, body: { code } });
    expect(answer.body['detail']).toContain(detail);
    expect(state()).toBe(before);
  });

  test('one name in two tenants is two roles', async () => {
    api.tenant('globex');
    await create('line-1', [read('a')]);
    const other = await api.call('POST', '/tenants/globex/api/roles', { body: { name: 'line-1', permissions: [] } });
    expect(other).toMatchObject({ status: 201 });
    const path = `/tenants/globex/api/roles/${idOf('line-1')}`;
    expect(await api.call('GET', path)).toMatchObject({ status: 404, body: { code: 'ROLE_UNKNOWN' } });
  });

  test.each([
    ['an unknown operation', { resource: 'a', operation: 'publish' }, 'OPERATION_UNKNOWN'],
    ['an operation in other case', { resource: 'a', operation: 'Read' }, 'OPERATION_UNKNOWN'],
    ['an unknown context', { ...read('a'), context: 'amqp' }, 'CONTEXT_UNKNOWN'],
    ['a wildcard within a level', read('a+'), 'RESOURCE_WILDCARD'],
    ['a # that is not last', read('a/#/b'), 'RESOURCE_WILDCARD'],
    ['an empty level', read('a//b'), 'RESOURCE_EMPTY_LEVEL'],
    ['nothing', read(''), 'RESOURCE_EMPTY'],
    ['more than 7 slashes', read('1/2/3/4/5/6/7/8/9'), 'TOPIC_TOO_DEEP'],
    ['more than 256 bytes', read('ä'.repeat(129)), 'RESOURCE_TOO_LONG'],
    ["a policy's wildcard", read('a/*'), 'RESOURCE_CHARSET'],
    ['topics of the broker', read('$aws/things'), 'RESOURCE_RESERVED'],
    ['an unknown placeholder', read('{cn}/a'), 'RESOURCE_PLACEHOLDER'],
    ['to retain what is only read', { ...read('a'), allowRetain: true }, 'RETAIN_WITHOUT_WRITE'],
  ])('P-06, P-10, P-11: %s is refused with its position, and nothing is changed', async (_, permission, code) => {
    const before = state();
    const answer = await create('line-1', [read('good'), permission]);
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(answer.body['detail']).toMatch(/^permissions\[1\]: expected /);
    expect(state()).toBe(before);
  });

  test('P-10: a misspelt key is named with its position', async () => {
    expect(await create('line-1', [read('a'), { resource: 'a', oparation: 'read' }])).toMatchObject({
      status: 400,
      body: {
        detail:
          'body of the request: permissions.1.operation: expected the key "operation"; permissions.1.oparation: expected resource, operation, context and allowRetain alone, got "oparation"',
      },
    });
  });

  test('P-11: 300 permissions in one role are refused as a whole, never cut', async () => {
    const before = state();
    const many = Array.from({ length: 300 }, (_, n) => readWrite(`plant/line-${n}/machine/state`));
    const answer = await create('line-1', many);
    expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_TOO_LARGE' } });
    expect(answer.body['detail']).toMatch(/^role line-1, under the naming profile connectware: /);
    expect(state()).toBe(before);
  });

  test('P-09: a role at odds with itself is refused, unless it is to be widened', async () => {
    const permissions = [write('a/+/b'), write('a/x/y/b')];
    expect(await create('line-1', permissions)).toMatchObject({
      status: 400,
      body: { code: 'POLICY_UNREPRESENTABLE' },
    });
    expect(await create('line-1', permissions, { plusMode: 'widen' })).toMatchObject({
      status: 201,
      body: { plusMode: 'widen' },
    });
  });

  test('P-09: what is not exact is said of a role that no user has yet, at once and later', async () => {
    const inexact = [{ from: 'role line-1', resource: '+/x/#', because: expect.any(String) }];
    expect((await create('line-1', [readWrite('+/x/#')])).body).toMatchObject({ inexact, permissionSets: [] });
    expect((await show(idOf('line-1'))).body).toMatchObject({ inexact, permissionSets: [] });
    expect((await preview('line-1', { permissions: [read('+/x/#')] })).body).toMatchObject({ inexact });
    expect((await edit('line-1', { permissions: [read('x/#')] })).body).toMatchObject({ inexact: [] });
  });

  test('a role that its tenant would refuse by now is shown all the same', async () => {
    await create('line-1', [write('tc/+/x/o/y')]);
    await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'eu1' } });
    expect(await show(idOf('line-1'))).toMatchObject({ status: 200, body: { name: 'line-1', inexact: [] } });
  });

  test('an unknown tenant has no roles, and no lock is left of it', async () => {
    const roles = '/tenants/globex/api/roles';
    for (const answer of [
      await api.call('POST', roles, { body: { name: 'line-1', permissions: [] } }),
      await api.call('GET', roles),
      await api.call('GET', `${roles}/${ADMIN}`),
      await api.call('POST', `${roles}/${ADMIN}/preview`, { body: { plusMode: 'widen' } }),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
    expect(api.deps.tenantLock.held.size).toBe(0);
  });

  test('while others change roles or users of the tenant, nothing is changed', async () => {
    await create('line-1', [read('a')]);
    const held = await api.deps.tenantLock.take(acme);
    const before = state();
    for (const answer of [
      await create('line-2', []),
      await edit('line-1', { permissions: [] }),
      await remove(idOf('line-1')),
      await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'eu1' } }),
    ])
      expect(answer).toMatchObject({ status: 409, body: { code: 'TENANT_BUSY' } });
    expect(state()).toBe(before);
    await held?.release();
    expect(await create('line-2', [])).toMatchObject({ status: 201 });
  });

  test('whoever lost its turn writes nothing', async () => {
    await create('line-1', []);
    const { find } = api.roles;
    api.roles.find = async (...of) => {
      api.clockForward(60_000);
      return find(...of);
    };
    const before = state();
    for (const act of [
      () => create('line-2', []),
      () => edit('line-1', { permissions: [read('a')] }),
      () => remove(idOf('line-1')),
    ])
      expect(await act()).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(state()).toBe(before);
  });
});

describe('look', () => {
  test('U-07: name[eq] finds exactly one role, which has a UUID', async () => {
    await create('line-1', [read('a')]);
    const admin = await list({ 'name[eq]': 'connectware-admin' });
    expect(admin).toMatchObject({ status: 200, body: { roles: [{ id: ADMIN }], cursor: null } });
    expect(admin.body['roles']).toHaveLength(1);
    expect((await list({ 'name[eq]': 'line-1' })).body).toMatchObject({ roles: [{ id: idOf('line-1') }] });
    for (const name of ['line', 'LINE-1', ''])
      expect((await list({ 'name[eq]': name })).body).toEqual({ roles: [], cursor: null });
  });

  test('U-09: the wide role is built in, first in the list, and part of no policy before a user has it', async () => {
    await create('line-1', [read('a')]);
    await create('line-2', [read('a')]);
    const { roles } = (await list()).body as { roles: { name: string; builtIn: boolean }[] };
    expect(roles.map(({ name, builtIn }) => [name, builtIn])).toEqual([
      ['connectware-admin', true],
      ...['line-1', 'line-2'].toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).map((name) => [name, false]),
    ]);
    expect((await show(ADMIN)).body).toEqual({
      id: ADMIN,
      name: 'connectware-admin',
      permissions: [{ resource: '#', operation: 'readWrite', context: 'mqtt', allowRetain: false }],
      plusMode: 'exact',
      builtIn: true,
      createdAt: null,
      version: 1,
      inexact: [],
      permissionSets: [],
    });
  });

  test.each(['1', '2', '3', '100'])('pages of %s hold every role once, the built-in one first', async (limit) => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name, []);
    const { list: listed } = api.roles;
    api.roles.list = async (tenant, page) => {
      // fewer than one is an error of DynamoDB
      expect(page.limit).toBeGreaterThan(0);
      return listed(tenant, page);
    };
    const names: unknown[] = [];
    for (let cursor: unknown; cursor !== null; ) {
      const page = await list({ limit, ...(typeof cursor === 'string' && { cursor }) });
      const roles = page.body['roles'] as { name: string }[];
      expect(roles.length).toBeLessThanOrEqual(Number(limit));
      names.push(...roles.map(({ name }) => name));
      cursor = page.body['cursor'];
    }
    expect(names[0]).toBe('connectware-admin');
    expect(names.toSorted()).toEqual(['a', 'b', 'c', 'connectware-admin', 'd']);
  });

  test('an unknown id is not found', async () => {
    for (const answer of [
      await show(idOf('nobody')),
      await preview('nobody', { permissions: [] }),
      await edit('nobody', { permissions: [] }),
      await remove(idOf('nobody')),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'ROLE_UNKNOWN' } });
    expect(await show('line-1')).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });
});

describe('edit', () => {
  beforeEach(async () => {
    await create('line-1', [read('edge.cybus/#')]);
  });

  test('P-12, U-10: what a role permits changes in place, in the sets of all who have it', async () => {
    await create('line-2', [write('b')]);
    const [one, both] = [await user('device001', 'line-1'), await user('device002', 'line-1', 'line-2')];
    await user('device003', 'line-2');
    api.iot.length = 0;
    api.waiting.length = 0;

    const answer = await edit('line-1', { permissions: [write('edge.cybus/+/state')] });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        version: 2,
        permissions: [{ resource: 'edge.cybus/+/state', operation: 'write' }],
        permissionSets: [
          { permissionSet: `acme.connectware.${one}`, roles: ['line-1'], documents: 1, applied: false },
          { permissionSet: `acme.connectware.${both}`, documents: 1, applied: false },
        ].toSorted((a, b) => (a.permissionSet < b.permissionSet ? -1 : 1)),
      },
    });
    const asked = (due: number) =>
      api.waiting.filter((one) => one.due === NOW + due).map(({ command }) => [command.act, command.disconnect]);
    const twice = [
      ['apply', false],
      ['apply', false],
    ];
    // once more for later, when this request has ended in one way or the other
    expect([asked(0), asked(60_000), api.waiting.length]).toEqual([twice, twice, 4]);
    expect(60).toBeGreaterThan(OPS_API_TIMEOUT_SECONDS);
    expect(api.iot).toEqual([]);

    await api.work();
    expect(api.iot.toSorted()).toEqual(
      [`ensure acme.connectware.${both}`, `ensure acme.connectware.${one}`].toSorted(),
    );
    for (const composition of [one, both]) {
      const set = `acme.connectware.${composition}`;
      expect(api.setGateway.may(set, 'Publish', 'topic/edge.cybus/1/state')).toBe(true);
      expect(api.setGateway.may(set, 'Publish', 'topic/edge.cybus/1/2/state')).toBe(false);
      expect(api.setGateway.may(set, 'Subscribe', 'topicfilter/edge.cybus/#')).toBe(false);
    }
    expect((await show(idOf('line-1'))).body).toMatchObject({ permissionSets: [{ applied: true }, { applied: true }] });
    expect(api.commands).toEqual([]);

    api.iot.length = 0;
    api.clockForward(60_000);
    await api.work();
    expect([api.iot, api.waiting]).toEqual([[], []]);
  });

  test('P-12: what a request withdraws that ends right after it wrote the role is withdrawn a minute later', async () => {
    const composition = await user('device001', 'line-1');
    const { update } = api.roles;
    api.roles.update = async (...of) => {
      await update(...of);
      throw new Error('the function ended');
    };
    expect(await edit('line-1', { permissions: [] }, { disconnect: 'true' })).toMatchObject({ status: 500 });
    const subscribes = () =>
      api.setGateway.may(`acme.connectware.${composition}`, 'Subscribe', 'topicfilter/edge.cybus/#');
    await api.work();
    expect(subscribes()).toBe(true);
    api.clockForward(60_000);
    await api.work();
    expect(subscribes()).toBe(false);
    expect((await show(idOf('line-1'))).body).toMatchObject({ version: 2, permissionSets: [{ applied: true }] });
  });

  test('P-09: a combination that no user has any more stands in the way of no edit, and is not applied', async () => {
    await create('deep', [write('a/x/y/b')]);
    await user('device001', 'line-1', 'deep');
    const one = await user('device002', 'line-1');
    const roles = (names: readonly string[]) =>
      api.call('PATCH', '/tenants/acme/api/users/device001', { body: { roles: names.map(idOf) } });
    await roles(['deep']);
    api.waiting.length = 0;

    const answer = await edit('line-1', { permissions: [write('a/+/b')] });
    expect(answer).toMatchObject({ status: 202 });
    expect(answer.body['permissionSets']).toMatchObject([{ permissionSet: `acme.connectware.${one}` }]);
    expect(new Set(api.waiting.map(({ command }) => command.permissionSet))).toEqual(
      new Set([`acme.connectware.${one}`]),
    );
    expect((await show(idOf('line-1'))).body['permissionSets']).toHaveLength(1);
    expect(await roles(['line-1', 'deep'])).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
  });

  test('a set that another release applied counts as not applied, and is by an edit that changes nothing', async () => {
    const composition = await user('device001', 'line-1');
    const key = `acme/acme.connectware.${composition}`;
    const set = api.permissionSets.sets.get(key);
    if (!set?.applied) throw new Error('expected a set that is applied');
    const content = set.applied.content.replace(/^compiler@\d+ /, 'compiler@0 ');
    expect(content).not.toBe(set.applied.content);
    api.permissionSets.sets.set(key, { ...set, applied: { ...set.applied, content } });
    api.iot.length = 0;

    expect((await show(idOf('line-1'))).body).toMatchObject({ permissionSets: [{ applied: false }] });
    await edit('line-1', { permissions: [read('edge.cybus/#')] });
    await api.work();
    expect(api.iot).toEqual([`ensure ${set.id}`]);
    expect((await show(idOf('line-1'))).body).toMatchObject({ version: 1, permissionSets: [{ applied: true }] });
  });

  test.each([
    ['its answer', async () => undefined, 202],
    ['its error', () => Promise.reject(new TransientError('throttled')), 503],
  ])('a lock that cannot be given back hides nothing of a request: %s', async (_, before, status) => {
    const { take } = api.deps.tenantLock;
    api.deps.tenantLock.take = async (tenant) => {
      const held = await take(tenant);
      return held && { ...held, release: () => Promise.reject(new Error('the lock is gone')) };
    };
    const { update } = api.roles;
    api.roles.update = async (...of) => {
      await before();
      return update(...of);
    };
    expect(await edit('line-1', { permissions: [] })).toMatchObject({ status });
  });

  test('P-12: --disconnect cuts sessions once the set is applied, not before', async () => {
    const composition = await user('device001', 'line-1');
    api.iot.length = 0;
    const set = `acme.connectware.${composition}`;
    await edit('line-1', { permissions: [] }, { disconnect: 'true' });
    const cut: string[] = [];
    api.deps.deviceListing.ofPermissionSet = async (id) => {
      cut.push(`${id} after ${api.iot.join()}`);
      return { items: [], cursor: null };
    };
    await api.work();
    expect(cut).toEqual([`${set} after ensure ${set}`]);
  });

  test('an edit that equals what stands asks again for what is not applied, and for nothing else', async () => {
    await user('device001', 'line-1');
    await edit('line-1', { permissions: [write('a')] });
    api.waiting.length = 0;

    const again = await edit('line-1', { permissions: [write('a')] });
    expect(again.body).toMatchObject({ version: 2, permissionSets: [{ applied: false }] });
    expect(api.waiting).toMatchObject([{ command: { act: 'apply' } }]);

    await api.work();
    expect((await edit('line-1', { permissions: [write('a')] })).body).toMatchObject({
      permissionSets: [{ applied: true }],
    });
    expect(api.waiting).toEqual([]);
    await edit('line-1', { permissions: [write('a')] }, { disconnect: 'true' });
    expect(api.waiting).toMatchObject([{ command: { act: 'apply', disconnect: true } }]);
  });

  test('P-09: a preview says what stops being exact, and what is exact again, beside what is permitted', async () => {
    await edit('line-1', { permissions: [write('a/+/b')] });
    await user('device001', 'line-1');
    const changes = async (body: object) => {
      const [set] = (await preview('line-1', body)).body['permissionSets'] as Record<string, unknown>[];
      return set;
    };
    const wide = { permissions: [write('a/+/b'), write('a/x/y/b')], plusMode: 'widen' };
    const inexact = { from: 'role line-1', resource: 'a/+/b', kind: 'wider', because: expect.any(String) };

    expect(await changes(wide)).toMatchObject({
      gains: [{ resource: 'a/x/y/b' }],
      loses: [],
      becomesInexact: [inexact],
      becomesExact: [],
    });
    expect(await changes({ plusMode: 'widen' })).toMatchObject({ becomesInexact: [], becomesExact: [] });

    await edit('line-1', wide);
    expect(await changes({ permissions: [write('a/+/b')], plusMode: 'exact' })).toMatchObject({
      gains: [],
      loses: [{ resource: 'a/x/y/b' }],
      becomesInexact: [],
      becomesExact: [inexact],
    });
    // what stays as it is, and what goes with its permission, is not told as a change
    expect(await changes({ permissions: [...wide.permissions, read('c')] })).toMatchObject({
      becomesInexact: [],
      becomesExact: [],
    });
    expect(await changes({ permissions: [write('a/x/y/b')] })).toMatchObject({
      loses: [{ resource: 'a/+/b' }],
      becomesInexact: [],
      becomesExact: [],
    });
  });

  test('P-09: an edit that breaks any composition is refused as a whole, and the refusal names it', async () => {
    await create('deep', [write('a/x/y/b')]);
    await create('wide', [write('c/#')]);
    await user('device001', 'line-1', 'wide');
    await user('device002', 'line-1', 'deep');
    const before = state();

    const answer = await edit('line-1', { permissions: [write('a/+/b')] });
    expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
    expect(answer.body['detail']).toMatch(/^role \S+ with role \S+, under the naming profile connectware: /);
    expect(answer.body['detail']).toContain('role deep');
    expect(await preview('line-1', { permissions: [write('a/+/b')] })).toEqual(answer);
    expect(state()).toBe(before);
  });

  test('P-09: compositions under every naming profile that the tenant has had are checked', async () => {
    await create('none', []);
    await user('device001', 'line-1');
    await api.call('PATCH', '/operator/tenants/acme', { body: { naming: 'eu1' } });
    const before = state();
    // eu1 lets a device publish `tc/acme/<id>/o/*`, of which the bound of this `+` would take some away
    const answer = await edit('line-1', { permissions: [write('tc/+/x/o/y')] });
    expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
    expect(answer.body['detail']).toContain('profile eu1');
    expect(state()).toBe(before);
  });

  test('P-09: an edit that makes no sense by itself is refused, though no user has the role', async () => {
    const before = state();
    const answer = await edit('line-1', { permissions: [write('a/+/b'), write('a/x/y/b')] });
    expect(answer).toMatchObject({ status: 400, body: { code: 'POLICY_UNREPRESENTABLE' } });
    expect(answer.body['detail']).toMatch(/: a\/\+\/b cannot stand beside a\/x\/y\/b: /);
    expect(state()).toBe(before);
  });

  test('P-11: a role that fits alone is refused where its composition grows too large', async () => {
    const half = (from: string) => Array.from({ length: 80 }, (_, n) => readWrite(`${from}/line-${n}/machine`));
    await create('big', half('a'));
    await user('device001', 'line-1', 'big');
    const before = state();
    expect(await edit('line-1', { permissions: half('b') })).toMatchObject({
      status: 400,
      body: { code: 'POLICY_TOO_LARGE' },
    });
    expect(state()).toBe(before);
  });

  test('the plus mode alone can be set, and stays when it is not named', async () => {
    expect((await edit('line-1', { plusMode: 'widen' })).body).toMatchObject({ plusMode: 'widen', version: 2 });
    expect((await edit('line-1', { permissions: [] })).body).toMatchObject({ plusMode: 'widen', version: 3 });
  });

  test.each([
    [{}, 400, 'NOTHING_TO_SET'],
    [{ name: 'line-2' }, 400, 'REQUEST_INVALID'],
    [{ plusMode: 'narrow' }, 400, 'REQUEST_INVALID'],
    [{ permissions: [read('a+')] }, 400, 'RESOURCE_WILDCARD'],
  ])('%j is refused and changes nothing', async (body, status, code) => {
    const before = state();
    expect(await edit('line-1', body)).toMatchObject({ status, body: { code } });
    expect(await preview('line-1', body)).toMatchObject({ status, body: { code } });
    expect(state()).toBe(before);
  });

  test('U-10: an edit of a version that is not the stored one changes nothing, and is refused', async () => {
    const seen = (await show(idOf('line-1'))).body['version'];
    await edit('line-1', { permissions: [read('a'), read('b')], version: seen });
    const before = state();
    for (const act of [edit, preview]) {
      const answer = await act('line-1', { permissions: [read('a'), read('c')], version: seen });
      expect(answer).toMatchObject({ status: 409, body: { code: 'ROLE_CHANGED' } });
      expect(answer.body['detail']).toBe(
        'expected version 1 of role line-1, which is at version 2 by now; look at it again, then repeat',
      );
    }
    expect(await edit('line-1', { plusMode: 'widen', version: 3 })).toMatchObject({ status: 409 });
    expect(await edit('line-1', { permissions: [], version: -1 })).toMatchObject({ status: 400 });
    expect(await edit('line-1', { version: 2 })).toMatchObject({ status: 400, body: { code: 'NOTHING_TO_SET' } });
    expect(state()).toBe(before);
    expect((await edit('line-1', { permissions: [], version: 2 })).body).toMatchObject({ version: 3 });
  });

  test('U-10: an edit may be repeated with its version: it overwrites nothing', async () => {
    await user('device001', 'line-1');
    const body = { permissions: [read('a')], version: 1 };
    await edit('line-1', body);
    await api.work();
    expect(await edit('line-1', body, { disconnect: 'true' })).toMatchObject({ status: 202, body: { version: 2 } });
    expect(api.waiting.at(-1)).toMatchObject({ command: { act: 'apply', disconnect: true } });
  });

  test('a role that changed in spite of the lock is left as it is', async () => {
    api.roles.update = async () => false;
    expect(await edit('line-1', { permissions: [] })).toMatchObject({ status: 409, body: { code: 'TENANT_BUSY' } });
    expect(api.waiting).toEqual([]);
  });

  test('U-09: the built-in role can be neither edited nor deleted', async () => {
    const path = `/tenants/acme/api/roles/${ADMIN}`;
    const body = { permissions: [] };
    for (const answer of [
      await api.call('PATCH', path, { body }),
      await api.call('POST', `${path}/preview`, { body }),
      await api.call('DELETE', path),
    ])
      expect(answer).toMatchObject({ status: 409, body: { code: 'ROLE_BUILT_IN' } });
  });
});

describe('preview', () => {
  beforeEach(async () => {
    await create('line-1', [readWrite('a/#'), { ...write('r'), allowRetain: true }]);
    await create('line-2', [read('b')]);
  });
  const changes = async (permissions: readonly object[]) => {
    const before = state();
    const { body } = await preview('line-1', { permissions });
    expect(state()).toBe(before);
    const [set] = body['permissionSets'] as { gains: object[]; loses: object[] }[];
    const short = (of: { resource?: string; operation?: string; context?: string; allowRetain?: boolean }) =>
      `${of.operation} ${of.context === 'http' ? 'http ' : ''}${of.resource}${of.allowRetain ? ' retained' : ''}`;
    return [set?.gains.map(short), set?.loses.map(short)];
  };
  const stays = { ...write('r'), allowRetain: true };

  test.each([
    ['nothing', [readWrite('a/#'), stays], [], []],
    ['what another pattern covers anyway', [readWrite('a/#'), read('a/b'), stays], [], []],
    ['what another role gives anyway', [readWrite('a/#'), read('b'), stays], [], []],
    ['one direction', [read('a/#'), stays], [], ['write a/#']],
    ['a narrower pattern', [readWrite('a/b'), stays], [], ['readWrite a/#']],
    ['a wider pattern', [readWrite('#'), stays], ['readWrite #'], []],
    ['a part by each of two permissions', [read('a/#'), write('a/#'), stays], [], []],
    ['retained messages', [{ ...readWrite('a/#'), allowRetain: true }, stays], ['write a/# retained'], []],
    ['retained messages no more', [readWrite('a/#'), write('r')], [], ['write r retained']],
    ['paths of the HTTP door', [readWrite('a/#'), stays, { ...read('/a'), context: 'http' }], ['read http /a'], []],
  ])('says what devices gain and lose: %s', async (_, permissions, gains, loses) => {
    await user('device001', 'line-1', 'line-2');
    expect(await changes(permissions)).toEqual([gains, loses]);
  });

  test('names documents, what is not exact, and the first 100 devices of each set', async () => {
    const composition = await user('device001', 'line-1');
    const set = `acme.connectware.${composition}`;
    const device = (n: number) => ({
      clientId: `device${String(n).padStart(3, '0')}`,
      permissionSet: set,
      user: 'u',
      tenant: acme,
    });
    for (let n = 0; n < 101; n += 1) api.devices.devices.set(`${n}`, device(n) as never);

    const answer = await preview('line-1', { permissions: [read('+/x/#')] });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        role: 'line-1',
        permissionSets: [{ permissionSet: set, roles: ['line-1'], documents: 1, more: true }],
      },
    });
    // nothing is being applied: this is not about what IoT Core has
    expect(answer.body['permissionSets']).not.toMatchObject([{ applied: expect.anything() }]);
    const [shown] = answer.body['permissionSets'] as { devices: string[]; inexact: object[] }[];
    expect(shown?.devices).toHaveLength(100);
    expect(shown?.inexact).toMatchObject([{ from: 'role line-1', resource: '+/x/#' }]);
  });

  test('of a role that nobody has changes nothing for anybody', async () => {
    expect((await preview('line-1', { permissions: [] })).body).toEqual({
      role: 'line-1',
      plusMode: 'exact',
      inexact: [],
      permissionSets: [],
    });
  });

  test('leaves out what is kept for a while only, and no set that a user has', async () => {
    const sets = async () =>
      ((await preview('line-1', { permissions: [] })).body['permissionSets'] as { roles: string[] }[]).map(
        ({ roles }) => roles,
      );
    await user('device001', 'line-1', 'line-2');
    await user('device002', 'line-1');
    await api.call('PATCH', '/tenants/acme/api/users/device001', { body: { roles: [] } });
    // a new set is marked as well, until somebody looked at it
    expect([...api.permissionSets.sets.values()].filter(({ unusedSince }) => unusedSince !== null)).toHaveLength(2);
    expect(await sets()).toEqual([['line-1']]);
    await user('device003', 'line-1', 'line-2');
    expect(await sets()).toHaveLength(2);
  });
});

describe('delete', () => {
  beforeEach(async () => {
    await create('line-1', [read('a')]);
  });

  test('a role that a user has is in use, alone or with others', async () => {
    await create('line-2', []);
    await user('device001', 'line-1', 'line-2');
    await user('device002', 'line-1');
    const before = state();
    const answer = await remove(idOf('line-1'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'ROLE_IN_USE' } });
    expect(answer.body['detail']).toMatch(/line-1 has 2, among them device00[12]/);
    expect(state()).toBe(before);
  });

  test('who has it is not counted beyond a hundred', async () => {
    for (let n = 0; n < 101; n += 1) await user(`device${n}`, 'line-1');
    expect((await remove(idOf('line-1'))).body['detail']).toContain('line-1 has 100 or more, among them device0');
  });

  test('one that no user has any more is deleted, though its set is kept for a while', async () => {
    const composition = await user('device001', 'line-1');
    await api.call('PATCH', '/tenants/acme/api/users/device001', { body: { roles: [] } });
    expect(await remove(idOf('line-1'))).toMatchObject({ status: 200, body: { name: 'line-1' } });
    expect(await show(idOf('line-1'))).toMatchObject({ status: 404 });
    expect([...api.setGateway.documents.keys()]).toContain(`acme.connectware.${composition}`);
  });

  test('a role of a deleted name starts anew: a kept set never passes for what it says now', async () => {
    const composition = await user('device001', 'line-1');
    await api.call('PATCH', '/tenants/acme/api/users/device001', { body: { roles: [] } });
    await remove(idOf('line-1'));
    api.clockForward(1_000);
    const again = await create('line-1', [write('b')]);
    expect(again.body).toMatchObject({ version: 1, permissionSets: [] });

    await api.call('PATCH', '/tenants/acme/api/users/device001', { body: { roles: [idOf('line-1')] } });
    const set = `acme.connectware.${composition}`;
    expect(api.setGateway.may(set, 'Subscribe', 'topicfilter/a')).toBe(false);
    expect(api.setGateway.may(set, 'Publish', 'topic/b')).toBe(true);
  });
});
