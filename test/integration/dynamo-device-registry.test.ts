import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import type { Presence } from '#domain/device.ts';
import { certificateId, clientId, tenantName } from '#domain/ids.ts';
import type { DeviceRegistry, NewDevice } from '#ports/device-registry.ts';
import { PRESENCE_CASES } from '#support/presence-cases.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const HOUR = 3_600_000;
const [first, second, third, fourth] = ['aa', 'bb', 'cc', 'dd'].map((byte) => certificateId(byte.repeat(32)));
if (!first || !second || !third || !fourth) throw new Error('expected four certificates');

let table: RegistryTable;
let devices: DeviceRegistry;
let key: string;
let made = 0;

const claimOf = (certificate: NewDevice['certificateId'], at = NOW): NewDevice => ({
  clientId: clientId('acme_device01'),
  tenant: tenantName('acme'),
  certificateId: certificate,
  permissionSet: 'acme.eu1',
  user: null,
  claimedAt: at,
});

beforeAll(async () => {
  table = await startRegistryTable();
  devices = dynamoDeviceRegistry(table.client, table.tableName);
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});
beforeEach(() => {
  made += 1;
  key = `acme_device${made}`;
  table.calls.length = 0;
});

describe('claim', () => {
  test('N-08: of certificates that claim one client id at once exactly one gets it, in one write each', async () => {
    const owners = await Promise.all([first, second, third].map((id) => devices.claim(key, claimOf(id))));
    expect(new Set(owners.map(({ certificateId: owner }) => owner)).size).toBe(1);
    expect((await devices.findByKey(key))?.certificateId).toBe(owners[0]?.certificateId);
    expect(table.calls.filter((call) => call === 'UpdateItem')).toHaveLength(3);
  });

  test('N-06: a claim that comes second names the owner and leaves the first untouched', async () => {
    await devices.claim(key, claimOf(first));
    const before = await devices.findByKey(key);
    expect(await devices.claim(key, { ...claimOf(second), permissionSet: 'acme.eu2' })).toEqual(before);
    expect(before).toMatchObject({ certificateId: first, permissionSet: 'acme.eu1' });
    expect(await devices.findByKey(key)).toEqual(before);
  });

  test('a repeated claim keeps its time and what was heard of the device', async () => {
    await devices.claim(key, claimOf(first));
    await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: null });
    const claimed = await devices.claim(key, claimOf(first, NOW + HOUR));
    expect(claimed).toMatchObject({ certificateId: first, claimedAt: NOW, claims: 2, mismatch: { count: 1 } });
    expect(await devices.findByKey(key)).toEqual(claimed);
  });
});

describe('takeOver', () => {
  test('of two take-overs at once exactly one succeeds, and nothing is left of the former certificate', async () => {
    const seen = await devices.claim(key, claimOf(first));
    await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: null });
    const taken = await Promise.all([
      devices.takeOver(key, claimOf(second, NOW + 1), seen),
      devices.takeOver(key, claimOf(third, NOW + 1), seen),
    ]);
    expect(taken.toSorted()).toEqual([false, true]);
    expect(await devices.findByKey(key)).toEqual({
      ...claimOf(taken[0] ? second : third, NOW + 1),
      former: null,
      others: [],
      claims: 2,
      causes: [],
      presence: null,
      mismatch: null,
    });
  });

  test.each([
    ['N-05: leaves nothing of those beside it, nor of what barred it, to another tenant', 'globex', []],
    ['V-04: leaves what bars it within the tenant, also when that was said since it was seen', 'acme', ['OPERATOR']],
  ])('%s', async (_, tenant, causes) => {
    const seen = await devices.claim(key, claimOf(first));
    const former = { certificateId: first, until: NOW + HOUR };
    await devices.renew(key, claimOf(second), { former, others: [third] }, seen);
    const renewed = await devices.findByKey(key);
    await devices.setCauses(key, ['OPERATOR'], []);
    const device = { ...claimOf(fourth), tenant: tenantName(tenant) };
    expect(renewed && (await devices.takeOver(key, device, renewed))).toBe(true);
    expect(await devices.findByKey(key)).toMatchObject({ certificateId: fourth, former: null, others: [], causes });
    const listed = await devices.renewedUntil('2026-01-31', { limit: 25, cursor: null });
    expect(listed.items.filter((item) => item.key === key)).toEqual([]);
  });

  test('N-08: fails when the certificate that holds the client id claimed it again meanwhile', async () => {
    const seen = await devices.claim(key, claimOf(first));
    await devices.claim(key, claimOf(first));
    expect(await devices.takeOver(key, claimOf(second), seen)).toBe(false);
    expect((await devices.findByKey(key))?.certificateId).toBe(first);
  });

  test('of a client id that nobody claimed fails and makes nothing', async () => {
    expect(await devices.takeOver(key, claimOf(second), { ...claimOf(first), claims: 1 })).toBe(false);
    expect(await devices.findByKey(key)).toBeNull();
  });
});

