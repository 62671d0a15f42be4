import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoDeviceListing } from '#adapters/dynamo-device-listing.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoPermissionSetRegistry } from '#adapters/dynamo-permission-set-registry.ts';
import { dynamoRoleRegistry } from '#adapters/dynamo-role-registry.ts';
import { registryTable } from '#adapters/dynamo-table.ts';
import { dynamoTenantLock } from '#adapters/dynamo-tenant-lock.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { TransientError } from '#domain/errors.ts';
import { anchorId, certificateId, clientId, type TenantName, tenantName } from '#domain/ids.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import { isRoleId, type Role, type RoleId } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { User } from '#domain/user.ts';
import { deviceKey, INDEX, tenantKey, tenantLockKey } from '#names/keys.ts';
import { TENANT_LOCK_SECONDS } from '#names/timing.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry, NewDevice } from '#ports/device-registry.ts';
import type {
  DeviceListing,
  PermissionSetRegistry,
  RoleRegistry,
  TenantLock,
  UserRegistry,
} from '#ports/permission-registry.ts';
import type { Page, PageRequest, TenantRegistry } from '#ports/trust-registry.ts';
import { inMemoryDeviceRegistry } from '#support/in-memory-device-registry.ts';
import {
  inMemoryDeviceListing,
  inMemoryPermissionSetRegistry,
  inMemoryRoleRegistry,
  inMemoryTenantLock,
  inMemoryUserRegistry,
} from '#support/in-memory-permissions.ts';
import { inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const globex = tenantName('globex');
const roleId = (n: number): RoleId => {
  const id = `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`;
  if (!isRoleId(id)) throw new Error(`not a role id: ${id}`);
  return id;
};

let table: RegistryTable;
let acme: TenantName;
let made = 0;
beforeAll(async () => {
  table = await startRegistryTable();
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});
beforeEach(() => {
  made += 1;
  acme = tenantName(`acme-${made}`);
  table.calls.length = 0;
});

const role = (n: number, changes: Partial<Role> = {}): Role => ({
  id: roleId(n),
  tenant: acme,
  name: `line-${n}`,
  permissions: [
    { resource: 'edge.cybus/#', operation: 'read', context: 'mqtt', allowRetain: false },
    { resource: '/api/état', operation: 'readWrite', context: 'http', allowRetain: true },
  ],
  plusMode: 'widen',
  createdAt: NOW,
  version: 1,
  ...changes,
});
const user = (username: string, changes: Partial<User> = {}): User => ({
  tenant: acme,
  username,
  grantTypes: [{ method: 'certificate', isRequired: true }],
  roles: [roleId(1), roleId(2)],
  permissions: [{ resource: 'a/b', operation: 'write', context: 'mqtt', allowRetain: false }],
  composition: '0123456789abcdef',
  createdAt: NOW,
  version: 1,
  ...changes,
});
const set = (composition: string | null): Omit<PermissionSetRecord, 'version'> => ({
  id: `${acme}.connectware${composition === null ? '' : `.${composition}`}`,
  tenant: acme,
  profile: 'connectware',
  composition,
  roles: composition === null ? [] : [roleId(1)],
  permissions: [],
  applied: null,
  unusedSince: null,
});
const device = (name: string, changes: Partial<NewDevice> = {}): NewDevice => ({
  clientId: clientId(name),
  tenant: acme,
  certificateId: certificateId('aa'.repeat(32)),
  permissionSet: `${acme}.connectware.0123456789abcdef`,
  user: name,
  claimedAt: NOW,
  ...changes,
});

/** Every item of a list, read in pages of two. */
const all = async <T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> => {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await list({ limit: 2, cursor });
    expect(page.items.length).toBeLessThanOrEqual(2);
    items.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== null);
  return items;
};

