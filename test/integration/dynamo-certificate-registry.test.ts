import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoCertificateRegistry, HISTORY_LIMIT } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { registryTable } from '#adapters/dynamo-table.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import type { Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { anchorId, type CertificateId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import type { User } from '#domain/user.ts';
import { certificateKey } from '#names/keys.ts';
import type { CertificateRegistry, DecidedFacts, RecheckKeys } from '#ports/certificate-registry.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const tenant = tenantName('acme');
const anchor = anchorId('aa'.repeat(32));
const accept: Verdict = { kind: 'accept', clientId: clientId('acme_device01'), permissionSet: 'acme.eu1', user: null };
const hold: Verdict = {
  kind: 'hold',
  clientId: clientId('acme_device01'),
  reason: 'APPROVAL_REQUIRED',
  seen: 'approve',
};
const reject: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: '' };

const facts = (verdict: Verdict, at = NOW): DecidedFacts => ({
  verdict,
  causes: [],
  memberships: verdict.kind === 'accept' ? [verdict.permissionSet] : [],
  anchorId: anchor,
  tenant,
  subject: 'CN=device01',
  serialNumber: '1f',
  publicKeyId: 'c'.repeat(64),
  validTo: NOW + 86_400_000,
  entry: {
    at,
    actor: 'onboarding',
    state: stateOf({ verdict, causes: [] }),
    reason: verdict.kind === 'accept' ? null : verdict.reason,
    seen: null,
    rules: 1,
  },
});
const said = (at: number) =>
  ({ at, actor: 'arn:aws:iam::123456789012:user/op', state: 'HELD', reason: null, seen: 'approve', rules: 1 }) as const;
const keys = (device: string | null, otherDevice: string | null = null): RecheckKeys => ({
  anchor,
  device,
  otherDevice,
  tenant,
  username: null,
  serialNumber: null,
});
const lease = (owner: string, now = NOW) => ({ owner, now, until: now + 30_000 });

let table: RegistryTable;
let registry: CertificateRegistry;
let id: CertificateId;
let made = 0;

beforeAll(async () => {
  table = await startRegistryTable();
  registry = dynamoCertificateRegistry(table.client, table.tableName);
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});
beforeEach(() => {
  made += 1;
  id = certificateId(made.toString(16).padStart(64, '0'));
  table.calls.length = 0;
});

const settledAs = async (verdict: Verdict, status: 'ACTIVE' | 'INACTIVE' | 'PENDING_ACTIVATION') => {
  await registry.claim(id, lease('a'));
  await registry.decide(id, 0, facts(verdict));
  const memberships = verdict.kind === 'accept' ? [verdict.permissionSet] : [];
  await registry.settle(id, { version: 1, status, at: NOW, memberships });
};

describe('claim', () => {
  test('J-04: makes the record of a certificate never seen before, in one write', async () => {
    const claim = await registry.claim(id, lease('a'));
    expect(claim).toEqual({
      claimed: true,
      record: {
        id,
        anchorId: null,
        tenant: null,
        verdict: null,
        causes: [],
        operatorWord: null,
        version: 0,
        applied: null,
        settled: false,
        wasActive: false,
        memberships: [],
        lease: { owner: 'a', until: NOW + 30_000 },
        subject: null,
        serialNumber: null,
        publicKeyId: null,
        validTo: null,
        firstSeenAt: NOW,
        decidedAt: null,
        history: [],
      },
    });
    expect(table.calls).toEqual(['UpdateItem']);
  });

  test('of two claims at once exactly one wins', async () => {
    const claims = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => registry.claim(id, lease(owner))));
    expect(claims.filter((claim) => claim.claimed)).toHaveLength(1);
    expect(claims.filter((claim) => !claim.claimed).map((claim) => claim.because)).toEqual(Array(3).fill('leased'));
  });

  test('a lease keeps others out until it ends, and lets its owner in again', async () => {
    await registry.claim(id, lease('a'));
    expect(await registry.claim(id, lease('b', NOW + 29_999))).toMatchObject({ claimed: false, because: 'leased' });
    expect(await registry.claim(id, lease('a', NOW + 5_000))).toMatchObject({
      claimed: true,
      record: { lease: { owner: 'a', until: NOW + 35_000 }, firstSeenAt: NOW },
    });
    expect(await registry.claim(id, lease('b', NOW + 35_000))).toMatchObject({ claimed: true });
  });

  test('a lease that was given back is free at once, and only its owner can give it back', async () => {
    await registry.claim(id, lease('a'));
    await registry.release(id, 'b');
    expect(await registry.claim(id, lease('b'))).toMatchObject({ claimed: false });
    await registry.release(id, 'a');
    expect(await registry.claim(id, lease('b'))).toMatchObject({ claimed: true });
  });

  test('J-04: a claim of a settled certificate costs one write, says so and shows its record', async () => {
    await settledAs(accept, 'ACTIVE');
    table.calls.length = 0;
    expect(await registry.claim(id, lease('b', NOW + 60_000))).toMatchObject({
      claimed: false,
      because: 'settled',
      record: { id, verdict: accept, applied: { version: 1, status: 'ACTIVE', at: NOW }, settled: true, lease: null },
    });
    expect(table.calls).toEqual(['UpdateItem']);
  });
});