describe('renewal', () => {
  const beside = (until: number | null) => ({ former: { certificateId: first, until }, others: [third] });
  const renewed = async (until: number | null = null) => {
    const seen = await devices.claim(key, claimOf(first));
    expect(await devices.renew(key, claimOf(second, NOW + HOUR), beside(until), seen)).toBe(true);
    return seen;
  };
  const untilOn = async (day: string) =>
    (await devices.renewedUntil(day, { limit: 25, cursor: null })).items.filter((item) => item.key === key);

  test('J-11: gives the device to the new certificate, and leaves what was heard of it', async () => {
    const seen = await devices.claim(key, claimOf(first));
    await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: null });
    expect(
      await devices.renew(key, { ...claimOf(second, NOW + HOUR), permissionSet: 'acme.eu2' }, beside(null), seen),
    ).toBe(true);
    expect(await devices.findByKey(key)).toMatchObject({
      certificateId: second,
      permissionSet: 'acme.eu2',
      ...beside(null),
      claimedAt: NOW,
      claims: 2,
      mismatch: { count: 1 },
    });
  });

  test('J-11: of two at once exactly one succeeds, and none when it was claimed again', async () => {
    const seen = await devices.claim(key, claimOf(first));
    const done = await Promise.all(
      [second, third].map((id) => devices.renew(key, claimOf(id), { former: null, others: [] }, seen)),
    );
    expect(done.toSorted()).toEqual([false, true]);
    const owner = done[0] ? second : third;
    const before = await devices.claim(key, claimOf(owner));
    expect(await devices.renew(key, claimOf(fourth), { former: null, others: [] }, { ...before, claims: 2 })).toBe(
      false,
    );
    expect(await devices.renew(`${key}-none`, claimOf(fourth), { former: null, others: [] }, before)).toBe(false);
    expect(await devices.findByKey(`${key}-none`)).toBeNull();
  });

  test('J-11: the former one is listed on the day on which its time ends, once that is known', async () => {
    await renewed();
    expect(await untilOn('2026-02-07')).toEqual([]);
    expect(await devices.endFormer(key, first, NOW + 7 * 24 * HOUR)).toBe(true);
    const line = {
      key,
      clientId: 'acme_device01',
      tenant: 'acme',
      certificateId: second,
      former: { certificateId: first, until: NOW + 7 * 24 * HOUR },
    };
    expect(await untilOn('2026-02-07')).toEqual([line]);

    expect(await devices.endFormer(key, first, NOW + HOUR)).toBe(true);
    expect(await untilOn('2026-02-07')).toEqual([]);
    expect(await untilOn('2026-01-31')).toEqual([{ ...line, former: { certificateId: first, until: NOW + HOUR } }]);

    await devices.dropFormer(key, first, NOW + HOUR - 1);
    expect(await untilOn('2026-01-31')).toHaveLength(1);
    await devices.dropFormer(key, first, NOW + HOUR);
    expect(await untilOn('2026-01-31')).toEqual([]);
    expect(await devices.findByKey(key)).toMatchObject({ certificateId: second, former: null, others: [third] });
  });

  test('J-11: its time is never put off, and another one is left alone', async () => {
    await renewed(NOW + HOUR);
    expect(await devices.endFormer(key, first, NOW + 2 * HOUR)).toBe(true);
    expect((await devices.findByKey(key))?.former).toEqual({ certificateId: first, until: NOW + HOUR });

    expect(await devices.endFormer(key, third, NOW)).toBe(false);
    await devices.dropFormer(key, third, NOW + HOUR);
    expect((await devices.findByKey(key))?.former).toEqual({ certificateId: first, until: NOW + HOUR });
    expect(await devices.endFormer(`${key}-none`, first, NOW)).toBe(false);
    await devices.dropFormer(`${key}-none`, first, NOW + HOUR);
    expect(await devices.findByKey(`${key}-none`)).toBeNull();
  });

  test('J-11: its time is taken away again, unless the newest is another or another time was set since', async () => {
    await renewed(NOW + HOUR);
    const former = { certificateId: first, until: NOW + HOUR };
    await devices.keepFormer(key, { certificateId: fourth, former });
    await devices.keepFormer(key, { certificateId: second, former: { ...former, certificateId: third } });
    await devices.keepFormer(key, { certificateId: second, former: { ...former, until: NOW } });
    await devices.keepFormer(`${key}-none`, { certificateId: second, former });
    expect((await devices.findByKey(key))?.former).toEqual(former);
    expect(await devices.findByKey(`${key}-none`)).toBeNull();

    await devices.keepFormer(key, { certificateId: second, former });
    expect((await devices.findByKey(key))?.former).toEqual({ certificateId: first, until: null });
    expect(await untilOn('2026-01-31')).toEqual([]);
    await devices.dropFormer(key, first, NOW + 2 * HOUR);
    expect((await devices.findByKey(key))?.former).toEqual({ certificateId: first, until: null });
  });

  test('J-11: the next renewal takes a time away that was set for the one before', async () => {
    await renewed(NOW + HOUR);
    const seen = await devices.claim(key, claimOf(second));
    await devices.renew(key, claimOf(fourth), { former: { certificateId: second, until: null }, others: [] }, seen);
    expect(await untilOn('2026-01-31')).toEqual([]);
    expect(await devices.findByKey(key)).toMatchObject({ former: { certificateId: second, until: null }, others: [] });
  });
});