type Registries = {
  readonly roles: RoleRegistry;
  readonly users: UserRegistry;
  readonly sets: PermissionSetRegistry;
  readonly tenants: TenantRegistry;
  readonly devices: DeviceRegistry;
  readonly listing: DeviceListing;
  /** @param onWait is called before each further attempt */
  readonly lock: (clock: Clock, onWait: () => Promise<unknown>) => TenantLock;
};
const inMemory = (): Registries => {
  const users = inMemoryUserRegistry();
  const devices = inMemoryDeviceRegistry();
  return {
    roles: inMemoryRoleRegistry(),
    users,
    sets: inMemoryPermissionSetRegistry(),
    tenants: inMemoryTenantRegistry(users),
    devices,
    listing: inMemoryDeviceListing(devices),
    lock: (clock) => inMemoryTenantLock(clock),
  };
};
const inDynamoDb = (): Registries => {
  const at = [table.client, table.tableName] as const;
  return {
    roles: dynamoRoleRegistry(...at),
    users: dynamoUserRegistry(...at),
    sets: dynamoPermissionSetRegistry(...at),
    tenants: dynamoTenantRegistry(...at),
    devices: dynamoDeviceRegistry(...at),
    listing: dynamoDeviceListing(...at),
    lock: (clock, onWait) => dynamoTenantLock(...at, clock, onWait),
  };
};

