import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TransientError } from '#domain/errors.ts';
import { anchorId, type CertificateId, certificateId } from '#domain/ids.ts';
import { PASSES } from '#domain/sweep.ts';
import type { Around } from '#support/around-ports.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { meanwhile } from '#support/disturbed-onboarding.ts';
import { ACME, anAnchor, around, aTenant, CA, fingerprint } from '#support/onboarding-world.ts';
import { seededRandom } from '#support/seeded-random.ts';
import { type SweepWorld, sweepWorld } from '#support/sweep-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const OTHER_CA = anchorId(fingerprint(0xcb));
const names = (count: number) => Array.from({ length: count }, (_, index) => `device${String(index).padStart(4, '0')}`);

let world: SweepWorld;
beforeEach(() => {
  world = sweepWorld();
});

const statusOf = (id: CertificateId) => world.iot.certificates.get(id)?.status;
const told = (type: string) => world.events.distinct().filter((event) => event.type === type);
const updates = () => world.iot.calls.filter((call) => call.startsWith('UpdateCertificate'));

describe('a revoked trust anchor', () => {
  it('V-01: every certificate of it is out and its session ended, no new one registers, and another CA is untouched', async () => {
    world.anchors.anchors.set(OTHER_CA, anAnchor({ id: OTHER_CA }));
    world.gateway.cas.set(OTHER_CA, { active: true, registration: true, mode: 'SNI_ONLY' });
    const ids = await world.letIn('a', 'b', 'c');
    const other = world.device('other', {}, OTHER_CA);
    await world.onboard(world.came(other, 50));
    world.iot.connect(other, 'acme_other');
    world.iot.calls.length = 0;

    await world.act('REVOKED');
    await world.workOff();

    expect(ids.map(statusOf)).toStrictEqual(['INACTIVE', 'INACTIVE', 'INACTIVE']);
    expect(ids.map(world.state)).toStrictEqual(['SUSPENDED', 'SUSPENDED', 'SUSPENDED']);
    expect(ids.map((id) => world.record(id).causes)).toStrictEqual([['CA_REVOKED'], ['CA_REVOKED'], ['CA_REVOKED']]);
    expect([...world.iot.sessions]).toStrictEqual(['acme_other']);
    expect(world.iot.connect(ids[0] ?? other, 'acme_a')).toBe(false);
    expect(world.iot.connect(other, 'acme_other')).toBe(true);
    expect(world.gateway.cas.get(CA)).toMatchObject({ active: false, registration: false });
    expect(world.gateway.cas.get(OTHER_CA)).toMatchObject({ active: true, registration: true });
    expect(world.iot.calls[0]).toBe(`disable ${CA}`);
  });

  it('V-01: asks IoT Core for each certificate twice: its status once, its session once', async () => {
    await world.letIn(...names(5));
    world.iot.calls.length = 0;
    await world.act('REVOKED');
    await world.workOff();
    const calls = world.iot.calls.filter((call) => !call.startsWith('disable') && call !== 'ListCertificatesByCA');
    expect(calls.toSorted()).toStrictEqual([
      ...names(5).map(() => 'DeleteConnection'),
      ...names(5).map(() => 'UpdateCertificate INACTIVE'),
    ]);
  });

  it('V-01: says so on the bus, once for the act and once when all of it is done; the truststore follows', async () => {
    await world.letIn('a', 'b');
    const { changedAt, changedBy, version } = await world.act('REVOKED');
    await world.workOff();
    const anchor = { tenant: 'acme', anchorId: CA };
    expect(told('ca.revoked')).toStrictEqual([
      { type: 'ca.revoked', id: `${CA}.${version}`, at: changedAt, actor: changedBy, ...anchor },
    ]);
    expect(told('ca.swept')).toStrictEqual([
      { type: 'ca.swept', id: `${CA}.${version}.swept`, at: world.time.now, actor: 'sweep', changed: 2, ...anchor },
    ]);
    expect(told('device.suspended')).toHaveLength(2);
    expect(world.truststores).toStrictEqual([changedAt]);
    const history = world.record([...world.iot.certificates.keys()][0] ?? certificateId(fingerprint(1))).history;
    expect(history.at(-2)).toMatchObject({ actor: changedBy, seen: 'anchor revoked' });
  });

  it('V-01: what is pending stays so, and what is held is held', async () => {
    const pending = world.device('pending');
    const held = world.device('held');
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    await world.onboard(world.came(held, 60));
    await world.act('REVOKED');
    await world.workOff();
    expect([pending, held].map(statusOf)).toStrictEqual(['PENDING_ACTIVATION', 'PENDING_ACTIVATION']);
    expect(world.state(held)).toBe('HELD');
    expect(world.record(held).history).toHaveLength(1);
  });

  it('V-01: certificates of a CA that is not in IoT Core any more are found in the registry', async () => {
    const ids = await world.letIn('a', 'b');
    world.gateway.cas.delete(CA);
    await world.act('REVOKED');
    await world.workOff();
    expect(ids.map(statusOf)).toStrictEqual(['INACTIVE', 'INACTIVE']);
    expect(world.anchor().sweep).toMatchObject({ seen: 0, changed: 2, completedAt: world.time.now });
  });

  it('V-01: a certificate that was deleted in IoT Core keeps no revocation from its end', async () => {
    const [gone, there] = await world.letIn('a', 'b');
    world.iot.certificates.delete(gone ?? certificateId(fingerprint(1)));
    await world.act('REVOKED');
    expect((await world.workOff()).at(-1)).toBe('complete');
    expect(there && statusOf(there)).toBe('INACTIVE');
  });

  it.each(['REVOKED', 'PENDING_TRANSFER'])(
    'V-01, V-03: a certificate that somebody set to %s in IoT Core keeps neither revocation nor restoration from its end',
    async (status) => {
      const [changed, other] = await world.letIn('a', 'b');
      const certificate = changed && world.iot.certificates.get(changed);
      if (!certificate) throw new Error('expected a certificate');
      world.iot.certificates.set(changed, { ...certificate, status });
      for (const act of ['REVOKED', 'ACTIVE', 'DELETED'] as const) {
        await world.act(act);
        expect((await world.workOff()).at(-1), act).toBe('complete');
        expect(other && statusOf(other)).toBe(act === 'ACTIVE' ? 'ACTIVE' : 'INACTIVE');
      }
      expect(statusOf(changed)).toBe(status);
      expect(world.rejectedEvents.kept.size).toBe(0);
    },
  );

  it('V-01: a certificate that somebody registered by hand is shut out as well, and told once; a restore leaves it so', async () => {
    const foreign = certificateId(fingerprint(0xf0));
    world.iot.certificates.set(foreign, { pem: 'by hand', anchorId: CA, status: 'ACTIVE', thing: null });
    await world.act('REVOKED');
    await world.workOff();
    expect(world.outcomes.map(({ kind, foreign }) => [kind, foreign])).toStrictEqual([
      ['again', [foreign]],
      ['complete', []],
    ]);
    expect(statusOf(foreign)).toBe('INACTIVE');
    expect(updates()).toStrictEqual(['UpdateCertificate INACTIVE']);
    expect([...world.rejectedEvents.kept.values()]).toMatchObject([
      { source: 'work-on-trust', code: 'UNEXPECTED_STATUS', reason: expect.stringContaining(foreign) },
    ]);
    await world.act('ACTIVE');
    await world.workOff();
    expect(statusOf(foreign)).toBe('INACTIVE');
  });

  it('V-01: one that was registered by hand, and that IoT Core does not shut out, keeps the revocation from its end', async () => {
    const foreign = certificateId(fingerprint(0xf0));
    world.iot.certificates.set(foreign, { pem: 'by hand', anchorId: CA, status: 'ACTIVE', thing: null });
    vi.spyOn(world.iot.gateway, 'setStatus').mockRejectedValue(new TransientError('iot:UpdateCertificate is down'));
    await world.act('REVOKED');
    expect((await world.workOff()).at(-1)).toBe('given-up');
  });
});

