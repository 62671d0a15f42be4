import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import { adminRole } from '#domain/role.ts';
import * as keys from '#names/keys.ts';

const id = certificateId('1'.repeat(64));
const time = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });

test('times sort as text in the order of time, to the end of the last year that X.509 can name', () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(keys.timeSort(a, id) < keys.timeSort(b, id)).toBe(a < b);
      expect(keys.timeSort(a, id).startsWith(keys.dayOf(a))).toBe(true);
    }),
  );
});

test('the certificates of one client id stand together, before those of every longer one', () => {
  const ids = ['acme_a', 'acme_a-1', 'acme_a1', 'acme_a:1', 'acme_aa', 'acme_a_'].map(clientId);
  const sorts = ids.map((name) => keys.clientIdSort(name, id));
  expect(sorts.toSorted()[0]).toBe(sorts[0]);
  expect(sorts.filter((sort) => sort.startsWith('acme_a#'))).toHaveLength(1);
  expect(keys.clientIdSort(null, id) < keys.clientIdSort(clientId('0'), id)).toBe(true);
});

test('R-07: no partition of one tenant is a partition of another, or of all', () => {
  const partitions = ['acme', 'acme-anchors', 'anchors', 'tenants']
    .map(tenantName)
    .flatMap((tenant) => [
      keys.tenantDevicesPartition(tenant),
      keys.tenantStatePartition(tenant, 'HELD'),
      keys.tenantRolesPartition(tenant),
      keys.tenantUsersPartition(tenant),
      keys.userDevicesPartition(tenant, 'pump'),
      keys.userDevicesPartition(tenant, 'USERS'),
    ]);
  const prefixes = ['acme', 'acme-2', 'acm'].map((tenant) => keys.tenantSortPrefix(tenantName(tenant)));
  for (const prefix of prefixes) expect(prefixes.filter((other) => other.startsWith(prefix))).toEqual([prefix]);
  expect(new Set([...partitions, keys.TENANTS_PARTITION]).size).toBe(partitions.length + 1);
});

test('J-11: the key of a device is read from where it is stored', () => {
  for (const key of ['acme_pump', 'DEVICE#acme', '#']) expect(keys.deviceKeyIn(keys.deviceKey(key))).toBe(key);
});

test('every index has keys and a name of its own', () => {
  const indexes = Object.values(keys.INDEX);
  for (const part of ['name', 'partition', 'sort'] as const)
    expect(new Set(indexes.map((index) => index[part])).size).toBe(indexes.length);
});

const tenantText = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/).map(tenantName);
/** the alphabet of the management API, and the CN of a certificate: `#` is in neither */
const username = fc.stringMatching(/^[a-zA-Z0-9:._@-]{1,64}$/);
const composition = fc.stringMatching(/^[0-9a-f]{16}$/);

test('no two items have one key: what a key is made of can be read from it', () => {
  type Made = { readonly from: string; readonly pk: string; readonly sk: string };
  const made = (kind: string, parts: readonly string[], key: { pk: string; sk: string }): Made => ({
    from: JSON.stringify([kind, ...parts]),
    ...key,
  });
  const key: fc.Arbitrary<Made> = fc
    .record({ tenant: tenantText, name: username, composition, kind: fc.nat(10) })
    .map(({ tenant, name, composition: hash, kind }) => {
      const role = adminRole(tenant).id;
      const all = [
        made('tenant', [tenant], keys.tenantKey(tenant)),
        made('cn', [tenant, hash, name], keys.allowListEntryKey(tenant, hash, name)),
        made('role', [tenant, role], keys.roleKey(tenant, role)),
        made('user', [tenant, name], keys.userKey(tenant, name)),
        made('set', [tenant, hash], keys.permissionSetKey(tenant, `${tenant}.eu1.${hash}`)),
        made('note', [tenant, hash, name], keys.compositionNoteKey(tenant, hash, name)),
        made('lock', [tenant], keys.tenantLockKey(tenant)),
        made('device', [name], keys.deviceKey(name)),
        made('certificate', [], keys.certificateKey(id)),
        made('anchor', [], keys.anchorKey(anchorId(id))),
      ];
      return all[kind] ?? made('event', [name], keys.rejectedEventKey(name));
    });
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: ({ from }) => from, maxLength: 30 }), (some) => {
      expect(new Set(some.map(({ pk, sk }) => `${pk} ${sk}`)).size).toBe(some.length);
    }),
  );
});

test('R-07: a username that spells the keys of another kind of item is still a user of its own tenant', () => {
  const [acme, globex] = [tenantName('acme'), tenantName('globex')];
  for (const name of ['LOCK', 'TENANT', 'SET', 'ROLE', 'USERS', 'acme', 'COMPOSITION']) {
    expect(keys.userKey(acme, name)).toEqual({ pk: 'TENANT#acme', sk: `USER#${name}` });
    expect(keys.userDevicesPartition(acme, name)).toBe(`TENANT#acme#USER#${name}`);
    expect(keys.userDevicesPartition(globex, name)).not.toBe(keys.userDevicesPartition(acme, name));
  }
});

test('the notes of one composition and the sets of one tenant stand under a key of their own', () => {
  fc.assert(
    fc.property(tenantText, tenantText, composition, composition, username, (tenant, other, one, two, name) => {
      const [note, another] = [keys.compositionNoteKey(tenant, one, name), keys.compositionNoteKey(other, two, name)];
      expect(note.pk === another.pk).toBe(tenant === other && one === two);
      expect(note.sk.startsWith(keys.COMPOSITION_NOTE_SORT_PREFIX)).toBe(true);
      const { pk, sk } = keys.permissionSetKey(tenant, `${tenant}.eu1.${one}`);
      expect(pk).toBe(keys.tenantKey(tenant).pk);
      expect(sk.startsWith(keys.PERMISSION_SET_SORT_PREFIX)).toBe(true);
      for (const beside of [keys.userKey(tenant, name), keys.tenantLockKey(tenant), keys.tenantKey(tenant)])
        expect(beside.sk.startsWith(keys.PERMISSION_SET_SORT_PREFIX)).toBe(false);
    }),
  );
});
