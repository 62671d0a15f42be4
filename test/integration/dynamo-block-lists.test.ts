import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { anchorId, type CertificateId, certificateId, tenantName } from '#domain/ids.ts';
import type { Page, PageRequest, RevokedSerial } from '#ports/trust-registry.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const OPERATOR = 'arn:aws:iam::123456789012:user/op';
const [acme, globex] = [tenantName('acme'), tenantName('globex')];
const fingerprint = (n: number) => n.toString(16).padStart(64, '0');
const certificate = (n: number): CertificateId => certificateId(fingerprint(n));

let table: RegistryTable;
beforeAll(async () => {
  table = await startRegistryTable();
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});
beforeEach(() => {
  table.calls.length = 0;
});
const lists = () => dynamoBlockLists(table.client, table.tableName);

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

describe('X-10: fingerprints', () => {
  test('are on the list of their tenant alone, in their order, with when and by whom; blocked twice once', async () => {
    // what else stands beside a tenant is no fingerprint
    await dynamoTenantRegistry(table.client, table.tableName).writeAllowList(acme, 'list', ['pump1']);
    for (const n of [3, 1, 2, 1]) await lists().block(acme, certificate(n), { at: NOW + n, by: OPERATOR });
    await lists().block(globex, certificate(9), { at: NOW, by: OPERATOR });
    expect(await all((page) => lists().listBlocked(acme, page))).toEqual(
      [1, 2, 3].map((n) => ({ id: certificate(n), at: NOW + n, by: OPERATOR })),
    );
    expect(await lists().isBlocked(acme, certificate(1))).toBe(true);
    expect(await lists().isBlocked(acme, certificate(9))).toBe(false);
    expect(await lists().isBlocked(globex, certificate(1))).toBe(false);
  });

  test('leave it when they are unblocked, also twice', async () => {
    await lists().block(acme, certificate(5), { at: NOW, by: OPERATOR });
    await lists().unblock(acme, certificate(5));
    await lists().unblock(acme, certificate(5));
    expect(await lists().isBlocked(acme, certificate(5))).toBe(false);
  });
});

describe('serial numbers of a revocation list', () => {
  const [ca, other] = [anchorId(fingerprint(0xca)), anchorId(fingerprint(0xcb))];
  const serial = (n: number, reason: string | null = null): RevokedSerial => ({
    serialNumber: n.toString(16).padStart(2, '0'),
    revokedAt: NOW + n,
    reason,
  });

  test('are kept of their anchor alone, more than one batch holds, and those named twice once', async () => {
    const serials = Array.from({ length: 60 }, (_, n) => serial(n, n === 3 ? 'certificateHold' : null));
    await lists().addSerials(ca, [...serials, serial(3, 'certificateHold')]);
    await lists().addSerials(other, [serial(99)]);
    expect(table.calls.filter((call) => call.startsWith('BatchWrite')).length).toBe(4);
    expect(await all((page) => lists().listSerials(ca, page))).toEqual(serials);
  });

  test('stay when a list is added again, and leave when they are dropped, also twice', async () => {
    await lists().addSerials(ca, [serial(1), serial(1)]);
    await lists().dropSerials(ca, ['00', '02', '02', 'ffff']);
    await lists().dropSerials(ca, ['00']);
    const left = (await all((page) => lists().listSerials(ca, page))).map(({ serialNumber }) => serialNumber);
    expect(left).toHaveLength(58);
    expect(left.slice(0, 3)).toEqual(['01', '03', '04']);
    expect(await all((page) => lists().listSerials(other, page))).toEqual([serial(99)]);
  });
});