describe.each([
  ['in memory', inMemory],
  ['in DynamoDB', inDynamoDb],
])('%s', (_, start) => {
  let now: number;
  let { roles, users, sets, tenants, devices, listing, lock }: Registries = inMemory();
  beforeEach(() => {
    now = NOW;
    ({ roles, users, sets, tenants, devices, listing, lock } = start());
  });
  const clock = () => now;

  describe('roles', () => {
    test('U-07: come back as they were written, to their own tenant alone', async () => {
      expect(await roles.create(role(1))).toBe(true);
      expect(await roles.find(acme, roleId(1))).toEqual(role(1));
      expect(await roles.find(globex, roleId(1))).toBeNull();
      expect(await roles.find(acme, roleId(2))).toBeNull();
    });

    test('of two creations of one name at once exactly one makes the role', async () => {
      const [one, other] = [role(1), role(1, { permissions: [] })];
      const created = await Promise.all([roles.create(one), roles.create(other)]);
      expect(created.toSorted()).toEqual([false, true]);
      expect(await roles.find(acme, roleId(1))).toEqual(created[0] ? one : other);
    });

    test('of two edits of one version exactly one is made, and none of a role that does not exist', async () => {
      await roles.create(role(1));
      const [one, other] = [role(1, { version: 2, permissions: [] }), role(1, { version: 2, plusMode: 'exact' })];
      const edited = await Promise.all([roles.update(one, 1), roles.update(other, 1)]);
      expect(edited.toSorted()).toEqual([false, true]);
      expect(await roles.find(acme, roleId(1))).toEqual(edited[0] ? one : other);
      expect(await roles.update(role(2, { version: 2 }), 1)).toBe(false);
      expect(await roles.find(acme, roleId(2))).toBeNull();
    });

    test('those of many ids that exist are found, each once; removed ones no more', async () => {
      for (const n of [1, 2, 3]) await roles.create(role(n));
      const ids = [3, 1, 9, 1].map(roleId);
      const found = await roles.findAll(acme, ids);
      expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([role(1), role(3)]);
      await roles.remove(acme, roleId(3));
      await roles.remove(acme, roleId(3));
      expect(await roles.findAll(acme, ids)).toEqual([role(1)]);
      expect(await roles.findAll(acme, [])).toEqual([]);
    });

    test('R-01: are listed whole, by id, without those of another tenant', async () => {
      for (const n of [3, 1, 2]) await roles.create(role(n));
      await roles.create(role(4, { tenant: tenantName(`${acme}-2`) }));
      expect(await all((page) => roles.list(acme, page))).toEqual([role(1), role(2), role(3)]);
    });
  });

  describe('users', () => {
    test('U-01: are found under their own name, in its own case, by their own tenant', async () => {
      await users.create(user('device01'));
      expect(await users.find(acme, 'device01')).toEqual(user('device01'));
      for (const other of ['Device01', 'device01 ', 'device0', 'device01#'])
        expect(await users.find(acme, other)).toBeNull();
      expect(await users.find(globex, 'device01')).toBeNull();
    });

    test('U-02: of two creations of one name at once exactly one makes the user', async () => {
      const [one, other] = [user('device01'), user('device01', { roles: [] })];
      const created = await Promise.all([users.create(one), users.create(other)]);
      expect(created.toSorted()).toEqual([false, true]);
      expect(await users.find(acme, 'device01')).toEqual(created[0] ? one : other);
    });

    test('of two changes of one version exactly one is made, and none of a user that does not exist', async () => {
      await users.create(user('device01'));
      const bare = user('device01', { version: 2, composition: null, roles: [], permissions: [], grantTypes: [] });
      const other = user('device01', { version: 2, grantTypes: [] });
      const changed = await Promise.all([users.update(bare, 1), users.update(other, 1)]);
      expect(changed.toSorted()).toEqual([false, true]);
      expect(await users.find(acme, 'device01')).toEqual(changed[0] ? bare : other);
      expect(await users.update(user('device02', { version: 2 }), 1)).toBe(false);
      expect(await users.find(acme, 'device02')).toBeNull();
    });

    test('V-08: a removed user is gone, and its name can be used again', async () => {
      await users.create(user('device01'));
      await users.remove(acme, 'device01');
      await users.remove(acme, 'device01');
      expect(await users.find(acme, 'device01')).toBeNull();
      expect(await users.create(user('device01'))).toBe(true);
    });

    test('R-01: are listed whole, by name, without those of another tenant', async () => {
      for (const name of ['pump', 'Valve', 'device01']) await users.create(user(name));
      await users.create(user('other', { tenant: tenantName(`${acme}-2`) }));
      expect(await all((page) => users.list(acme, page))).toEqual(
        ['Valve', 'device01', 'pump'].map((name) => user(name)),
      );
    });

    test('a composition is noted once for each of its users, and has none when every note is gone', async () => {
      const withOne = (page: PageRequest) => users.withComposition(acme, '0123456789abcdef', page);
      for (const name of ['pump', 'device01', 'Valve', 'pump']) await users.note(acme, '0123456789abcdef', name);
      await users.note(acme, 'fedcba9876543210', 'other');
      await users.note(globex, '0123456789abcdef', 'foreign');
      expect(await all(withOne)).toEqual(['Valve', 'device01', 'pump']);
      for (const name of ['pump', 'Valve', 'device01', 'device01'])
        await users.dropNote(acme, '0123456789abcdef', name);
      expect(await all(withOne)).toEqual([]);
      expect(await all((page) => users.withComposition(acme, 'fedcba9876543210', page))).toEqual(['other']);
    });
  });

  describe('a tenant with a user', () => {
    const tenant = (): Tenant => ({
      name: acme,
      naming: 'connectware',
      admission: 'auto',
      allowListId: null,
      userMatch: 'required',
      topics: ['tc/{tenant}/#', 'shared/+/é'],
      anchorLimit: 3,
      anchorRules: 'strict',
      renewal: 'approve',
      secondSession: 'refuse-new',
      createdAt: NOW,
      version: 0,
    });

    const aroundOf = (username: string | null) =>
      tenants.findAround(acme, {
        username,
        certificate: certificateId('aa'.repeat(32)),
        anchor: anchorId('bb'.repeat(32)),
        serialNumber: '1f',
      });
    const listedNowhere = { blocked: false, onCrl: false };

    test('U-01: is read whole, and without a user of that name', async () => {
      await tenants.create(tenant());
      await users.create(user('device01'));
      expect(await aroundOf('device01')).toEqual({ tenant: tenant(), user: user('device01'), ...listedNowhere });
      expect(await aroundOf('Device01')).toEqual({ tenant: tenant(), user: null, ...listedNowhere });
    });

    test('is nothing without the tenant', async () => {
      await users.create(user('device01'));
      expect(await aroundOf('device01')).toBeNull();
    });

    test('U-04: has no user that was never stored, the built-in one neither', async () => {
      await tenants.create(tenant());
      expect(await aroundOf('admin')).toEqual({ tenant: tenant(), user: null, ...listedNowhere });
      expect(await aroundOf(null)).toEqual({ tenant: tenant(), user: null, ...listedNowhere });
    });
  });

  describe('permission sets', () => {
    test('come back as they were written, at a version that every write raises', async () => {
      const first = { ...set('0123456789abcdef'), version: 1 };
      expect(await sets.put(set('0123456789abcdef'), null)).toEqual(first);
      expect(await sets.find(acme, first.id)).toEqual(first);
      const applied = { content: `${roleId(1)}@1`, documents: 3, at: NOW };
      const second = { ...first, applied, unusedSince: NOW + 1, version: 2 };
      expect(await sets.put({ ...set('0123456789abcdef'), applied, unusedSince: NOW + 1 }, 1)).toEqual(second);
      expect(await sets.find(acme, first.id)).toEqual(second);
      expect(await sets.put({ ...set('0123456789abcdef'), applied }, 2)).toMatchObject({ version: 3 });
      expect(await sets.find(acme, first.id)).toMatchObject({ applied, unusedSince: null });
    });

    test('of two writes of one version exactly one is made, and none of a set that is gone', async () => {
      const [one, other] = [
        { ...set('0123456789abcdef'), unusedSince: NOW },
        { ...set('0123456789abcdef'), unusedSince: NOW + 1 },
      ];
      const created = await Promise.all([sets.put(one, null), sets.put(other, null)]);
      expect(created.filter((record) => record !== null)).toHaveLength(1);
      const changed = await Promise.all([sets.put(set('0123456789abcdef'), 1), sets.put(one, 1), sets.put(other, 0)]);
      expect(changed.filter((record) => record !== null)).toHaveLength(1);
      await sets.remove(acme, one.id);
      expect(await sets.put(one, 2)).toBeNull();
      expect(await sets.find(acme, one.id)).toBeNull();
    });

    test('of a tenant are all found, also right after they were written', async () => {
      const compositions = [null, '0123456789abcdef', 'fedcba9876543210'];
      for (const composition of compositions) await sets.put(set(composition), null);
      await users.create(user('device01'));
      await roles.create(role(1));
      expect(await sets.ofTenant(acme)).toEqual(compositions.map((each) => ({ ...set(each), version: 1 })));
      await sets.remove(acme, `${acme}.connectware`);
      await sets.remove(acme, `${acme}.connectware`);
      expect((await sets.ofTenant(acme)).map(({ composition }) => composition)).toEqual(compositions.slice(1));
      expect(await sets.ofTenant(tenantName(`${acme}-2`))).toEqual([]);
    });
  });

  describe('devices', () => {
    const names = (found: readonly { clientId: string }[]) => found.map((one) => one.clientId);

    test('of a user are found by client id, without those of another tenant or another user', async () => {
      for (const name of ['pump', 'device01', 'device02'])
        await devices.claim(`${acme}_${name}`, device(`${acme}_${name}`, { user: 'device01' }));
      await devices.claim(`${acme}_v`, device(`${acme}_v`, { user: 'device011' }));
      await devices.claim(`${acme}_w`, device(`${acme}_w`, { user: 'device01', tenant: globex }));
      const found = await all((page) => listing.ofUser(acme, 'device01', page));
      expect(names(found)).toEqual(['device01', 'device02', 'pump'].map((name) => `${acme}_${name}`));
      expect(found[0]).toEqual(await devices.findByKey(`${acme}_device01`));
      expect(await all((page) => listing.ofUser(acme, 'Device01', page))).toEqual([]);
    });

    test('of a permission set are those of users, whatever users they are', async () => {
      const plain = `${acme}.connectware`;
      await devices.claim(`${acme}_a`, device(`${acme}_a`));
      await devices.claim(`${acme}_b`, device(`${acme}_b`));
      await devices.claim(`${acme}_c`, device(`${acme}_c`, { permissionSet: plain }));
      await devices.claim(`${acme}_d`, device(`${acme}_d`, { user: null, permissionSet: plain }));
      const of = (id: string) => all((page) => listing.ofPermissionSet(id, page)).then(names);
      expect(await of(`${plain}.0123456789abcdef`)).toEqual([`${acme}_a`, `${acme}_b`]);
      expect(await of(plain)).toEqual([`${acme}_c`]);
    });

    test('follow their user and set when they are claimed again and when another certificate takes over', async () => {
      const [key, moved] = [`${acme}_a`, `${acme}.connectware.fedcba9876543210`];
      const former = device(key).permissionSet;
      const of = async () => ({
        former: names(await all((page) => listing.ofPermissionSet(former, page))),
        moved: names(await all((page) => listing.ofPermissionSet(moved, page))),
        user: names(await all((page) => listing.ofUser(acme, 'pump', page))),
      });
      await devices.claim(key, device(key, { user: 'pump' }));
      expect(await of()).toEqual({ former: [key], moved: [], user: [key] });
      const claimed = await devices.claim(key, device(key, { user: 'pump', permissionSet: moved }));
      expect(claimed).toMatchObject({ user: 'pump', permissionSet: moved });
      expect(await of()).toEqual({ former: [], moved: [key], user: [key] });
      const next = device(key, { certificateId: certificateId('bb'.repeat(32)), user: 'valve' });
      expect(await devices.takeOver(key, next, claimed)).toBe(true);
      expect(await of()).toEqual({ former: [key], moved: [], user: [] });
      await devices.claim(key, { ...next, user: null });
      expect(await of()).toEqual({ former: [], moved: [], user: [] });
      expect((await devices.findByKey(key))?.user).toBeNull();
    });
  });

  describe('the lock of a tenant', () => {
    const patiently = async (): Promise<void> => {
      now += 250;
    };

    test('is held by one at a time; each tenant has its own', async () => {
      const turns = lock(clock, patiently);
      const held = await turns.take(acme);
      expect(() => held?.assertHeld()).not.toThrow();
      expect(await turns.take(acme)).toBeNull();
      expect(await turns.take(tenantName(`${acme}-2`))).not.toBeNull();
      await held?.release();
      expect(await turns.take(acme)).not.toBeNull();
    });

    test('is had in turn by everyone who waits for it', async () => {
      const turns = lock(clock, async () => nextTurn());
      let [inside, most, ended] = [0, 0, 0];
      const work = async () => {
        const held = await turns.take(acme);
        if (held === null) throw new Error('expected a turn');
        inside += 1;
        most = Math.max(most, inside);
        await nextTurn();
        held.assertHeld();
        inside -= 1;
        ended += 1;
        await held.release();
      };
      await Promise.all(Array.from({ length: 6 }, work));
      expect({ most, ended }).toEqual({ most: 1, ended: 6 });
    });

    test('ends by itself when its holder is gone, who may write no more and takes it from nobody', async () => {
      const turns = lock(clock, patiently);
      const former = await turns.take(acme);
      now += TENANT_LOCK_SECONDS * 1_000 - 1;
      expect(() => former?.assertHeld()).not.toThrow();
      now += 1;
      expect(() => former?.assertHeld()).toThrow(TransientError);
      const mine = await turns.take(acme);
      expect(() => mine?.assertHeld()).not.toThrow();
      await former?.release();
      expect(await turns.take(acme)).toBeNull();
    });
  });
});

