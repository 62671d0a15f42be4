import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CertificateId, clientId } from '#domain/ids.ts';
import type { SessionNews } from '#domain/session-news.ts';
import { ACME, aTenant, fingerprint, NOON, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { recordPresence } from '#usecases/record-presence.ts';

const HOUR = 3_600_000;

let world: OnboardingWorld;
let id: CertificateId;
let record: ReturnType<typeof recordPresence>;

const presence = () => world.devices.devices.get('acme_device01')?.presence;
const mismatch = () => world.devices.devices.get('acme_device01')?.mismatch;

/** News of session n: version n, a minute after the one before. */
const connected = (n: number, changes: Partial<SessionNews> = {}): SessionNews => ({
  kind: 'connected',
  clientId: 'acme_device01',
  principal: id,
  sessionId: `session-${n}`,
  at: NOON + n * 60_000,
  versionNumber: n,
  ip: '198.51.100.7',
  // every change leaves a news of the same kind
  ...(changes as object),
});
const disconnected = (
  n: number,
  disconnectReason = 'CONNECTION_LOST',
  at = NOON + n * 60_000 + 30_000,
): SessionNews => ({
  kind: 'disconnected',
  clientId: 'acme_device01',
  principal: id,
  sessionId: `session-${n}`,
  at,
  versionNumber: n,
  disconnectReason,
});
const refused = (clientId: string, n = 1): SessionNews => ({
  kind: 'refused',
  clientId,
  principal: id,
  sessionId: `refused-${n}`,
  at: NOON + n * 60_000,
  ip: '198.51.100.7',
});

beforeEach(async () => {
  world = onboardingWorld();
  id = world.device('device01');
  await world.onboard(world.came(id));
  world.events.published.length = 0;
  record = recordPresence(world.presencePorts);
});

describe('R-05: presence', () => {
  it('shows a session that began, and how it ended', async () => {
    expect(await record(connected(1))).toEqual({ kind: 'recorded' });
    expect(presence()).toMatchObject({
      connected: true,
      certificateId: id,
      sessionId: 'session-1',
      ip: '198.51.100.7',
    });

    expect(await record(disconnected(1))).toEqual({ kind: 'recorded' });
    expect(presence()).toMatchObject({ connected: false, disconnectReason: 'CONNECTION_LOST' });
    expect(world.events.published).toEqual([]);
  });

  it('takes a second delivery for what it is', async () => {
    await record(connected(1));

    expect(await record(connected(1))).toEqual({ kind: 'late' });
  });

  it('is not turned back by a start that is heard after its end', async () => {
    await record(disconnected(1));

    expect(await record(connected(1))).toEqual({ kind: 'late' });
    expect(presence()?.connected).toBe(false);
  });

  it('is not turned back by the end of an older session', async () => {
    await record(connected(2));

    expect(await record(disconnected(1))).toEqual({ kind: 'late' });
    expect(presence()).toMatchObject({ connected: true, sessionId: 'session-2' });
  });

  it('begins anew when the number of versions does, after an hour offline', async () => {
    await record(disconnected(5));

    expect(await record(connected(0, { at: NOON + 2 * HOUR }))).toEqual({ kind: 'recorded' });
    expect(presence()).toMatchObject({ connected: true, sessionId: 'session-0' });
  });

  it('ends in the right state whatever the order, repeats and a reset of the number included', async () => {
    const history = [
      connected(1),
      disconnected(1),
      connected(2),
      disconnected(2, 'DUPLICATE_CLIENTID'),
      connected(4),
      disconnected(4),
      connected(0, { at: NOON + 2 * HOUR, sessionId: 'session-after' }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...history, ...history], { minLength: 2 * history.length }),
        async (heard) => {
          const device = world.devices.devices.get('acme_device01');
          if (device) world.devices.devices.set('acme_device01', { ...device, presence: null });

          for (const news of heard) await record(news);

          expect(presence()).toMatchObject({ connected: true, sessionId: 'session-after', certificateId: id });
        },
      ),
    );
  });

  it('R-05: says whose the last session is when two certificates of a device take turns, whatever the order', async () => {
    world.time.now += 60_000;
    const newer = world.device('device01');
    await world.onboard(world.came(newer, 2));
    const of = (principal: CertificateId, news: SessionNews): SessionNews => ({ ...news, principal });
    const history = [
      connected(1),
      disconnected(1, 'DUPLICATE_CLIENTID'),
      of(newer, connected(2)),
      of(newer, disconnected(2, 'DUPLICATE_CLIENTID')),
      connected(3),
      disconnected(3),
      of(newer, connected(4)),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...history, ...history], { minLength: 2 * history.length }),
        async (heard) => {
          const device = world.devices.devices.get('acme_device01');
          const former = { certificateId: id, until: null };
          if (device) world.devices.devices.set('acme_device01', { ...device, presence: null, former });

          for (const news of heard) await record(news);

          expect(presence()).toMatchObject({ connected: true, sessionId: 'session-4', certificateId: newer });
          expect(world.devices.devices.get('acme_device01')?.former).toBeNull();
        },
      ),
    );
  });

  it('is found by the lower-cased id where the naming ignores case', async () => {
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    const pump = world.device('acme_Pump');
    await world.onboard(world.came(pump, 2));

    expect(await record({ ...connected(1), principal: pump, clientId: 'acme_Pump' })).toEqual({ kind: 'recorded' });
    expect(world.devices.devices.get('acme_pump')?.presence).toMatchObject({ connected: true });
  });
});