describe('decide and settle', () => {
  test('R-02: records the decision with its history entry in one conditional write', async () => {
    await registry.claim(id, lease('a'));
    table.calls.length = 0;
    const record = await registry.decide(id, 0, facts(hold));
    expect(table.calls).toEqual(['UpdateItem']);
    expect(record).toMatchObject({
      verdict: hold,
      tenant,
      anchorId: anchor,
      version: 1,
      settled: false,
      decidedAt: NOW,
      subject: 'CN=device01',
      history: [{ at: NOW, actor: 'onboarding', state: 'HELD', reason: 'APPROVAL_REQUIRED', seen: null, rules: 1 }],
    });
    expect(await registry.find(id)).toEqual(record);
  });

  test('R-02: two decisions on one version: the second changes nothing', async () => {
    await registry.claim(id, lease('a'));
    const both = await Promise.all([registry.decide(id, 0, facts(accept)), registry.decide(id, 0, facts(reject))]);
    expect(both.filter((record) => record === null)).toHaveLength(1);
    expect((await registry.find(id))?.version).toBe(1);
    expect((await registry.find(id))?.history).toHaveLength(1);
  });

  test('R-02: a certificate that was active is never rejected or held afterwards', async () => {
    await settledAs(accept, 'ACTIVE');
    const before = await registry.find(id);
    await expect(registry.decide(id, 1, facts(reject))).rejects.toThrow('expected a cause that bars it');
    await expect(registry.decide(id, 1, facts(hold))).rejects.toThrow('expected a cause that bars it');
    expect(await registry.find(id)).toEqual(before);
    expect(await registry.decide(id, 1, { ...facts(accept), causes: ['OPERATOR'] })).toMatchObject({
      version: 2,
      causes: ['OPERATOR'],
    });
  });

  test('settling a version that is no longer the newest changes nothing', async () => {
    await registry.claim(id, lease('a'));
    await registry.decide(id, 0, facts(hold));
    await registry.recordOperatorWord(id, 1, { verdict: 'approve', at: NOW, by: 'op' }, said(NOW));
    expect(await registry.settle(id, { version: 1, status: 'PENDING_ACTIVATION', at: NOW, memberships: [] })).toBe(
      false,
    );
    expect(await registry.find(id)).toMatchObject({ settled: false, applied: null, lease: { owner: 'a' } });
    expect(await registry.settle(id, { version: 2, status: 'PENDING_ACTIVATION', at: NOW, memberships: [] })).toBe(
      true,
    );
    expect(await registry.find(id)).toMatchObject({ settled: true, lease: null, wasActive: false });
  });

  test('a word of an operator makes a settled record unsettled, so that its command can claim it', async () => {
    await settledAs(hold, 'PENDING_ACTIVATION');
    const word = { verdict: 'approve', at: NOW + 1_000, by: 'arn:aws:iam::123456789012:user/op' } as const;
    expect(await registry.recordOperatorWord(id, 1, word, said(NOW + 1_000))).toMatchObject({
      operatorWord: word,
      settled: false,
      version: 2,
      history: [{ actor: 'onboarding' }, { actor: 'arn:aws:iam::123456789012:user/op', seen: 'approve' }],
    });
    expect(await registry.claim(id, lease('command'))).toMatchObject({ claimed: true, record: { operatorWord: word } });
    expect(await registry.recordOperatorWord(id, 1, null, said(NOW))).toBeNull();
    expect(await registry.recordOperatorWord(id, 2, null, said(NOW))).toMatchObject({ operatorWord: null, version: 3 });
  });

  test('V-08: a change of what it follows makes a settled record unsettled, with a line of history, and touches nothing else', async () => {
    await settledAs(accept, 'ACTIVE');
    const before = await registry.find(id);
    const entry = { ...said(NOW + 1_000), state: 'ACTIVE', reason: 'GRANT_MISSING', seen: 'device01' } as const;
    expect(await registry.recordChange(id, 1, entry)).toEqual({
      ...before,
      version: 2,
      settled: false,
      history: [...(before?.history ?? []), entry],
    });
    expect(await registry.recordChange(id, 1, entry)).toBeNull();
    expect((await registry.find(id))?.history).toHaveLength(2);
    expect(await registry.claim(id, lease('command'))).toMatchObject({ claimed: true });
  });

  test('V-04: a cause of its own is added to what bars it, and stays by a later decision on it alone', async () => {
    await registry.claim(id, lease('a'));
    await registry.decide(id, 0, { ...facts(accept), causes: ['CA_REVOKED'] });
    const entry = { ...said(NOW + 1_000), state: 'REVOKED', seen: 'revoke' } as const;
    expect(await registry.recordCause(id, 1, 'REVOKED', entry)).toMatchObject({
      causes: ['CA_REVOKED', 'REVOKED'],
      version: 2,
      settled: false,
      history: [{ actor: 'onboarding' }, entry],
    });
    expect(await registry.recordCause(id, 1, 'REVOKED', entry)).toBeNull();
    expect(await registry.recordCause(id, 2, 'REVOKED', entry)).toMatchObject({ causes: ['CA_REVOKED', 'REVOKED'] });
    expect(await registry.recordCause(certificateId('f'.repeat(64)), 0, 'REVOKED', entry)).toBeNull();
    expect(await registry.find(certificateId('f'.repeat(64)))).toBeNull();
  });

  test('X-07: what names a certificate to others is kept with its decision', async () => {
    await registry.claim(id, lease('a'));
    const decided = await registry.decide(id, 0, facts(accept));
    expect(decided).toMatchObject({ serialNumber: '1f', publicKeyId: 'c'.repeat(64) });
    expect(await registry.find(id)).toEqual(decided);
  });

  test('J-11: several are read at once, as far as they exist', async () => {
    await settledAs(accept, 'ACTIVE');
    table.calls.length = 0;
    const found = await registry.findAll([id, certificateId('f'.repeat(64))]);
    expect(table.calls).toEqual(['BatchGetItem']);
    expect(found).toEqual([await registry.find(id)]);
    expect(await registry.findAll([])).toEqual([]);
  });

  test('the sets that a thing may have joined are kept until all but one are left', async () => {
    await registry.claim(id, lease('a'));
    const memberships = ['acme.connectware', 'acme.connectware.0123456789abcdef'];
    expect(await registry.decide(id, 0, { ...facts(accept), memberships })).toMatchObject({ memberships });
    expect(await registry.find(id)).toMatchObject({ memberships });
    await registry.recordChange(id, 1, said(NOW));
    expect(await registry.find(id)).toMatchObject({ memberships });
    const [, wanted = ''] = memberships;
    expect(await registry.settle(id, { version: 2, status: 'ACTIVE', at: NOW, memberships: [wanted] })).toBe(true);
    expect(await registry.find(id)).toMatchObject({
      memberships: [wanted],
      applied: { version: 2, status: 'ACTIVE', at: NOW },
    });
  });

  test('a certificate that was accepted before its sets were kept is in the set of its verdict', async () => {
    await settledAs(accept, 'ACTIVE');
    const written = registryTable(table.client, table.tableName);
    const { user: _, ...verdict } = accept;
    const change = { set: { memberships: null, verdict }, condition: 'attribute_exists(#pk)' };
    await written.update(certificateKey(id), change);
    expect(await registry.find(id)).toMatchObject({ memberships: ['acme.eu1'], verdict: accept });
  });

  test('history keeps the newest entries in order and rolls the oldest off', async () => {
    await registry.claim(id, lease('a'));
    for (let version = 0; version < HISTORY_LIMIT + 3; version += 1)
      await registry.recordOperatorWord(id, version, null, said(NOW + version));
    const history = (await registry.find(id))?.history ?? [];
    expect(history.map(({ at }) => at - NOW)).toEqual(Array.from({ length: HISTORY_LIMIT }, (_, n) => n + 3));
  });
});