describe('a sweep of many certificates', () => {
  it('V-02: 2,500 certificates are all INACTIVE after throttling and a crash, at the pace of the quota', {
    timeout: 60_000,
  }, async () => {
    const ids = await world.letIn(...names(2_500));
    world.iot.calls.length = 0;
    const random = seededRandom(4);
    let calls = 0;
    let isDead = false;
    const disturbed: Around = async (name, call) => {
      calls += 1;
      if (calls === 12_000) isDead = true;
      if (isDead) throw new Error(`the process is dead and calls ${name}`);
      if (name === 'setStatus' && random.chance(0.05))
        throw new TransientError('iot:UpdateCertificate failed with ThrottlingException');
      return call();
    };
    const began = world.time.now;
    await world.act('REVOKED');
    const progress: number[] = [];
    let crashes = 0;
    while (world.messages.length > 0) {
      const outcome = await world.deliver(disturbed);
      if (outcome === null) crashes += 1;
      isDead = false;
      progress.push(world.anchor().sweep?.changed ?? 0);
    }

    expect(crashes).toBe(1);
    expect(world.statuses()).toStrictEqual({ INACTIVE: 2_500 });
    expect(new Set(ids.map(world.state))).toStrictEqual(new Set(['SUSPENDED']));
    expect(world.iot.sessions.size).toBe(0);
    // progress is seen on the anchor, and never runs back
    expect(progress).toStrictEqual(progress.toSorted((a, b) => a - b));
    expect(progress.filter((changed) => changed > 0 && changed < 2_500).length).toBeGreaterThan(10);
    expect(world.anchor().sweep).toMatchObject({ seen: 2_500, changed: 2_500, completedAt: world.time.now });
    // none twice harmful: nothing but INACTIVE was ever set, and each device's suspension has one id
    expect(new Set(updates())).toStrictEqual(new Set(['UpdateCertificate INACTIVE']));
    expect(told('device.suspended')).toHaveLength(2_500);
    expect(told('ca.swept')).toMatchObject([{ changed: 2_500 }]);
    expect(world.rejectedEvents.kept.size).toBe(0);
    // a quarter of a minute beside the quota's 250 s, the wait for redelivery and the waits for what was throttled
    expect((world.time.now - began) / 1_000).toBeLessThan(250 + 120 + 30 + 60 + 15);
  });

  it('V-02: keeps to the pace: 10 updates in any second', async () => {
    await world.letIn(...names(60));
    const at: number[] = [];
    await world.act('REVOKED');
    await world.workOff((name, call) => {
      if (name === 'setStatus') at.push(world.time.now);
      return call();
    });
    const perSecond = at.map((from) => at.filter((time) => time >= from && time < from + 1_000).length);
    // as many as are under way at once may have waited for their turn
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(20);
    expect(at).toHaveLength(60);
    expect((Math.max(...at) - Math.min(...at)) / 1_000).toBeGreaterThanOrEqual(5);
  });

  it('V-02: a sweep that ends at any of its calls is finished by redelivery', { timeout: 60_000 }, async () => {
    for (let endAt = 1; ; endAt += 1) {
      world = sweepWorld();
      const ids = await world.letIn('a', 'b', 'c');
      await world.act('REVOKED');
      let calls = 0;
      await world.deliver(async (name, call) => {
        calls += 1;
        if (calls >= endAt) throw new Error(`the process is dead and calls ${name}`);
        return call();
      });
      if (calls < endAt) break;
      const outcomes = await world.workOff();
      expect(outcomes.at(-1), `ended at call ${endAt}`).toBe('complete');
      expect(ids.map(statusOf), `ended at call ${endAt}`).toStrictEqual(['INACTIVE', 'INACTIVE', 'INACTIVE']);
      expect(world.iot.sessions.size).toBe(0);
      expect(told('device.suspended')).toHaveLength(3);
      expect(told('ca.revoked')).toHaveLength(1);
      expect(world.anchor().sweep).toMatchObject({ seen: 3, changed: 3, completedAt: expect.any(Number) });
    }
  });

  it('V-02: a certificate that always fails holds nobody up and ends nothing: an operator is told, and can repeat it', async () => {
    const [broken] = await world.letIn('a', 'b', 'c');
    const { setStatus } = world.iot.gateway;
    const failing = vi.spyOn(world.iot.gateway, 'setStatus').mockImplementation(async (id, status) => {
      if (id === broken) throw new TransientError('iot:UpdateCertificate failed with InternalFailureException');
      await setStatus(id, status);
    });
    await world.act('REVOKED');
    const outcomes = await world.workOff();
    expect(outcomes).toHaveLength(PASSES);
    expect(outcomes.at(-1)).toBe('given-up');
    expect(world.statuses()).toStrictEqual({ INACTIVE: 2, ACTIVE: 1 });
    expect(world.anchor().sweep).toMatchObject({ completedAt: null });
    expect(told('ca.swept')).toHaveLength(0);
    expect([...world.rejectedEvents.kept.values()]).toMatchObject([
      {
        source: 'work-on-trust',
        code: 'ATTEMPTS_EXHAUSTED',
        reason: expect.stringContaining('InternalFailureException'),
      },
    ]);

    failing.mockRestore();
    await world.repeat();
    await world.workOff();
    expect(world.statuses()).toStrictEqual({ INACTIVE: 3 });
    expect(world.anchor().sweep).toMatchObject({ completedAt: world.time.now });
  });

  it('V-02: after the last pass an operator is told of all that failed in it, by each of its commands', async () => {
    await world.letIn(...names(150));
    vi.spyOn(world.iot.gateway, 'setStatus').mockRejectedValue(new TransientError('iot:UpdateCertificate is down'));
    await world.act('REVOKED');
    await world.workOff();
    const told = [...world.rejectedEvents.kept.values()].map(({ reason }) => /(\d+) failed/.exec(reason)?.[1]);
    // in both lists, IoT Core's and the registry's
    expect(told.reduce((sum, failed) => sum + Number(failed), 0)).toBe(2 * 150);
    expect(world.anchor().sweep).toMatchObject({ pass: PASSES, completedAt: null });
  });

  it('V-02: one record that cannot be read keeps no other certificate in', async () => {
    const [, corrupt] = await world.letIn('a', 'b', 'c');
    const unreadable: Around = async (name, call) => {
      const output: unknown = await call();
      if ((name === 'findAll' || name === 'find') && JSON.stringify(output).includes(`"id":"${corrupt}"`))
        throw new Error(`registry item CERT#${corrupt} is not readable: causes: expected an array`);
      return output as never;
    };
    await world.act('REVOKED');
    const outcomes = await world.workOff(unreadable);
    expect(world.statuses()).toStrictEqual({ INACTIVE: 2, ACTIVE: 1 });
    expect(outcomes.at(-1)).toBe('given-up');
    expect([...world.rejectedEvents.kept.values()][0]?.reason).toContain(corrupt);
  });

  it('V-02: of two chains of commands for one change, the one that is late takes no end back', async () => {
    await world.letIn('a');
    await world.act('DELETED');
    world.time.now += 40_000;
    const first = world.messages.splice(0);
    await world.repeat();
    let isOvertaken = false;
    const late = await world.deliver(async (name, call) => {
      if (name === 'noteSweep' && !isOvertaken) {
        isOvertaken = true;
        world.messages.push(...first);
        await world.workOff();
      }
      return call();
    });
    expect([late, isOvertaken]).toStrictEqual(['stale', true]);
    expect(world.anchor().sweep?.completedAt).not.toBeNull();
    expect(world.messages).toHaveLength(0);
  });

  it('V-02: commands of a pass that is over, of a sweep that is, and of a former change do nothing', async () => {
    await world.letIn('a');
    await world.act('REVOKED');
    const [first] = world.messages;
    await world.workOff();
    const calls = world.iot.calls.length;
    if (first) world.messages.push(first);
    expect(await world.workOff()).toStrictEqual(['stale']);
    await world.act('ACTIVE');
    if (first) world.messages.unshift(first);
    expect(await world.deliver()).toBe('stale');
    expect(world.iot.calls).toHaveLength(calls);
  });
});

