import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import type { Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { anchorId, certificateId, clientId, type TenantName, tenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { RejectedEvent } from '#ports/messages.ts';
import type { Page, PageRequest } from '#ports/trust-registry.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const DAY = 86_400_000;
const [acme, globex] = [tenantName('acme'), tenantName('globex')];
const fingerprint = (n: number) => n.toString(16).padStart(64, '0');
const anchorOf = (tenant: TenantName) => anchorId((tenant === acme ? 'a0' : 'b0').repeat(32));

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

describe('certificates', () => {
  const accept = (id: string): Verdict => ({
    kind: 'accept',
    clientId: clientId(id),
    permissionSet: 'acme.eu1',
    user: null,
  });
  const hold = (id: string): Verdict => ({
    kind: 'hold',
    clientId: clientId(id),
    reason: 'APPROVAL_REQUIRED',
    seen: 'approve',
  });
  const reject: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: '' };
  const seeds: [n: number, tenant: TenantName, verdict: Verdict, decidedAt: number, validTo: number | null][] = [
    [1, acme, accept('acme_pump2'), NOW - DAY, NOW + 10 * DAY],
    [2, acme, accept('acme_pump1'), NOW, NOW + 20 * DAY],
    [3, acme, hold('acme_valve1'), NOW + 1, NOW + 10 * DAY],
    [4, acme, reject, NOW + 2, null],
    [5, globex, accept('globex_pump1'), NOW + 3, NOW + 10 * DAY],
    [6, acme, hold('acme_valve2'), NOW + 4, NOW + 10 * DAY],
  ];
  const listing = () => dynamoCertificateListing(table.client, table.tableName);
  const numbers = (items: readonly { id: string }[]) => items.map(({ id }) => Number.parseInt(id, 16));

  beforeAll(async () => {
    const registry = dynamoCertificateRegistry(table.client, table.tableName);
    for (const [n, tenant, verdict, decidedAt, validTo] of seeds) {
      const id = certificateId(fingerprint(n));
      await registry.claim(id, { owner: 'a', now: NOW - n, until: NOW });
      await registry.decide(id, 0, {
        verdict,
        causes: [],
        memberships: [],
        anchorId: anchorOf(tenant),
        tenant,
        subject: '',
        serialNumber: null,
        publicKeyId: null,
        validTo,
        entry: {
          at: decidedAt,
          actor: 'onboarding',
          state: stateOf({ verdict, causes: [] }),
          reason: null,
          seen: null,
          rules: 1,
        },
      });
    }
  });

  test('R-01: of a tenant, by client id; those without one come first', async () => {
    expect(numbers(await all((page) => listing().ofTenant(acme, '', page)))).toEqual([4, 2, 1, 3, 6]);
    expect(numbers(await all((page) => listing().ofTenant(acme, 'acme_pump', page)))).toEqual([2, 1]);
    expect(numbers(await all((page) => listing().ofTenant(acme, 'globex', page)))).toEqual([]);
  });

  test('R-01: of a tenant in one state, since a time', async () => {
    expect(numbers(await all((page) => listing().inState(acme, 'ACTIVE', 0, page)))).toEqual([1, 2]);
    expect(numbers(await all((page) => listing().inState(acme, 'ACTIVE', NOW, page)))).toEqual([2]);
    expect(numbers(await all((page) => listing().inState(acme, 'HELD', NOW + 2, page)))).toEqual([6]);
  });

  test('R-01: under an anchor, by first sight', async () => {
    expect(numbers(await all((page) => listing().underAnchor(anchorOf(acme), page)))).toEqual([6, 4, 3, 2, 1]);
  });

  test('R-01: decided on a day, of every tenant', async () => {
    expect(numbers(await all((page) => listing().decidedOn('2026-01-31', 0, page)))).toEqual([2, 3, 4, 5, 6]);
    expect(numbers(await all((page) => listing().decidedOn('2026-01-31', NOW + 3, page)))).toEqual([5, 6]);
    expect(numbers(await all((page) => listing().decidedOn('2026-01-30', 0, page)))).toEqual([1]);
  });

  test('R-01: expiring on a day; an unreadable certificate expires never', async () => {
    expect(numbers(await all((page) => listing().expiringOn('2026-02-10', page)))).toEqual([1, 3, 5, 6]);
  });

  test('a line carries what a list shows, and a new decision moves it to its new state', async () => {
    const registry = dynamoCertificateRegistry(table.client, table.tableName);
    const id = certificateId(fingerprint(7));
    const line = {
      id,
      clientId: null,
      tenant: globex,
      anchorId: anchorOf(globex),
      state: 'REJECTED',
      reason: 'CN_MISSING',
      seen: '',
      firstSeenAt: NOW,
      decidedAt: NOW,
      validTo: null,
    };
    const entry = { at: NOW, actor: 'onboarding', state: 'REJECTED', reason: null, seen: null, rules: 1 } as const;
    const facts = {
      causes: [],
      memberships: [],
      anchorId: anchorOf(globex),
      tenant: globex,
      subject: '',
      serialNumber: null,
      publicKeyId: null,
      validTo: null,
      entry,
    };
    await registry.claim(id, { owner: 'a', now: NOW, until: NOW });
    await registry.decide(id, 0, { ...facts, verdict: reject });
    const page = { limit: 10, cursor: null };
    expect((await listing().inState(globex, 'REJECTED', 0, page)).items).toEqual([line]);
    await registry.decide(id, 1, { ...facts, verdict: hold('globex_pump2'), validTo: NOW + DAY });
    expect((await listing().inState(globex, 'REJECTED', 0, page)).items).toEqual([]);
    expect((await listing().inState(globex, 'HELD', 0, page)).items).toEqual([
      {
        ...line,
        clientId: 'globex_pump2',
        state: 'HELD',
        reason: 'APPROVAL_REQUIRED',
        seen: 'approve',
        validTo: NOW + DAY,
      },
    ]);
  });

  test('V-03: a line says what bars who was let in, until nothing does', async () => {
    const registry = dynamoCertificateRegistry(table.client, table.tableName);
    const id = certificateId(fingerprint(8));
    const plant = tenantName('plant');
    const entry = { at: NOW, actor: 'onboarding', state: 'ACTIVE', reason: null, seen: null, rules: 1 } as const;
    const facts = {
      verdict: accept('plant_pump1'),
      memberships: [],
      anchorId: anchorOf(plant),
      tenant: plant,
      subject: '',
      serialNumber: null,
      publicKeyId: null,
      validTo: null,
      entry,
    };
    const told = async () => {
      const { items } = await listing().ofTenant(plant, '', { limit: 10, cursor: null });
      return items.map(({ state, reason, seen }) => [state, reason, seen]);
    };
    await registry.claim(id, { owner: 'a', now: NOW, until: NOW });
    await registry.decide(id, 0, { ...facts, causes: ['CA_REVOKED', 'EXPIRED'] });
    expect(await told()).toEqual([['EXPIRED', 'CERT_EXPIRED', 'CA_REVOKED EXPIRED']]);
    await registry.decide(id, 1, { ...facts, causes: ['OPERATOR'] });
    expect(await told()).toEqual([['SUSPENDED', 'DEVICE_BARRED', 'OPERATOR']]);
    await registry.decide(id, 2, { ...facts, causes: [] });
    expect(await told()).toEqual([['ACTIVE', null, null]]);
  });

  test('R-01: of one client id, a newer decision of a tenant before an older one; R-07: of a tenant alone', async () => {
    const [north, south] = [tenantName('north'), tenantName('south')];
    const registry = dynamoCertificateRegistry(table.client, table.tableName);
    const decide = async (n: number, version: number, tenant: TenantName, verdict: Verdict, at: number) => {
      const id = certificateId(fingerprint(n));
      if (version === 0) await registry.claim(id, { owner: 'a', now: NOW, until: NOW });
      const entry = { at, actor: 'onboarding', state: 'HELD', reason: null, seen: null, rules: 1 } as const;
      const facts = {
        causes: [],
        memberships: [],
        anchorId: anchorOf(tenant),
        tenant,
        subject: '',
        serialNumber: null,
        publicKeyId: null,
        validTo: null,
        entry,
      };
      await registry.decide(id, version, { ...facts, verdict });
    };
    const later = NOW + 30 * DAY;
    await decide(21, 0, north, hold('machine-4'), later + 1);
    await decide(22, 0, north, hold('machine-4'), later + 2);
    await decide(23, 0, north, hold('machine-41'), later + 3);
    await decide(24, 0, south, hold('machine-4'), later);
    const named = (id: string, tenant: TenantName | null) =>
      all((page) => listing().ofClientId(clientId(id), tenant, page)).then(numbers);
    expect(await named('machine-4', null)).toEqual([24, 22, 21]);
    expect(await named('machine-4', north)).toEqual([22, 21]);
    expect(await named('machine-4', south)).toEqual([24]);
    expect(await named('Machine-4', null)).toEqual([]);

    await decide(22, 1, north, reject, later + 4);
    await decide(21, 1, north, hold('machine-5'), later + 5);
    expect(await named('machine-4', null)).toEqual([24]);
    expect(await named('machine-5', north)).toEqual([21]);
  });

  test('R-07: a cursor serves the list that gave it and no other', async () => {
    const { cursor } = await listing().ofTenant(acme, '', { limit: 1, cursor: null });
    expect(cursor).not.toBeNull();
    for (const other of [
      listing().ofTenant(globex, '', { limit: 1, cursor }),
      listing().underAnchor(anchorOf(acme), { limit: 1, cursor }),
    ])
      await expect(other).rejects.toMatchObject({ name: 'PermanentError', code: 'CURSOR_INVALID' });
  });

  test.each([
    ['no base64url', '%%%'],
    ['no JSON', 'abcd'],
    ['other JSON', Buffer.from('{"a":1}').toString('base64url')],
    ['too few parts', Buffer.from('["by-tenant","TENANT#acme"]').toString('base64url')],
  ])('a cursor that is %s is refused', async (_, cursor) => {
    await expect(listing().ofTenant(acme, '', { limit: 1, cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});

describe('tenants', () => {
  const tenantOf = (name: string): Tenant => ({
    name: tenantName(name),
    naming: 'eu1',
    admission: 'auto',
    allowListId: null,
    userMatch: 'off',
    topics: null,
    anchorLimit: 2,
    anchorRules: 'default',
    renewal: 'replace',
    secondSession: 'take-over',
    createdAt: NOW,
    version: 0,
  });
  const tenants = () => dynamoTenantRegistry(table.client, table.tableName);

  test('of two creations at once exactly one makes the tenant', async () => {
    const [one, other] = [tenantOf('one'), { ...tenantOf('one'), createdAt: NOW + 1 }];
    const made = await Promise.all([tenants().create(one), tenants().create(other)]);
    expect(made.toSorted()).toEqual([false, true]);
    expect(await tenants().find(tenantName('one'))).toEqual(made[0] ? one : other);
  });

  test('of two changes of one version exactly one is made', async () => {
    await tenants().create(tenantOf('two'));
    const changed = await Promise.all([
      tenants().update({ ...tenantOf('two'), admission: 'approve' }, 0),
      tenants().update({ ...tenantOf('two'), naming: 'eu2' }, 0),
    ]);
    expect(changed.toSorted()).toEqual([false, true]);
    expect((await tenants().find(tenantName('two')))?.version).toBe(1);
  });

  test('a list lifted is no longer in force', async () => {
    await tenants().create({ ...tenantOf('three'), allowListId: 'list-1' });
    await tenants().update(tenantOf('three'), 0);
    expect((await tenants().find(tenantName('three')))?.allowListId).toBeNull();
  });

  test('R-01: are listed by name, whole', async () => {
    await tenants().create(tenantOf('a-first'));
    const listed = await all((page) => tenants().list(page));
    expect(listed.map(({ name }) => name)).toEqual(['a-first', 'one', 'three', 'two']);
    expect(listed[0]).toEqual(tenantOf('a-first'));
  });

  test('an allow-list of a thousand names is kept beside others and goes as a whole', async () => {
    const cns = Array.from({ length: 1_000 }, (_, n) => `device${n}`);
    await tenants().writeAllowList(acme, 'list-1', [...cns, 'device0']);
    await tenants().writeAllowList(acme, 'list-2', ['device7']);
    expect(await tenants().isAllowed(acme, 'list-1', 'device999')).toBe(true);
    expect(await tenants().isAllowed(acme, 'list-1', 'device1000')).toBe(false);
    expect(await tenants().isAllowed(globex, 'list-1', 'device999')).toBe(false);
    await tenants().removeAllowList(acme, 'list-1');
    expect(await Promise.all(cns.map((cn) => tenants().isAllowed(acme, 'list-1', cn)))).not.toContain(true);
    expect(await tenants().isAllowed(acme, 'list-2', 'device7')).toBe(true);
  });
});

describe('rejected events', () => {
  const event = (id: string, at: number): RejectedEvent => ({
    id,
    at,
    source: 'onboard-device',
    code: 'MALFORMED_EVENT',
    reason: 'certificateId: expected a fingerprint',
    body: '{"certificateId":1}',
  });
  const events = () => dynamoRejectedEvents(table.client, table.tableName);

  test('R-01: are kept once and listed by their day', async () => {
    await events().keep(event('1', NOW));
    await events().keep({ ...event('1', NOW + 5), reason: 'another' });
    await events().keep(event('2', NOW + 1));
    await events().keep(event('3', NOW + DAY));
    expect(await events().find('1')).toEqual(event('1', NOW));
    expect(await events().find('4')).toBeNull();
    expect(await all((page) => events().listDay('2026-01-31', page))).toEqual([event('1', NOW), event('2', NOW + 1)]);
  });
});