describe('N-09: a session that takes over another', () => {
  it('is announced, though the end of the old one is heard after the start of the new one', async () => {
    await record(connected(1));
    await record(connected(2));

    expect(await record(disconnected(1, 'DUPLICATE_CLIENTID'))).toEqual({ kind: 'takeover' });

    expect(presence()).toMatchObject({ connected: true, sessionId: 'session-2' });
    expect(world.events.published).toEqual([
      {
        type: 'session.duplicate',
        id: `${id}.session-1.session.duplicate`,
        at: NOON + 90_000,
        tenant: 'acme',
        clientId: 'acme_device01',
        certificateId: id,
        tried: 'acme_device01',
        ip: null,
      },
    ]);
  });

  it('is one event to a consumer, however often it is delivered', async () => {
    for (let delivery = 0; delivery < 3; delivery += 1) await record(disconnected(1, 'DUPLICATE_CLIENTID'));

    expect(world.events.distinct()).toHaveLength(1);
  });
});

describe('a session of a certificate that is barred', () => {
  const suspended = async () => {
    world.barDevice('acme_device01', 'OPERATOR');
    await world.change(id, 'suspend');
    await world.onboard(world.command(id));
    world.iot.calls.length = 0;
  };

  it('V-04: is ended, each time that it is heard of', async () => {
    await suspended();

    for (let delivery = 1; delivery <= 2; delivery += 1) expect(await record(connected(1))).toEqual({ kind: 'cut' });

    expect(world.iot.calls).toEqual(['DeleteConnection', 'DeleteConnection']);
  });

  it('V-04: is left alone when it is over, so that no later one is hit', async () => {
    await suspended();
    await record(disconnected(1));
    expect(await record(connected(1))).toEqual({ kind: 'late' });

    await record(connected(3));
    world.iot.calls.length = 0;
    expect(await record(connected(2))).toEqual({ kind: 'late' });
    expect(world.iot.calls).toEqual([]);
  });

  it('J-11: does not cost the newer certificate its session', async () => {
    world.time.now += 60_000;
    const newer = world.device('device01');
    await world.onboard(world.came(newer, 2));
    await record({ ...connected(2), principal: newer });
    await world.follow();
    world.iot.calls.length = 0;

    expect(await record(connected(1))).toEqual({ kind: 'late' });
    expect([world.state(id), world.iot.calls]).toEqual(['RETIRED', []]);
  });

  it('V-05: is ended when it was turned away after it had been let in for a moment', async () => {
    const verdict = { kind: 'reject', clientId: clientId('acme_device01'), reason: 'EKU', seen: '' } as const;
    world.certificates.records.set(id, { ...world.record(id), verdict });

    expect(await record(connected(1))).toEqual({ kind: 'cut' });
    expect(await record(connected(1, { clientId: 'device01' }))).toEqual({ kind: 'ignored', because: 'not-ours' });
    expect(await record(disconnected(1))).toEqual({ kind: 'ignored', because: 'not-ours' });
    expect(world.iot.calls.filter((call) => call === 'DeleteConnection')).toHaveLength(1);
  });
});

describe('N-10: a wrong client id', () => {
  it('is recorded on the device of the certificate, with the id that was tried', async () => {
    expect(await record(refused('ACME_device01'))).toEqual({ kind: 'mismatch', tried: 'ACME_device01' });

    expect(mismatch()).toEqual({ tried: 'ACME_device01', at: NOON + 60_000, ip: '198.51.100.7', count: 1 });
    expect(presence()).toBeNull();
    expect(world.events.published).toMatchObject([
      { type: 'session.mismatch', clientId: 'acme_device01', tried: 'ACME_device01', ip: '198.51.100.7' },
    ]);
  });

  it('is counted once for each attempt, not for each delivery', async () => {
    for (const n of [1, 1, 2]) await record(refused('device01', n));

    expect(mismatch()?.count).toBe(2);
    expect(world.events.distinct()).toHaveLength(2);
  });

  it('of another device says nothing of that device', async () => {
    const other = world.device('device02');
    await world.onboard(world.came(other, 2));

    await record(refused('acme_device02'));

    expect(world.devices.devices.get('acme_device02')?.mismatch).toBeNull();
    expect(mismatch()?.tried).toBe('acme_device02');
  });

  it('is shortened and shown without what a terminal obeys', async () => {
    await record(refused(`\u001b[2J${'x'.repeat(120)}`));

    expect(mismatch()?.tried).toMatch(/^\\u\{1b\}\[2Jx+…$/);
    expect(mismatch()?.tried.length).toBeLessThanOrEqual(80);
  });

  it('that got a session all the same is told alike, once', async () => {
    expect(await record(connected(1, { clientId: 'device01' }))).toMatchObject({ kind: 'mismatch' });
    expect(await record({ ...disconnected(1), clientId: 'device01' })).toEqual({
      kind: 'ignored',
      because: 'other-id-left',
    });
    expect(presence()).toBeNull();
  });
});

describe('news of no device of ours', () => {
  it.each([
    ['a person in the console', () => 'AROASTLVWKQ4EXAMPLE:someone', 'iotconsole-1'],
    ['a certificate that is not in the registry', () => fingerprint(0xbad), 'whoever'],
  ])('of %s is ignored', async (_, principal, clientId) => {
    expect(await record({ ...connected(1), principal: principal(), clientId })).toEqual({
      kind: 'ignored',
      because: 'not-ours',
    });
  });

  it('of a certificate that was not let in is ignored', async () => {
    const bad = world.device('a b');
    await world.onboard(world.came(bad, 2));
    world.events.published.length = 0;

    expect(await record({ ...refused('x'), principal: bad })).toEqual({ kind: 'ignored', because: 'not-ours' });
    expect(world.events.published).toEqual([]);
  });

  it('of a refusal under its own id, as while policies settle, is no mismatch', async () => {
    expect(await record(refused('acme_device01'))).toEqual({ kind: 'ignored', because: 'own-id-refused' });
    expect(mismatch()).toBeNull();
  });
});