describe('an anchor that is revoked while a device is onboarded', () => {
  it('V-05: between validate and activate: the certificate is never made ACTIVE', async () => {
    const id = world.device('late');
    world.iot.calls.length = 0;
    const onboard = onboardCertificate(
      around(world.ports, async (name, call) => {
        if (name === 'create') await world.act('REVOKED');
        return call();
      }),
    );
    await onboard(world.came(id, 70));
    expect(updates()).toStrictEqual([]);
    await world.workOff();
    expect(world.state(id)).toBe('SUSPENDED');
    expect(world.record(id).causes).toStrictEqual(['CA_REVOKED']);
    expect(statusOf(id)).toBe('PENDING_ACTIVATION');
  });

  it('V-05: at any call of the attempt, the sweep leaves nobody in, whichever of the two is faster', async () => {
    for (let nth = 1; ; nth += 1) {
      world = sweepWorld();
      const id = world.device('late');
      const before = await meanwhile(world, world.came(id, 71), nth, async () => {
        await world.act('REVOKED');
        await world.deliver();
      });
      if (before === null) break;
      await world.workOff();
      expect(statusOf(id), `revoked before ${before}`).not.toBe('ACTIVE');
      expect(['SUSPENDED', 'HELD'], `revoked before ${before}`).toContain(world.state(id));
      expect(world.iot.admits(id, 'acme_late')).toBe(false);
      expect(world.anchor().sweep?.completedAt).not.toBeNull();
    }
  });

  it('V-05: an activation that comes after the first pass, of an attempt that then dies, is undone by a later one', async () => {
    const id = world.device('late');
    let isDead = false;
    const onboard = onboardCertificate(
      around(world.ports, async (name, call) => {
        if (isDead) throw new Error(`the process is dead and calls ${name}`);
        if (name === 'setStatus') {
          // it read the anchor just before; the first pass finds the certificate on its way, and nothing to undo
          await world.act('REVOKED');
          await world.deliver();
          expect(world.anchor().sweep?.completedAt).toBeNull();
          isDead = true;
        }
        return call();
      }),
    );
    await expect(onboard(world.came(id, 72))).rejects.toThrow('the process is dead');
    expect(statusOf(id)).toBe('ACTIVE');
    await world.workOff();
    expect(statusOf(id)).toBe('INACTIVE');
    expect(world.state(id)).toBe('SUSPENDED');
    expect(world.anchor().sweep?.completedAt).not.toBeNull();
  });

  it('V-05: the last pass begins later than any attempt that had read the former state can act', async () => {
    await world.letIn('a');
    const { changedAt } = await world.act('REVOKED');
    await world.workOff();
    expect((world.anchor().sweep?.startedAt ?? 0) - changedAt).toBeGreaterThanOrEqual(30_000);
  });
});