describe('what bars a device', () => {
  test('V-04: is replaced as a whole by who saw what stood there', async () => {
    await devices.claim(key, claimOf(first));
    expect(await devices.setCauses(key, ['OPERATOR'], [])).toBe(true);
    expect(await devices.setCauses(key, ['BLOCKED'], [])).toBe(false);
    expect(await devices.setCauses(key, ['OPERATOR', 'REVOKED'], ['OPERATOR'])).toBe(true);
    expect((await devices.findByKey(key))?.causes).toEqual(['OPERATOR', 'REVOKED']);
    expect(await devices.setCauses(`${key}-none`, ['OPERATOR'], [])).toBe(false);
    expect(await devices.findByKey(`${key}-none`)).toBeNull();
  });

  test('V-04: is there already when the answer to the write was lost and it is sent again', async () => {
    await devices.claim(key, claimOf(first));
    await devices.setCauses(key, ['OPERATOR'], []);
    expect(await devices.setCauses(key, ['OPERATOR'], [])).toBe(true);
  });

  test('V-04: several devices are read at once, as far as they exist', async () => {
    await devices.claim(key, claimOf(first));
    table.calls.length = 0;
    expect(await devices.findAll([key, `${key}-none`])).toMatchObject([{ certificateId: first }]);
    expect(table.calls).toEqual(['BatchGetItem']);
  });
});

describe('presence', () => {
  const session = (sessionId: string, versionNumber: number, at: number) => {
    const shared = { sessionId, versionNumber, certificateId: first, ip: '192.0.2.1' };
    return {
      connected: { ...shared, connected: true, at, disconnectReason: null } satisfies Presence,
      gone: { ...shared, connected: false, at: at + 1_000, disconnectReason: 'CLIENT_ERROR' } satisfies Presence,
    };
  };
  const [a, b] = [session('a', 7, NOW), session('b', 8, NOW + 10_000)];
  const orders = <T>(items: readonly T[]): T[][] =>
    items.length < 2
      ? [[...items]]
      : items.flatMap((item, n) => orders(items.toSpliced(n, 1)).map((rest) => [item, ...rest]));

  test('R-05: in whatever order the events of two sessions come, and the first of them twice, the last one stands', async () => {
    for (const [n, order] of orders([a.connected, a.gone, b.connected, b.gone]).entries()) {
      const device = `${key}-${n}`;
      await devices.claim(device, claimOf(first));
      for (const event of [...order, ...order.slice(0, 1)]) await devices.recordPresence(device, event);
      expect((await devices.findByKey(device))?.presence, JSON.stringify(order)).toEqual(b.gone);
    }
  });

  test('R-05: says which events came late', async () => {
    await devices.claim(key, claimOf(first));
    const isRecorded = async (presence: Presence) => (await devices.recordPresence(key, presence)).recorded;
    expect(await isRecorded(b.connected)).toBe(true);
    expect(await isRecorded(b.connected)).toBe(false);
    expect(await isRecorded(a.gone)).toBe(false);
    expect(await isRecorded(b.gone)).toBe(true);
  });

  test('R-05: version numbers that start again after an hour are taken for a new session', async () => {
    await devices.claim(key, claimOf(first));
    await devices.recordPresence(key, b.gone);
    const restarted = session('c', 0, NOW + 2 * HOUR);
    expect(await devices.recordPresence(key, restarted.connected)).toMatchObject({ recorded: true });
    expect((await devices.findByKey(key))?.presence).toEqual(restarted.connected);
  });

  test.each(PRESENCE_CASES)('R-05: %s', async (_, known, heard, counts) => {
    await devices.claim(key, claimOf(first));
    if (known) await devices.recordPresence(key, known);

    const { recorded, device } = await devices.recordPresence(key, heard);
    expect(recorded).toBe(counts);
    expect(device?.presence).toEqual(counts ? heard : known);
    expect(await devices.findByKey(key)).toEqual(device);
  });

  test('presence and mismatch of an unknown device make no record', async () => {
    expect(await devices.recordPresence(key, a.connected)).toEqual({ recorded: false, device: null });
    await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: null });
    expect(await devices.findByKey(key)).toBeNull();
  });
});

test('N-10: keeps the last wrong client id and counts the attempts, a repeated delivery once', async () => {
  await devices.claim(key, claimOf(first));
  await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: '192.0.2.1' });
  await devices.recordMismatch(key, { tried: 'device01', at: NOW, ip: '192.0.2.1' });
  await devices.recordMismatch(key, { tried: 'ACME_device01', at: NOW + 1_000, ip: null });
  expect((await devices.findByKey(key))?.mismatch).toEqual({
    tried: 'ACME_device01',
    at: NOW + 1_000,
    ip: null,
    count: 2,
  });
});
