// Whom an act on a trust anchor would touch.

import * as v from 'valibot';
import { beforeEach, expect, test } from 'vitest';
import { impactView } from '#contracts/impact-view.ts';
import { ImpactView } from '#contracts/trust-api.ts';
import type { AnchorAct } from '#domain/anchor-acts.ts';
import type { Cause } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { CertificateId, TenantName } from '#domain/ids.ts';
import type { AnchorPlaces } from '#ports/trust-registry.ts';
import { inMemoryAnchorPlaces } from '#support/in-memory-anchors.ts';
import { anAnchor } from '#support/onboarding-world.ts';
import { anchorOf, fingerprint, NOW, startOpsApi } from '#support/ops-api.ts';
import { anUpload } from '#support/trust-anchors.ts';
import { affectedDevice, anchorImpact } from '#usecases/impact.ts';

const HOUR = 3_600_000;
let api: ReturnType<typeof startOpsApi>;
let acme: TenantName;
let places: AnchorPlaces;
beforeEach(() => {
  api = startOpsApi();
  places = inMemoryAnchorPlaces();
  acme = api.tenant('acme');
  for (const tenant of [acme, api.tenant('globex')])
    api.anchors.anchors.set(anchorOf(tenant), anAnchor({ id: anchorOf(tenant), tenant }));
});

const bar = (id: CertificateId, ...causes: Cause[]) => {
  const record = api.certificates.records.get(id);
  if (record) api.certificates.records.set(id, { ...record, causes });
};
const setDevice = (key: string, changes: Partial<Device>) => {
  const device = api.devices.devices.get(key);
  if (device) api.devices.devices.set(key, { ...device, ...changes });
};
const session = (certificateId: CertificateId | null, connected: boolean, at: number, ip: string | null = null) => ({
  presence: { connected, certificateId, at, sessionId: 's', versionNumber: 1, ip, disconnectReason: null },
});
const impactOf = (tenant = acme, anchor = anchorOf('acme'), act: AnchorAct | null = null) =>
  anchorImpact({ ...api.deps, anchors: api.anchors, places })(tenant, anchor, act);
const impact = async () => {
  const outcome = await impactOf();
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
};

test('V-01: says how many certificates in which state, who is connected now and from where, and when someone was seen last', async () => {
  const [one, two, three, four] = [fingerprint(1), fingerprint(2), fingerprint(3), fingerprint(4)];
  await api.onboarded(one, acme, 'acme_1');
  await api.onboarded(two, acme, 'acme_2');
  await api.onboarded(three, acme, 'acme_Pump', 'acme_pump');
  await api.decided(four, acme, 'reject', null);
  bar(two, 'OPERATOR');
  setDevice('acme_2', session(two, false, NOW + HOUR, '192.0.2.2'));
  setDevice('acme_pump', session(null, true, NOW, '192.0.2.3'));
  await api.onboarded(fingerprint(9), api.tenant('globex'), 'globex_1');

  const view = impactView(await impact());
  expect(view).toEqual({
    fingerprint: anchorOf('acme'),
    certificates: 4,
    states: { ACTIVE: 2, SUSPENDED: 1, REJECTED: 1 },
    barredOtherwise: 2,
    connected: 1,
    lastSeen: new Date(NOW + HOUR).toISOString(),
    devices: [
      {
        clientId: 'acme_Pump',
        fingerprint: three,
        state: 'ACTIVE',
        connected: true,
        ip: '192.0.2.3',
        lastSeen: new Date(NOW).toISOString(),
      },
      { clientId: 'acme_1', fingerprint: one, state: 'ACTIVE', connected: false, ip: null, lastSeen: null },
      {
        clientId: 'acme_2',
        fingerprint: two,
        state: 'SUSPENDED',
        connected: false,
        ip: '192.0.2.2',
        lastSeen: new Date(NOW + HOUR).toISOString(),
      },
      { clientId: null, fingerprint: four, state: 'REJECTED', connected: false, ip: null, lastSeen: null },
    ],
    more: false,
  });
  expect(v.safeParse(ImpactView, view).success).toBe(true);
});

