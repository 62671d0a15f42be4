// Revocation lists of a trust anchor: what they would do, what they do, and that nothing stops them half-way.

import { beforeEach, describe, expect, it } from 'vitest';
import type { CrlEntry, CrlFacts } from '#domain/crl-rules.ts';
import { TransientError } from '#domain/errors.ts';
import { type CertificateId, type TenantName, tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { aroundPorts, endingAt } from '#support/around-ports.ts';
import { ENDS } from '#support/disturbed-onboarding.ts';
import { inMemoryTenantLock } from '#support/in-memory-permissions.ts';
import { ACME, anAnchor, aTenant, CA, eventId, NOON } from '#support/onboarding-world.ts';
import { type SweepWorld, sweepWorld } from '#support/sweep-world.ts';
import { applyCrl } from '#usecases/apply-crl.ts';
import { type ImportCrlDeps, importCrl, previewCrl } from '#usecases/import-crl.ts';

const HOUR = 3_600_000;
const OPERATOR = 'arn:aws:iam::123456789012:user/op';

let world: SweepWorld;
let deps: ImportCrlDeps;
const begin = (): void => {
  world = sweepWorld();
  const { anchors, tenants, blockLists, certificates, devices, clock } = world;
  let ids = 0;
  deps = {
    anchors,
    tenants,
    blockLists,
    certificates,
    devices,
    listing: certificates.listing,
    tenantLock: inMemoryTenantLock(clock),
    trustQueue: { send: (command, delay) => world.deps().trustQueue.send(command, delay) },
    // a list as its facts, which is what a reader makes of it
    readList: (text) => ok(JSON.parse(text) as CrlFacts),
    newId: () => {
      ids += 1;
      return eventId(600_000 + ids);
    },
    clock,
  };
};
beforeEach(begin);

type Entry = string | readonly [serial: string, reason: string];
const entryOf = (entry: Entry): CrlEntry => {
  const [serialNumber, reason] = typeof entry === 'string' ? [entry, null] : entry;
  return { serialNumber, revokedAt: NOON - HOUR, reason };
};
const list = (entries: readonly Entry[], changes: Partial<CrlFacts> = {}): string =>
  JSON.stringify({
    issuer: 'CN=acme CA',
    issuedByAnchor: true,
    signedByAnchor: true,
    signatureAlgorithm: 'rsa-sha256',
    scope: 'full',
    number: '1',
    thisUpdate: NOON - HOUR,
    nextUpdate: null,
    entries: entries.map(entryOf),
    ...changes,
  } satisfies CrlFacts);
const later = (number: number) => ({ number: String(number), thisUpdate: NOON - HOUR + number });

const importing = (text: string, tenant: TenantName = ACME) => importCrl(deps)(tenant, CA, text, OPERATOR);
const imported = async (text: string) => {
  const outcome = await importing(text);
  if (!outcome.ok) throw new Error(outcome.error.message);
  await world.workOff();
  return outcome.value;
};
const onboarded = async (cn: string, serialNumber: string): Promise<CertificateId> => {
  const id = world.device(cn, { serialNumber });
  await world.onboard(world.came(id, 1_000 + Number(serialNumber)));
  world.iot.connect(id, `acme_${cn}`);
  return id;
};
const statusOf = (id: CertificateId) => world.iot.certificates.get(id)?.status;

describe('a revocation list that is taken in', () => {
  it('X-10: puts out whom it names, ends the session, and leaves the others', async () => {
    const [out, stays] = [await onboarded('a', '1'), await onboarded('b', '2')];
    await imported(list(['1', '99']));
    expect([out, stays].map(world.state)).toEqual(['REVOKED', 'ACTIVE']);
    // REVOKED is final in IoT Core, and a list may take back what it had on hold
    expect([out, stays].map(statusOf)).toEqual(['INACTIVE', 'ACTIVE']);
    expect(world.record(out).causes).toEqual(['CRL_REVOKED']);
    expect([...world.iot.sessions]).toEqual(['acme_b']);
    expect(world.record(out).history.at(-2)).toMatchObject({ actor: OPERATOR, seen: 'revocation list imported' });
  });

  it('X-10: finds whom it names though their serial number was not kept when they were let in', async () => {
    const ids = [await onboarded('a', '1'), await onboarded('b', '2')];
    for (const id of ids) {
      const record = world.certificates.records.get(id);
      if (record) world.certificates.records.set(id, { ...record, serialNumber: null, publicKeyId: null });
    }
    const told = () => world.events.distinct().length;
    const before = told();
    await imported(list(['1']));
    expect(ids.map(world.state)).toEqual(['REVOKED', 'ACTIVE']);
    expect(ids.map(statusOf)).toEqual(['INACTIVE', 'ACTIVE']);
    expect(ids.map((id) => world.record(id).serialNumber)).toEqual(['1', '2']);
    expect(ids.map((id) => world.record(id).publicKeyId)).toEqual(ids);
    // the list, and whom it put out
    expect(told() - before).toBe(2);
    world.iot.calls.length = 0;
    await imported(list(['1'], later(2)));
    expect(world.iot.calls).toEqual([]);
  });

  it('X-10: bars whom it named before, once anything else has them decided again', async () => {
    const id = await onboarded('a', '1');
    const record = world.record(id);
    world.certificates.records.set(id, { ...record, serialNumber: null, publicKeyId: null });
    await world.blockLists.addSerials(CA, [entryOf('1')]);
    await world.act('REVOKED');
    await world.workOff();
    expect(world.record(id)).toMatchObject({ serialNumber: '1', causes: expect.arrayContaining(['CRL_REVOKED']) });
  });

  it('X-10: turns away whom it names when they come later', async () => {
    await imported(list(['7']));
    const id = world.device('late', { serialNumber: '7' });
    await world.onboard(world.came(id, 50));
    expect(world.state(id)).toBe('REJECTED');
    expect(world.record(id).verdict).toMatchObject({ reason: 'CERT_REVOKED' });
    expect(statusOf(id)).toBe('INACTIVE');
  });

  it('is noted with the anchor, and announced once however often it is delivered', async () => {
    await onboarded('a', '1');
    await imported(list(['1'], { nextUpdate: NOON + HOUR }));
    expect(world.anchor().crl).toEqual({
      number: '1',
      thisUpdate: NOON - HOUR,
      nextUpdate: NOON + HOUR,
      entries: 1,
      importedAt: expect.any(Number),
      importedBy: OPERATOR,
    });
    const told = () => world.events.distinct().filter(({ type }) => type === 'ca.crl-imported');
    expect(told()).toEqual([
      expect.objectContaining({ id: `${CA}.crl.1`, anchorId: CA, tenant: 'acme', actor: OPERATOR, entries: 1 }),
    ]);
    expect(world.events.distinct().filter(({ type }) => type === 'device.revoked')).toHaveLength(1);
    const calls = world.iot.calls.length;
    await imported(list(['1'], { nextUpdate: NOON + HOUR }));
    expect(world.iot.calls).toHaveLength(calls);
  });

  it('X-10: what comes while it is spread is seen by a second pass, once nobody can act on what was read before', async () => {
    const id = await onboarded('a', '1');
    await importing(list(['1']));
    const { listing } = world.certificates;
    const { underAnchor } = listing;
    // an index that lags behind its table
    listing.underAnchor = async () => ({ items: [], cursor: null });
    await world.deliver();
    listing.underAnchor = underAnchor;
    expect(world.state(id)).toBe('ACTIVE');
    expect(world.messages.map(({ from }) => from)).toEqual([world.time.now + 30_000]);
    await world.workOff();
    expect(world.state(id)).toBe('REVOKED');
    expect(world.messages).toEqual([]);
  });

  it('X-10: turns away whoever is held, and lets back in nobody else than a list had turned away', async () => {
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const held = world.device('held', { serialNumber: '3' });
    await world.onboard(world.came(held, 60));
    await imported(list([['3', 'certificateHold']]));
    expect(world.record(held).verdict).toMatchObject({ kind: 'reject', reason: 'CERT_REVOKED' });
    await imported(list([], later(2)));
    expect(world.state(held)).toBe('HELD');
  });

  it('V-03: who was on hold comes back, unless something else bars it; what was revoked stays out', async () => {
    const ids = [await onboarded('a', '1'), await onboarded('b', '2'), await onboarded('c', '3')];
    const [onHold, suspended, revoked] = ids;
    if (!onHold || !suspended || !revoked) throw new Error('expected three certificates');
    await imported(list([['1', 'certificateHold'], ['2', 'certificateHold'], '3']));
    await world.bar(suspended, 'OPERATOR');
    expect(ids.map(world.state)).toEqual(['REVOKED', 'REVOKED', 'REVOKED']);

    await imported(list([['1', 'removeFromCRL']], later(2)));

    expect(ids.map(world.state)).toEqual(['ACTIVE', 'SUSPENDED', 'REVOKED']);
    expect(ids.map(statusOf)).toEqual(['ACTIVE', 'INACTIVE', 'INACTIVE']);
    expect(world.record(suspended).causes).toEqual(['OPERATOR']);
  });

  it('goes on in slices at the pace of the quota, with no call for whom it does not name', async () => {
    const named: string[] = [];
    for (let n = 1; n <= 250; n += 1) {
      await onboarded(`d${n}`, String(n));
      if (n % 2 === 0) named.push(String(n));
    }
    world.iot.calls.length = 0;
    await importing(list(named));
    const began = world.time.now;
    expect((await world.workOff()).length).toBeGreaterThan(2);
    expect(world.iot.calls.filter((call) => call === 'UpdateCertificate INACTIVE')).toHaveLength(125);
    expect(world.iot.calls.filter((call) => call === 'DeleteConnection')).toHaveLength(125);
    expect(world.statuses()).toEqual({ ACTIVE: 125, INACTIVE: 125 });
    expect(world.events.published.filter(({ type }) => type === 'ca.crl-imported')).toHaveLength(1);
    // 12.5 s, and the 30 s before the second pass
    expect(world.time.now - began).toBeLessThan(50_000);
  });

  it.each(ENDS)('is finished though an attempt %s any of its calls', async (end) => {
    for (let endAt = 1; ; endAt += 1) {
      begin();
      const ids = [await onboarded('a', '1'), await onboarded('b', '2')];
      await importing(list(['1']));
      const { around, ended } = endingAt(endAt, end);
      while (world.messages.length > 0) await world.deliver(ended() ? undefined : around);
      expect([endAt, ids.map(world.state)]).toEqual([endAt, ['REVOKED', 'ACTIVE']]);
      expect(ids.map(statusOf)).toEqual(['INACTIVE', 'ACTIVE']);
      if (!ended()) return;
    }
  });

  it('is taken in by a repeat, though an attempt ended at any of its calls', async () => {
    for (const end of ENDS)
      for (let endAt = 1; ; endAt += 1) {
        begin();
        const id = await onboarded('a', '1');
        const { around, ended } = endingAt(endAt, end);
        const disturbed = aroundPorts(
          deps,
          ['anchors', 'tenants', 'blockLists', 'certificates', 'devices', 'listing', 'tenantLock', 'trustQueue'],
          around,
        );
        await importCrl(disturbed)(ACME, CA, list(['1', '5']), OPERATOR).catch(() => null);
        // a lock that a dead process holds ends by itself
        world.time.now += 60_000;
        await imported(list(['1', '5']));
        expect([end, endAt, world.state(id)]).toEqual([end, endAt, 'REVOKED']);
        expect(world.blockLists.revokes(CA, '5')).toBe(true);
        if (!ended()) break;
      }
  });

  it('tells an operator which certificates do not follow, and holds nothing up for them', async () => {
    const [stuck, other] = [await onboarded('a', '1'), await onboarded('b', '2')];
    const { setStatus } = world.iot.gateway;
    world.iot.gateway.setStatus = async (id, status) => {
      if (id === stuck) throw new TransientError('throttled, again and again');
      return setStatus(id, status);
    };
    await importing(list(['1', '2']));
    await world.workOff();
    expect([stuck, other].map(statusOf)).toEqual(['ACTIVE', 'INACTIVE']);
    const { items: kept } = await world.rejectedEvents.listDay('2026-11-22', { limit: 10, cursor: null });
    expect(kept).toMatchObject([{ code: 'ATTEMPTS_EXHAUSTED', reason: expect.stringContaining(stuck) }]);

    world.iot.gateway.setStatus = setStatus;
    await imported(list(['1', '2']));
    expect(statusOf(stuck)).toBe('INACTIVE');
  });
});

describe('certificates of which none follows', () => {
  const serials = Array.from({ length: 150 }, (_, index) => String(index + 1));

  it('end the work as any others do: a command goes on behind those that failed', async () => {
    for (const serial of serials) await onboarded(`d${serial}`, serial);
    world.iot.gateway.setStatus = async () => {
      throw new TransientError('throttled, again and again');
    };
    await importing(list(serials));
    // less than a page at a time
    const work = applyCrl({ ...world.deps(), sliceMs: 3_000 });
    let commands = 0;
    for (let next = world.messages.shift(); next && commands < 50; next = world.messages.shift()) {
      world.time.now = Math.max(world.time.now, next.from);
      if (next.command.act === 'crl') await work(next.command);
      commands += 1;
    }
    // 15 s at the pace of the quota, in slices of 3 s, twice
    expect(commands).toBeLessThan(15);
    const { items: kept } = await world.rejectedEvents.listDay('2026-11-22', { limit: 10, cursor: null });
    expect(kept.length).toBeGreaterThan(0);
  });

  it('because IoT Core has them no longer are no failure', async () => {
    const id = await onboarded('a', '1');
    world.iot.certificates.delete(id);
    await imported(list(['1']));
    expect((await world.rejectedEvents.listDay('2026-11-22', { limit: 10, cursor: null })).items).toEqual([]);
  });
});

describe('a preview of a revocation list', () => {
  const preview = (text: string, tenant: TenantName = ACME) => previewCrl(deps)(tenant, CA, text);

  it('shows who would go out, connected ones first, and who would come back, and changes nothing', async () => {
    const [away, there, back] = [await onboarded('a', '1'), await onboarded('b', '2'), await onboarded('c', '3')];
    await imported(list([['3', 'certificateHold']]));
    const device = world.devices.devices.get('acme_b');
    if (!device) throw new Error('expected a device');
    const presence = {
      connected: true,
      certificateId: there,
      at: NOON,
      sessionId: 's',
      versionNumber: 1,
      ip: '203.0.113.7',
      disconnectReason: null,
    };
    world.devices.devices.set('acme_b', { ...device, presence });
    const before = JSON.stringify([...world.certificates.records]);

    const shown = await preview(list(['1', '2', '42'], later(2)));

    expect(shown).toMatchObject({
      ok: true,
      value: {
        anchor: CA,
        list: { number: '2', entries: 3 },
        revokes: [
          { id: there, clientId: 'acme_b', state: 'ACTIVE', connected: true, ip: '203.0.113.7' },
          { id: away, clientId: 'acme_a', state: 'ACTIVE', connected: false },
        ],
        releases: [{ id: back, state: 'REVOKED' }],
        more: false,
      },
    });
    expect(JSON.stringify([...world.certificates.records])).toBe(before);
    expect(world.blockLists.revokes(CA, '1')).toBe(false);
    expect(world.anchor().crl?.number).toBe('1');
    expect(world.messages).toEqual([]);
  });

  it('names nobody whom the last list has put out already', async () => {
    await onboarded('a', '1');
    await imported(list(['1']));
    expect(await preview(list(['1'], later(2)))).toMatchObject({ value: { revokes: [], releases: [] } });
  });
});

describe('a revocation list that is refused changes nothing', () => {
  const unchanged = async (text: string, kind: string, code: string, tenant: TenantName = ACME) => {
    const id = await onboarded('a', '1');
    for (const act of [importCrl(deps), previewCrl(deps)])
      expect(await act(tenant, CA, text, OPERATOR)).toMatchObject({ ok: false, error: { kind, code } });
    expect(world.messages).toEqual([]);
    expect(world.blockLists.revokes(CA, '1')).toBe(false);
    expect(world.state(id)).toBe('ACTIVE');
  };

  it('CRL_FOREIGN: of another issuer', () =>
    unchanged(list(['1'], { issuedByAnchor: false }), 'invalid', 'CRL_FOREIGN'));
  it('CRL_SIGNATURE: signed by another key', () =>
    unchanged(list(['1'], { signedByAnchor: false }), 'invalid', 'CRL_SIGNATURE'));
  it('CRL_EXPIRED: over', () => unchanged(list(['1'], { nextUpdate: NOON - 1 }), 'invalid', 'CRL_EXPIRED'));
  it('CRL_STALE: older than the last one', async () => {
    await imported(list([], later(5)));
    await unchanged(list(['1'], later(4)), 'conflict', 'CRL_STALE');
  });
  it('ANCHOR_UNKNOWN: for an anchor of another tenant', async () => {
    const globex = tenantName('globex');
    world.tenants.tenants.set(globex, aTenant({ name: globex }));
    await unchanged(list(['1']), 'not-found', 'ANCHOR_UNKNOWN', globex);
  });
  it('ANCHOR_STATE: for an anchor that is deleted', async () => {
    const id = await onboarded('a', '1');
    world.anchors.anchors.set(CA, anAnchor({ state: 'DELETED' }));
    expect(await importing(list(['1']))).toMatchObject({ error: { kind: 'conflict', code: 'ANCHOR_STATE' } });
    expect(world.state(id)).toBe('ACTIVE');
  });

  it('CRL_STALE: overtaken by a newer one between reading and writing', async () => {
    deps = { ...deps, anchors: { find: world.anchors.find, noteCrl: async () => false } };
    expect(await importing(list(['1']))).toMatchObject({ error: { kind: 'conflict', code: 'CRL_STALE' } });
    expect(world.messages).toEqual([]);
  });
});
