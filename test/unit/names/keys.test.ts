import fc from 'fast-check';
import { expect, test } from 'vitest';
import { certificateId, clientId, tenantName } from '#domain/ids.ts';
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
      keys.tenantAnchorsPartition(tenant),
      keys.tenantStatePartition(tenant, 'HELD'),
    ]);
  const prefixes = ['acme', 'acme-2', 'acm'].map((tenant) => keys.tenantSortPrefix(tenantName(tenant)));
  for (const prefix of prefixes) expect(prefixes.filter((other) => other.startsWith(prefix))).toEqual([prefix]);
  expect(new Set([...partitions, keys.TENANTS_PARTITION]).size).toBe(partitions.length + 1);
});

test('every index has keys and a name of its own', () => {
  const indexes = Object.values(keys.INDEX);
  for (const part of ['name', 'partition', 'sort'] as const)
    expect(new Set(indexes.map((index) => index[part])).size).toBe(indexes.length);
});
