import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { type AnchorId, anchorId, type TenantName, tenantName } from '#domain/ids.ts';
import type { AnchorCrl, AnchorSweep, TrustAnchor } from '#domain/trust-anchor.ts';
import { anchorKey } from '#names/keys.ts';
import type { AnchorPlace } from '#ports/trust-registry.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';
import { anAnchor, anUpload } from '#support/trust-anchors.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const [acme, acme2, globex] = [tenantName('acme'), tenantName('acme-2'), tenantName('globex')];

let table: RegistryTable;
beforeAll(async () => {
  table = await startRegistryTable();
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});
let used = 0;
/** of a CA that no test had before */
let id: AnchorId;
beforeEach(() => {
  used += 1;
  id = anchorId(used.toString(16).padStart(64, '0'));
  table.calls.length = 0;
});

describe('trust anchors', () => {
  const anchors = () => dynamoAnchorRegistry(table.client, table.tableName);
  const SWEEP: AnchorSweep = { version: 1, pass: 1, seen: 250, changed: 3, startedAt: NOW, completedAt: null };
  const CRL: AnchorCrl = {
    number: '7',
    thisUpdate: NOW,
    nextUpdate: null,
    entries: 3,
    importedAt: NOW + 1,
    importedBy: 'op',
  };
  const change = (anchor: TrustAnchor, changes: Partial<TrustAnchor>): TrustAnchor => ({
    ...anchor,
    ...changes,
    version: anchor.version + 1,
    changedAt: NOW + 1,
    changedBy: 'op',
  });

  test('R-01: are found by fingerprint, as they were made', async () => {
    const made = anAnchor({
      id,
      proof: 'ACM_PCA',
      certificateMode: 'DEFAULT',
      privateCaArn: 'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/x',
    });
    expect(await anchors().create(made)).toBe(true);
    expect(await anchors().find(id)).toEqual(made);
    expect(await anchors().find(anchorId('ff'.repeat(32)))).toBeNull();
  });

  test('CA-02: are made once, whoever comes second; a write whose answer was lost is no second', async () => {
    await anchors().create(anAnchor({ id }));
    expect(await anchors().create(anAnchor({ id, tenant: globex }))).toBe(false);
    expect(await anchors().create(anAnchor({ id }))).toBe(true);
    expect(await anchors().find(id)).toMatchObject({ tenant: acme });
  });

  test('R-01: many are read in one consistent call, each once, those that do not exist left out', async () => {
    await anchors().create(anAnchor({ id }));
    table.calls.length = 0;
    expect(await anchors().findAll([id, id, anchorId('ff'.repeat(32))])).toEqual([anAnchor({ id })]);
    expect(await anchors().findAll([])).toEqual([]);
    expect(table.calls).toEqual(['BatchGetItem']);
  });

  test('CA-07: a change replaces the version that it was made of, and no other', async () => {
    const made = anAnchor({ id });
    await anchors().create(made);
    const revoked = change(made, { state: 'REVOKED' });
    expect(await anchors().change(revoked, 0)).toEqual(revoked);
    expect(await anchors().find(id)).toEqual(revoked);
    expect(await anchors().change(change(made, { state: 'DELETED' }), 0)).toBeNull();
    expect(await anchors().change(change(revoked, { state: 'ACTIVE' }), 7)).toBeNull();
    expect(await anchors().find(id)).toEqual(revoked);
    // its own answer was lost, and the SDK asked once more
    expect(await anchors().change(revoked, 0)).toEqual(revoked);
  });

  test('CA-07: a change makes no anchor of one that does not exist', async () => {
    expect(await anchors().change(anAnchor({ id, version: 1 }), 0)).toBeNull();
    expect(await anchors().find(id)).toBeNull();
  });

  test('CA-07: one that an earlier release recorded, without version, mode and times of change, is changed as the first', async () => {
    const text = (value: string) => ({ S: value });
    const { pk, sk } = anchorKey(id);
    const attributes = {
      anchorId: text(id),
      tenant: text('acme'),
      state: text('ACTIVE'),
      proof: text('OPERATOR'),
      subject: text('CN=acme-ca'),
      pem: text('PEM'),
      validFrom: text('2020-01-01T00:00:00.000Z'),
      validTo: text('2049-12-31T00:00:00.000Z'),
      registeredAt: text('2026-01-31T00:00:00.000Z'),
      registeredBy: text('operator'),
    };
    const names = Object.keys(attributes);
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: { pk: text(pk), sk: text(sk) },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(Object.entries(attributes).map(([name, v]) => [`:${name}`, v])),
      }),
    );
    const known = await anchors().find(id);
    expect(known).toEqual(anAnchor({ id }));
    const revoked = change(anAnchor({ id }), { state: 'REVOKED' });
    expect(await anchors().change(revoked, 0)).toEqual(revoked);
    expect(await anchors().change(revoked, 0)).toEqual(revoked);
    expect(await anchors().change(change(anAnchor({ id }), { state: 'DELETED' }), 0)).toBeNull();
  });

  test('CA-07: one that is deleted may be made anew, as the next version, and only then', async () => {
    const made = anAnchor({ id });
    await anchors().create(made);
    const again = anAnchor({ id, version: 2, registeredAt: NOW + 5, privateCaArn: null });
    expect(await anchors().create(again)).toBe(false);
    await anchors().change(change(made, { state: 'DELETED' }), 0);
    await anchors().noteSweep(id, { ...SWEEP, completedAt: NOW });
    expect(await anchors().create({ ...again, version: 3 })).toBe(false);
    expect(await anchors().create(again)).toBe(true);
    expect(await anchors().find(id)).toEqual(again);
  });

  test('V-01: progress is noted for the version that it is about', async () => {
    await anchors().create(anAnchor({ id }));
    expect(await anchors().noteSweep(id, SWEEP)).toBe(false);
    expect(await anchors().noteSweep(anchorId('ff'.repeat(32)), SWEEP)).toBe(false);
    await anchors().change(change(anAnchor({ id }), { state: 'REVOKED' }), 0);
    expect(await anchors().noteSweep(id, SWEEP)).toBe(true);
    expect(await anchors().find(id)).toMatchObject({ state: 'REVOKED', version: 1, sweep: SWEEP });
    expect(await anchors().noteSweep(id, { ...SWEEP, pass: 2, completedAt: NOW + 2 })).toBe(true);
    expect(await anchors().find(id)).toMatchObject({ sweep: { pass: 2, completedAt: NOW + 2 } });
    expect(await anchors().noteSweep(id, { ...SWEEP, version: 2 })).toBe(false);
    // what is complete stays so, until the next change
    expect(await anchors().noteSweep(id, { ...SWEEP, pass: 1 })).toBe(false);
    expect(await anchors().find(id)).toMatchObject({ sweep: { pass: 2, completedAt: NOW + 2 } });
    await anchors().change(change(anAnchor({ id, version: 1 }), { state: 'ACTIVE' }), 1);
    expect(await anchors().noteSweep(id, { ...SWEEP, version: 2 })).toBe(true);
  });

  test('V-03: a change of state leaves progress and revocation list as they are', async () => {
    const revoked = change(anAnchor({ id }), { state: 'REVOKED' });
    await anchors().create(anAnchor({ id }));
    await anchors().change(revoked, 0);
    await anchors().noteSweep(id, SWEEP);
    await anchors().noteCrl(id, CRL);
    const restored = change(revoked, { state: 'ACTIVE', sweep: null, crl: null });
    expect(await anchors().change(restored, 1)).toEqual({ ...restored, sweep: SWEEP, crl: CRL });
  });

  test('a revocation list is noted unless a newer one stands there; one of a CA that is none leaves nothing', async () => {
    expect(await anchors().noteCrl(id, CRL)).toBe(false);
    expect(await anchors().find(id)).toBeNull();
    await anchors().create(anAnchor({ id }));
    for (const _ of [1, 2]) expect(await anchors().noteCrl(id, CRL)).toBe(true);
    const newer = { ...CRL, number: null, thisUpdate: NOW + 1, nextUpdate: NOW + 2 };
    expect(await anchors().noteCrl(id, newer)).toBe(true);
    expect(await anchors().noteCrl(id, CRL)).toBe(false);
    expect(await anchors().find(id)).toMatchObject({ crl: newer });
  });
});