test('V-03: tells whom the anchor alone keeps out from whom something else does too', async () => {
  const ids = [1, 2, 3, 4].map(fingerprint);
  for (const [n, id] of ids.entries()) await api.onboarded(id, acme, `acme_${n}`);
  const [one, two, three] = ids;
  if (!one || !two || !three) throw new Error('expected certificates');
  bar(one, 'CA_REVOKED');
  bar(two, 'CA_REVOKED', 'OPERATOR');
  bar(three, 'EXPIRED');
  await api.decided(fingerprint(5), acme, 'hold', 'acme_5');
  const held = api.certificates.records.get(fingerprint(5));
  if (held?.verdict?.kind !== 'hold') throw new Error('expected it to be held');
  expect(await impact()).toMatchObject({ certificates: 5, barredOtherwise: 3 });
  api.certificates.records.set(held.id, { ...held, verdict: { ...held.verdict, reason: 'CA_REVOKED' } });
  expect(await impact()).toMatchObject({ certificates: 5, barredOtherwise: 2 });
});

test('J-11: a session is that of the certificate it was made with, and of no other that the device has', async () => {
  const [one, two, three] = [fingerprint(1), fingerprint(2), fingerprint(3)];
  await api.onboarded(one, acme, 'acme_1');
  for (const id of [two, three]) await api.decided(id, acme, 'accept', 'acme_1');
  setDevice('acme_1', { others: [two], ...session(two, true, NOW) });
  const { devices, connected } = await impact();
  expect(connected).toBe(1);
  expect(devices.map(({ id, connected: isIn }) => [id, isIn])).toEqual([
    [two, true],
    [one, false],
    [three, false],
  ]);
  expect(affectedDevice({ id: three, clientId: null, state: 'REJECTED' }, null)).toEqual({
    id: three,
    clientId: null,
    state: 'REJECTED',
    connected: false,
    ip: null,
    lastSeen: null,
  });
});

test('shows 25 of them, those that are connected before those that are let in, and counts all', async () => {
  for (let n = 1; n <= 40; n += 1) await api.decided(fingerprint(n), acme, 'reject', null, NOW + n);
  await api.onboarded(fingerprint(50), acme, 'acme_50');
  await api.onboarded(fingerprint(51), acme, 'acme_51');
  setDevice('acme_51', session(fingerprint(51), true, NOW));
  const { certificates, devices, more } = await impact();
  expect([certificates, devices.length, more]).toEqual([42, 25, false]);
  expect(devices.slice(0, 2).map(({ clientId }) => clientId)).toEqual(['acme_51', 'acme_50']);
});

test('is bounded: of more than ten thousand certificates it says that there are more', async () => {
  const line = (n: number) => ({
    id: fingerprint(n),
    clientId: null,
    tenant: acme,
    anchorId: anchorOf('acme'),
    state: 'ACTIVE' as const,
    reason: null,
    seen: null,
    firstSeenAt: 0,
    decidedAt: 0,
    validTo: null,
  });
  let read = 0;
  const listing = {
    underAnchor: async (_: unknown, { limit, cursor }: { limit: number; cursor: string | null }) => {
      read += limit;
      const from = Number(cursor);
      return { items: Array.from({ length: limit }, (__, n) => line(from + n)), cursor: String(from + limit) };
    },
  };
  const outcome = await anchorImpact({ ...api.deps, anchors: api.anchors, places, listing })(
    acme,
    anchorOf('acme'),
    null,
  );
  expect(outcome).toMatchObject({ ok: true, value: { certificates: 10_000, states: { ACTIVE: 10_000 }, more: true } });
  expect(read).toBe(10_000);
});

test("R-07: of another tenant's anchor, or of none, it says nothing", async () => {
  await api.onboarded(fingerprint(9), api.tenant('globex'), 'globex_1');
  for (const anchor of [anchorOf('globex'), anchorOf('initech')])
    expect(await impactOf(acme, anchor)).toMatchObject({ ok: false, error: { code: 'ANCHOR_UNKNOWN' } });
});

test("R-07: of an upload it tells nothing, whoever's devices the same CA vouches for", async () => {
  await api.onboarded(fingerprint(9), api.tenant('globex'), 'globex_1');
  const id = anchorOf('globex');
  await places.put({ tenant: acme, id, upload: anUpload({ id, tenant: acme }) });
  const empty = {
    anchor: id,
    certificates: 0,
    states: {},
    barredOtherwise: 0,
    connected: 0,
    lastSeen: null,
    devices: [],
    more: false,
  };
  expect(await impactOf(acme, id, 'delete')).toEqual({ ok: true, value: empty });
});
