import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TransientError } from '#domain/errors.ts';
import { anchorId, type CertificateId } from '#domain/ids.ts';
import type { Around } from '#support/around-ports.ts';
import { anAnchor, CA, fingerprint, GRACE_MS, NOON } from '#support/onboarding-world.ts';
import { type SweepWorld, sweepWorld } from '#support/sweep-world.ts';

const DAY = 86_400_000;
const OTHER_CA = anchorId(fingerprint(0xcb));
/** the CA's own validity is no matter where certificates are looked at */
const LONG = NOON + 3_650 * DAY;

let world: SweepWorld;
beforeEach(async () => {
  world = sweepWorld();
  await place({});
});

const place = async (changes: Parameters<typeof anAnchor>[0]): Promise<void> => {
  const anchor = anAnchor({ validTo: LONG, version: 0, ...changes });
  world.anchors.anchors.set(anchor.id, anchor);
  await world.places.put({ tenant: anchor.tenant, id: anchor.id, upload: null });
};
const letIn = async (cn: string, validTo: number): Promise<CertificateId> => {
  const id = world.device(cn, { validTo });
  await world.onboard(world.came(id));
  world.iot.connect(id, `acme_${cn}`);
  return id;
};
const lookAt = async (time: number, what?: Around) => {
  world.time.now = Math.max(world.time.now, time);
  await world.lookAtExpiry();
  return world.workOff(what);
};
const published = (type: string) => world.events.published.filter((event) => event.type === type);
const statusOf = (id: CertificateId) => world.iot.certificates.get(id)?.status;

describe('a certificate that expires', () => {
  it('V-06: past its notAfter the device is EXPIRED and the certificate INACTIVE, with one event; a second run changes nothing', async () => {
    const id = await letIn('a', NOON + 10 * DAY);
    await lookAt(NOON + 10 * DAY);
    expect(world.state(id)).toBe('ACTIVE');
    await lookAt(NOON + 10 * DAY + 1);
    expect(world.state(id)).toBe('EXPIRED');
    expect(statusOf(id)).toBe('INACTIVE');
    expect(world.iot.sessions.size).toBe(0);
    expect(published('device.expired')).toMatchObject([{ certificateId: id, state: 'EXPIRED' }]);
    expect(world.record(id).history.at(-2)).toMatchObject({ actor: 'sweep', seen: 'expired' });

    const [calls, record] = [world.iot.calls.length, world.record(id)];
    await lookAt(NOON + 11 * DAY);
    await lookAt(NOON + 12 * DAY);
    expect(world.iot.calls).toHaveLength(calls);
    expect(world.record(id)).toBe(record);
    expect(published('device.expired')).toHaveLength(1);
  });

  it('V-06: one that an operator suspended expires too; one that was turned away, or that goes on, does not', async () => {
    const suspended = await letIn('suspended', NOON + DAY);
    await world.bar(suspended, 'OPERATOR');
    const rejected = await letIn('not a name', NOON + DAY);
    const good = await letIn('good', NOON + 3 * DAY);
    await lookAt(NOON + 2 * DAY);
    expect([suspended, rejected, good].map(world.state)).toStrictEqual(['EXPIRED', 'REJECTED', 'ACTIVE']);
    expect(published('device.expired')).toHaveLength(1);
  });

  it('V-06: days on which nobody looked are caught up, and a certificate that could not be expired is tried for a week', async () => {
    await lookAt(NOON);
    const missed = await letIn('missed', NOON + 2 * DAY);
    const stubborn = await letIn('stubborn', NOON + 2 * DAY);
    const { setStatus } = world.iot.gateway;
    const failing = vi.spyOn(world.iot.gateway, 'setStatus').mockImplementation(async (id, status) => {
      if (id === stubborn) throw new TransientError('iot:UpdateCertificate failed with ThrottlingException');
      await setStatus(id, status);
    });
    await lookAt(NOON + 5 * DAY);
    expect([missed, stubborn].map(statusOf)).toStrictEqual(['INACTIVE', 'ACTIVE']);
    expect(world.watermark.at).toBe(NOON + 5 * DAY);
    expect([...world.rejectedEvents.kept.values()]).toMatchObject([
      { source: 'work-on-trust', reason: expect.stringContaining(stubborn) },
    ]);
    failing.mockRestore();
    await lookAt(NOON + 6 * DAY);
    expect(statusOf(stubborn)).toBe('INACTIVE');
  });

  it('V-06: many of one day are expired in slices, at the pace of the quota', async () => {
    const ids: CertificateId[] = [];
    for (let index = 0; index < 230; index += 1) ids.push(await letIn(`device${index}`, NOON + DAY));
    const outcomes = await lookAt(NOON + 2 * DAY);
    expect(new Set(ids.map(world.state))).toStrictEqual(new Set(['EXPIRED']));
    expect(published('device.expired')).toHaveLength(230);
    expect(outcomes).toStrictEqual(['going-on', 'going-on', 'complete']);
    expect(world.time.now - (NOON + 2 * DAY)).toBeGreaterThan(20_000);
    expect(world.watermark.at).toBe(NOON + 2 * DAY);
  });

  it('V-06: a run that ends at any of its calls is finished by redelivery', async () => {
    for (let endAt = 1; ; endAt += 1) {
      world = sweepWorld();
      await place({ validTo: NOON + 25 * DAY });
      const over = await letIn('over', NOON + DAY);
      const soon = await letIn('soon', NOON + 8 * DAY);
      await world.watermark.advance(NOON);
      world.time.now = NOON + 2 * DAY;
      await world.lookAtExpiry();
      let calls = 0;
      await world.deliver(async (name, call) => {
        calls += 1;
        if (calls >= endAt) throw new Error(`the process is dead and calls ${name}`);
        return call();
      });
      if (calls < endAt) break;
      // where only a certificate failed, the run was complete without it
      await world.workOff();
      await lookAt(NOON + 3 * DAY);
      expect([over, soon].map(world.state), `ended at call ${endAt}`).toStrictEqual(['EXPIRED', 'ACTIVE']);
      expect(statusOf(over)).toBe('INACTIVE');
      const types = world.events.distinct().map(({ type }) => type);
      expect(types.filter((type) => type === 'device.expired')).toHaveLength(1);
      expect(types.filter((type) => type === 'certificate.expiring')).toHaveLength(1);
      expect(types.filter((type) => type === 'ca.expiring')).toHaveLength(0);
    }
  });
});