describe('in the table', () => {
  const item = async (key: { pk: string; sk: string }) => registryTable(table.client, table.tableName).get(key);

  test('U-01: a tenant, its user and what lists say of a certificate cost one read; the sets of a tenant one, a note one write', async () => {
    const { tenants, users, sets } = inDynamoDb();
    const keys = {
      username: 'device01',
      certificate: certificateId('aa'.repeat(32)),
      anchor: anchorId('bb'.repeat(32)),
      serialNumber: '1f',
    };
    await tenants.findAround(acme, keys);
    await sets.ofTenant(acme);
    await users.note(acme, '0123456789abcdef', 'device01');
    expect(table.calls).toEqual(['BatchGetItem', 'Query', 'BatchWriteItem']);
  });

  test('a turn costs one write to take and one to give back', async () => {
    const held = await inDynamoDb()
      .lock(() => NOW, nextTurn)
      .take(acme);
    await held?.release();
    expect(table.calls).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await item(tenantLockKey(acme))).toEqual({ ...tenantLockKey(acme), kind: 'LOCK', tenant: acme });
  });

  test('a turn whose answer was lost is had once the SDK asked again', async () => {
    let isLost = true;
    table.client.middlewareStack.add(
      (next) => async (args) => {
        const output = await next(args);
        if (!isLost) return output;
        isLost = false;
        throw Object.assign(new Error('the connection was reset'), { name: 'TimeoutError' });
      },
      { step: 'deserialize', name: 'loseFirstAnswer' },
    );
    const held = await inDynamoDb()
      .lock(() => NOW, nextTurn)
      .take(acme)
      .finally(() => table.client.middlewareStack.remove('loseFirstAnswer'));
    expect(isLost).toBe(false);
    expect(table.calls).toEqual(['UpdateItem']);
    expect(held).not.toBeNull();
  });

  test('whoever waits for a turn pauses at random, tries again and gives up after five seconds', async () => {
    let now = NOW;
    const pauses: number[] = [];
    const waiting = dynamoTenantLock(
      table.client,
      table.tableName,
      () => now,
      async (milliseconds) => {
        pauses.push(milliseconds);
        now += milliseconds;
      },
    );
    await waiting.take(acme);
    expect(pauses).toEqual([]);
    expect(await waiting.take(acme)).toBeNull();
    expect(now - NOW).toBeGreaterThanOrEqual(5_000);
    expect(now - NOW).toBeLessThan(5_250);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(250);
    expect(new Set(pauses).size).toBeGreaterThan(1);
  });

  test('a device that is no user stands in no list of users and sets, and costs the indexes nothing', async () => {
    const { devices } = inDynamoDb();
    const key = `${acme}_a`;
    const listed = [INDEX.byUser, INDEX.byPermissionSet].flatMap(({ partition, sort }) => [partition, sort]);
    await devices.claim(key, device(key, { user: 'pump' }));
    expect(await item(deviceKey(key))).toMatchObject({
      userKey: `TENANT#${acme}#USER#pump`,
      userSort: key,
      setKey: `SET#${acme}.connectware.0123456789abcdef`,
      setSort: key,
    });
    await devices.claim(key, device(key, { user: null }));
    for (const attribute of listed) expect(await item(deviceKey(key))).not.toHaveProperty(attribute);
  });

  test('a cursor of one composition is none of another', async () => {
    const { users } = inDynamoDb();
    for (const name of ['a', 'b']) await users.note(acme, '0123456789abcdef', name);
    const { cursor } = await users.withComposition(acme, '0123456789abcdef', { limit: 1, cursor: null });
    expect(cursor).not.toBeNull();
    await expect(users.withComposition(acme, 'fedcba9876543210', { limit: 1, cursor })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
    await expect(users.list(acme, { limit: 1, cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('three hundred permissions of a role are one item', async () => {
    const { roles } = inDynamoDb();
    const permissions = Array.from({ length: 300 }, (_, n) => ({
      resource: `${'x'.repeat(250)}/${n}`,
      operation: 'readWrite' as const,
      context: 'mqtt' as const,
      allowRetain: true,
    }));
    await roles.create(role(1, { permissions }));
    expect((await roles.find(acme, roleId(1)))?.permissions).toEqual(permissions);
  });

  test('a tenant of an earlier release does not look at users, may name every topic, and renews as is usual', async () => {
    const { tenants } = inDynamoDb();
    const tenant = {
      name: acme,
      naming: 'eu1',
      admission: 'auto',
      allowListId: null,
      createdAt: NOW,
      version: 0,
    } as const;
    const usual = {
      userMatch: 'off',
      topics: null,
      anchorLimit: 2,
      anchorRules: 'default',
      renewal: 'replace',
      secondSession: 'take-over',
    } as const;
    await tenants.create({ ...tenant, ...usual, userMatch: 'required', topics: ['tc/{tenant}/#'], renewal: 'refuse' });
    const set = Object.fromEntries(Object.keys(usual).map((attribute) => [attribute, null]));
    await registryTable(table.client, table.tableName).update(tenantKey(acme), {
      set,
      condition: 'attribute_exists(#pk)',
    });
    expect(await tenants.find(acme)).toEqual({ ...tenant, ...usual });
  });
});