describe('places of trust anchors', () => {
  const places = () => dynamoAnchorPlaces(table.client, table.tableName);
  const place = (tenant: TenantName, n: number, isUploaded = false): AnchorPlace => {
    const placed = anchorId(`a${n}`.repeat(32));
    return { tenant, id: placed, upload: isUploaded ? anUpload({ tenant, id: placed }) : null };
  };
  const all = async (tenant: TenantName | null, limit = 2): Promise<readonly AnchorPlace[]> => {
    const found: AnchorPlace[] = [];
    let cursor: string | null = null;
    do {
      const page = await places().list(tenant, { limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      found.push(...page.items);
      ({ cursor } = page);
    } while (cursor !== null);
    return found;
  };
  const SEEDS = [place(globex, 1), place(acme, 3, true), place(acme2, 1), place(acme, 1), place(acme, 2)];
  const IN_ORDER = [SEEDS[3], SEEDS[4], SEEDS[1], SEEDS[2], SEEDS[0]];

  test('CA-03: are listed by tenant, page by page, or all of them, consistently and without an index', async () => {
    for (const each of SEEDS) await places().put(each);
    table.calls.length = 0;
    expect(await all(acme)).toEqual(IN_ORDER.slice(0, 3));
    expect(await all(acme2)).toEqual([SEEDS[2]]);
    expect(await all(tenantName('nobody'))).toEqual([]);
    expect(await all(null)).toEqual(expect.arrayContaining(SEEDS));
    expect(new Set(table.calls)).toEqual(new Set(['Query']));
  });

  test('CA-02: a place keeps an upload with its challenge, until another is written into it or none', async () => {
    const [id, tenant] = [anchorId('b1'.repeat(32)), acme];
    const upload = anUpload({ id, certificateMode: 'DEFAULT' });
    await places().put({ tenant, id, upload });
    expect(await places().find(tenant, id)).toEqual({ tenant, id, upload });
    expect(await places().find(globex, id)).toBeNull();
    const challenge = { code: 'd00d'.repeat(16), expiresAt: NOW };
    await places().put({ tenant, id, upload: { ...upload, challenge } });
    expect(await places().find(tenant, id)).toMatchObject({ upload: { challenge } });
    await places().put({ tenant, id, upload: null });
    expect(await places().find(tenant, id)).toEqual({ tenant, id, upload: null });
    for (const _ of [1, 2]) await places().remove(tenant, id);
    expect(await places().find(tenant, id)).toBeNull();
  });

  test("R-07: the cursor of another tenant's list, or of everything, shows a tenant nothing but its own", async () => {
    const { cursor } = await places().list(null, { limit: 1, cursor: null });
    const foreign = await places()
      .list(globex, { limit: 10, cursor })
      .then(({ items }) => items.map(({ tenant }) => tenant))
      .catch((error: unknown) => (error instanceof Error ? error.name : error));
    expect(foreign).toEqual('PermanentError');
  });
});