describe('warnings before the end', () => {
  it('I-10: stepped daily over 40 days, exactly three certificate.expiring, 30, 7 and 1 days before notAfter', async () => {
    const validTo = NOON + 35 * DAY + 3_600_000;
    const id = await letIn('a', validTo);
    const before: number[] = [];
    for (let day = 0; day <= 40; day += 1) {
      const known = published('certificate.expiring').length;
      await lookAt(NOON + day * DAY);
      for (let more = known; more < published('certificate.expiring').length; more += 1)
        before.push(Math.floor((validTo - world.time.now) / DAY));
    }
    const about = { tenant: 'acme', clientId: 'acme_a', certificateId: id, anchorId: CA, validTo };
    expect(published('certificate.expiring')).toStrictEqual(
      [30, 7, 1].map((days) => ({
        type: 'certificate.expiring',
        id: `${id}.expiring.${days}`,
        at: expect.any(Number),
        ...about,
        days,
      })),
    );
    expect(before).toStrictEqual([29, 6, 0]);
    expect(published('device.expired')).toHaveLength(1);
  });

  it('I-10: nobody is warned of a certificate that is out for good', async () => {
    const id = await letIn('a', NOON + 20 * DAY);
    await world.bar(id, 'REVOKED');
    await lookAt(NOON + 1);
    expect(published('certificate.expiring')).toStrictEqual([]);
  });

  it('CA-10: at notAfter minus 29 days the first run ever gives exactly one ca.expiring', async () => {
    await place({ validTo: NOON + 29 * DAY });
    await lookAt(NOON);
    await lookAt(NOON + DAY);
    expect(published('ca.expiring')).toStrictEqual([
      {
        type: 'ca.expiring',
        id: `${CA}.expiring.30`,
        at: NOON,
        tenant: 'acme',
        anchorId: CA,
        actor: 'sweep',
        validTo: NOON + 29 * DAY,
        days: 30,
      },
    ]);
  });

  it('CA-10: one second past notAfter a new leaf is REJECTED CA_EXPIRED, and a device that is in stays ACTIVE', async () => {
    await place({ validTo: NOON + DAY });
    const inBefore = await letIn('before', NOON + 300 * DAY);
    await lookAt(NOON);
    const built = world.truststores.length;
    await lookAt(NOON + DAY + 1_000);
    const late = world.device('late');
    await world.onboard(world.came(late, 2));
    expect(world.state(late)).toBe('REJECTED');
    expect(world.record(late).verdict).toMatchObject({ reason: 'CA_EXPIRED' });
    expect(world.state(inBefore)).toBe('ACTIVE');
    expect(statusOf(inBefore)).toBe('ACTIVE');
    // verifiers beside IoT Core take nothing that it signed any more
    expect(world.truststores).toHaveLength(built + 1);
  });

  it('CA-10: a CA that is not trusted any more, and one that is not proved yet, is no cause for warning', async () => {
    await place({ validTo: NOON + 5 * DAY, state: 'REVOKED' });
    const other = anAnchor({ id: OTHER_CA, validTo: NOON + 5 * DAY });
    const upload = { ...other, challenge: { code: 'c', expiresAt: NOON }, uploadedAt: NOON, uploadedBy: 'admin' };
    world.anchors.anchors.set(OTHER_CA, other);
    await world.places.put({ tenant: other.tenant, id: OTHER_CA, upload });
    await lookAt(NOON);
    expect(published('ca.expiring')).toStrictEqual([]);
    expect(world.truststores).toStrictEqual([]);
  });
});