describe('a restored trust anchor', () => {
  it('V-03: brings back whom its revocation put out, and nobody whom an operator suspended before or who is revoked', async () => {
    const [first, second, suspended, revoked] = await world.letIn('a', 'b', 'c', 'd');
    if (suspended) await world.bar(suspended, 'OPERATOR');
    if (revoked) await world.bar(revoked, 'REVOKED');
    expect([suspended, revoked].map((id) => id && world.state(id))).toStrictEqual(['SUSPENDED', 'REVOKED']);
    await world.act('REVOKED');
    await world.workOff();
    expect(suspended && world.record(suspended).causes).toStrictEqual(['CA_REVOKED', 'OPERATOR']);

    await world.act('ACTIVE');
    expect((await world.workOff()).at(-1)).toBe('complete');
    expect([first, second, suspended, revoked].map((id) => id && world.state(id))).toStrictEqual([
      ...['ACTIVE', 'ACTIVE', 'SUSPENDED', 'REVOKED'],
    ]);
    expect([first, second].map((id) => id && statusOf(id))).toStrictEqual(['ACTIVE', 'ACTIVE']);
    expect(suspended && statusOf(suspended)).toBe('INACTIVE');
    expect(first && world.iot.connect(first, 'acme_a')).toBe(true);
    expect(suspended && world.iot.connect(suspended, 'acme_c')).toBe(false);
    expect(revoked && world.iot.connect(revoked, 'acme_d')).toBe(false);
    expect(world.gateway.cas.get(CA)).toMatchObject({ active: true, registration: true });
    expect(told('ca.restored')).toHaveLength(1);
    expect(told('device.resumed')).toHaveLength(2);
    expect(world.truststores).toHaveLength(2);
  });

  it.each(['ACTIVE', 'DELETED'] as const)(
    'V-01, V-03: one that an operator revoked before is left alone, and no act on its CA waits for it: revoked, then %s',
    async (next) => {
      const [revoked] = await world.letIn('a', 'b');
      if (!revoked) throw new Error('expected a device');
      await world.bar(revoked, 'REVOKED');
      const before = world.record(revoked);
      for (const act of ['REVOKED', next] as const) {
        await world.act(act);
        expect(await world.workOff()).toStrictEqual(['again', 'complete']);
      }
      expect(world.record(revoked)).toBe(before);
      expect(statusOf(revoked)).toBe('REVOKED');
      expect(world.gateway.cas.has(CA)).toBe(next === 'ACTIVE');
    },
  );

  it('V-03: one that somebody deleted in IoT Core is registered again, and its devices are let in', async () => {
    const ca = makeTenantCa();
    world.anchors.anchors.set(ca.id, anAnchor({ id: ca.id, pem: ca.pem, state: 'REVOKED' }));
    await world.act('ACTIVE', ca.id);
    expect((await world.workOff()).at(-1)).toBe('complete');
    expect(world.gateway.cas.get(ca.id)).toStrictEqual({ active: true, registration: true, mode: 'SNI_ONLY' });
  });

  it('V-03: one that somebody deleted in IoT Core, and that takes a new proof there, says what to do', async () => {
    world.gateway.cas.delete(CA);
    world.anchors.anchors.set(CA, anAnchor({ state: 'REVOKED', certificateMode: 'DEFAULT' }));
    await world.act('ACTIVE');
    await expect(world.deliver()).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'CA_DELETED',
      message: expect.stringContaining('delete it here, upload it again and verify it'),
    });
  });

  it('V-03: who came meanwhile was held, and is decided on again', async () => {
    await world.act('REVOKED');
    await world.workOff();
    const id = world.device('new');
    await world.onboard(world.came(id, 80));
    expect(world.state(id)).toBe('HELD');
    await world.act('ACTIVE');
    await world.workOff();
    expect(world.state(id)).toBe('ACTIVE');
    expect(statusOf(id)).toBe('ACTIVE');
  });

  it('V-03: restored in the middle of its revocation, nobody stays out, and the CA stays on', async () => {
    const ids = await world.letIn(...names(300));
    await world.act('REVOKED');
    await world.deliver();
    expect(world.statuses()['INACTIVE']).toBeGreaterThan(50);
    await world.act('ACTIVE');
    await world.workOff();
    expect(ids.map(world.state).every((state) => state === 'ACTIVE')).toBe(true);
    expect(world.statuses()).toStrictEqual({ ACTIVE: 300 });
    expect(world.gateway.cas.get(CA)).toMatchObject({ active: true, registration: true });
  });

  it.each([
    ['V-03: a revocation that is late with its switch leaves no restored CA off', 'REVOKED', 'ACTIVE'],
    ['V-01: a restoration that is late with its switch leaves no revoked CA on', 'ACTIVE', 'REVOKED'],
  ] as const)('%s', async (_, late, last) => {
    await world.letIn('a');
    await world.act('REVOKED');
    if (late === 'ACTIVE') {
      await world.workOff();
      await world.act('ACTIVE');
    }
    let isOvertaken = false;
    await world.deliver(async (name, call) => {
      if ((name === 'disable' || name === 'enableRegistration') && !isOvertaken) {
        isOvertaken = true;
        await world.act(last);
        await world.deliver();
      }
      return call();
    });
    expect(isOvertaken).toBe(true);
    await world.workOff();
    const isOn = last === 'ACTIVE';
    expect(world.gateway.cas.get(CA)).toMatchObject({ active: isOn, registration: isOn });
  });
});

describe('a deleted trust anchor', () => {
  it('V-01: every certificate is out before the CA leaves IoT Core, and its tenant has the place back', async () => {
    const ids = await world.letIn('a', 'b');
    await world.places.put({ tenant: world.anchor().tenant, id: CA, upload: null });
    await world.act('DELETED');
    await world.workOff(async (name, call) => {
      if (name === 'remove') expect(ids.map(statusOf)).toStrictEqual(['INACTIVE', 'INACTIVE']);
      return call();
    });
    expect(world.gateway.cas.has(CA)).toBe(false);
    expect(world.places.places.size).toBe(0);
    expect(world.anchor()).toMatchObject({ state: 'DELETED', sweep: { completedAt: world.time.now } });
    expect(told('ca.deleted')).toHaveLength(1);
  });
});