describe('recheck', () => {
  test('V-05: reads record, anchor and device in one consistent call', async () => {
    const anchors = dynamoAnchorRegistry(table.client, table.tableName);
    const devices = dynamoDeviceRegistry(table.client, table.tableName);
    const trustAnchor = {
      id: anchor,
      tenant,
      state: 'ACTIVE',
      proof: 'OPERATOR',
      subject: 'CN=acme',
      pem: 'PEM',
      validFrom: NOW,
      validTo: NOW + 1,
      certificateMode: 'SNI_ONLY',
      registeredAt: NOW,
      registeredBy: 'op',
      changedAt: NOW,
      changedBy: 'op',
      privateCaArn: null,
      crl: null,
      sweep: null,
      version: 1,
    } as const;
    await anchors.create(trustAnchor);
    await registry.claim(id, lease('a'));
    const device = {
      clientId: clientId('acme_device01'),
      tenant,
      certificateId: id,
      permissionSet: 'acme.eu1',
      user: null,
      claimedAt: NOW,
    };
    await devices.claim('acme_device01', device);
    table.calls.length = 0;
    expect(await registry.recheck(id, keys('acme_device01'))).toEqual({
      record: await registry.find(id),
      anchor: trustAnchor,
      device: { ...device, former: null, others: [], claims: 1, causes: [], presence: null, mismatch: null },
      otherDevice: null,
      user: null,
      blocked: false,
      onCrl: false,
    });
    expect(table.calls[0]).toBe('BatchGetItem');
    expect(table.calls).toHaveLength(2);
    expect(await registry.recheck(id, { ...keys(null), anchor: anchorId('bb'.repeat(32)) })).toMatchObject({
      anchor: null,
      device: null,
    });
  });

  test('N-12: reads the device under the other key of its client id in the same call', async () => {
    const devices = dynamoDeviceRegistry(table.client, table.tableName);
    await registry.claim(id, lease('a'));
    const device = {
      clientId: clientId('acme_Pump'),
      tenant,
      certificateId: id,
      permissionSet: 'acme.eu1',
      user: null,
      claimedAt: NOW,
    };
    await devices.claim('acme_Pump', device);
    await devices.claim('acme_pump', { ...device, permissionSet: 'acme.eu2' });
    table.calls.length = 0;
    expect(await registry.recheck(id, keys('acme_Pump', 'acme_pump'))).toMatchObject({
      device: { permissionSet: 'acme.eu1' },
      otherDevice: { permissionSet: 'acme.eu2' },
    });
    expect(await registry.recheck(id, keys('acme_pump', 'acme_Pump'))).toMatchObject({
      device: { permissionSet: 'acme.eu2' },
      otherDevice: { permissionSet: 'acme.eu1' },
    });
    expect(table.calls).toEqual(['BatchGetItem', 'BatchGetItem']);
    expect(await registry.recheck(id, keys('acme_none', 'acme_pump'))).toMatchObject({ device: null });
  });

  test('V-08: reads the user in the same call, by its tenant and in its own case', async () => {
    const user: User = {
      tenant,
      username: 'device01',
      grantTypes: [{ method: 'certificate', isRequired: true }],
      roles: [],
      permissions: [],
      composition: null,
      createdAt: NOW,
      version: 1,
    };
    await dynamoUserRegistry(table.client, table.tableName).create(user);
    await registry.claim(id, lease('a'));
    table.calls.length = 0;
    const of = (username: string, owner = tenant) =>
      registry.recheck(id, { ...keys('acme_none'), tenant: owner, username });
    expect(await of('device01')).toMatchObject({ record: { id }, device: null, user });
    expect(await of('Device01')).toMatchObject({ record: { id }, user: null });
    expect(await of('device01', tenantName('globex'))).toMatchObject({ user: null });
    expect(await registry.recheck(id, keys('acme_none'))).toMatchObject({ user: null });
    expect(table.calls).toEqual(Array(4).fill('BatchGetItem'));
  });

  test('X-10: reads in the same call whether a list names the certificate', async () => {
    const lists = dynamoBlockLists(table.client, table.tableName);
    await registry.claim(id, lease('a'));
    await lists.block(tenant, id, { at: NOW, by: 'op' });
    await lists.addSerials(anchor, [{ serialNumber: '1f', revokedAt: NOW, reason: null }]);
    table.calls.length = 0;
    const of = (changes: Partial<RecheckKeys>) => registry.recheck(id, { ...keys(null), ...changes });
    expect(await of({ serialNumber: '1f' })).toMatchObject({ blocked: true, onCrl: true });
    expect(await of({ serialNumber: '1e' })).toMatchObject({ blocked: true, onCrl: false });
    expect(await of({ serialNumber: '1f', anchor: anchorId('bb'.repeat(32)) })).toMatchObject({ onCrl: false });
    expect(await of({ tenant: tenantName('globex') })).toMatchObject({ blocked: false, onCrl: false });
    expect(table.calls).toEqual(Array(4).fill('BatchGetItem'));
  });
});