describe('a change of a trust anchor that was never spread', () => {
  it.each(['REVOKED', 'DELETED'] as const)(
    'V-01: %s, and its command lost: the daily look asks for it again, once',
    async (state) => {
      const id = await letIn('a', NOON + 300 * DAY);
      await world.act(state);
      world.messages.length = 0;
      await lookAt(NOON + DAY);
      expect(statusOf(id)).toBe('INACTIVE');
      expect(world.anchor().sweep?.completedAt).not.toBeNull();
      const calls = world.iot.calls.length;
      await lookAt(NOON + 2 * DAY);
      expect(world.iot.calls).toHaveLength(calls);
    },
  );
});

describe('a renewed device', () => {
  it('J-11: its former certificate is retired when its time is over, and not before', async () => {
    const former = await letIn('a', NOON + 300 * DAY);
    await letIn('a', NOON + 300 * DAY);
    await lookAt(NOON + GRACE_MS - 1);
    expect(world.converges).toStrictEqual([]);
    await lookAt(NOON + GRACE_MS);
    expect(world.converges).toStrictEqual([former]);
    await world.onboard(world.command(former));
    expect(world.state(former)).toBe('RETIRED');
    expect(world.devices.devices.get('acme_a')?.former).toBeNull();
    await lookAt(NOON + GRACE_MS + DAY);
    expect(world.converges).toStrictEqual([former]);
  });

  const renewedUnder = async (second: typeof CA) => {
    await place({ id: second });
    world.gateway.cas.set(second, { active: true, registration: true, mode: 'SNI_ONLY' });
    const former = await letIn('a', NOON + 300 * DAY);
    const newest = world.device('a', { validTo: NOON + 300 * DAY }, second);
    await world.onboard(world.came(newest, 2));
    return { former, newest };
  };
  const formerOfA = () => world.devices.devices.get('acme_a')?.former;

  it('J-11, V-01: its former certificate is used on when the CA of the new one is revoked, and for a grace once it is restored', async () => {
    const { former, newest } = await renewedUnder(OTHER_CA);
    await world.act('REVOKED', OTHER_CA);
    await world.workOff();
    await lookAt(NOON + GRACE_MS + DAY);
    expect(world.converges).toStrictEqual([]);
    expect([former, newest].map(world.state)).toStrictEqual(['ACTIVE', 'SUSPENDED']);
    expect(formerOfA()).toStrictEqual({ certificateId: former, until: null });

    await world.act('ACTIVE', OTHER_CA);
    await world.workOff();
    const until = formerOfA()?.until ?? 0;
    expect(until).toBeGreaterThanOrEqual(NOON + 2 * GRACE_MS + DAY);
    await lookAt(until - 1);
    expect(world.converges).toStrictEqual([]);
    await lookAt(until);
    expect(world.converges).toStrictEqual([former]);
  });

  it.each([
    ['revoked just now', async () => void (await world.act('REVOKED', OTHER_CA))],
    ['lost', async (newest: CertificateId) => void world.certificates.records.delete(newest)],
  ])(
    'J-11: it is told nothing when what vouches for the new one was %s, and nobody followed yet',
    async (_, happens) => {
      const { former, newest } = await renewedUnder(OTHER_CA);
      await happens(newest);
      world.messages.length = 0;
      await lookAt(NOON + GRACE_MS);
      expect(world.converges).toStrictEqual([]);
      expect(world.record(former).version).toBe(1);
      expect(formerOfA()).toStrictEqual({ certificateId: former, until: null });
    },
  );
});
