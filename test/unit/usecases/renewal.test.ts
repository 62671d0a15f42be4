import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CertificateFacts, CertificateRecord } from '#domain/certificate.ts';
import { anchorId, type CertificateId, clientId, tenantName } from '#domain/ids.ts';
import { RENEWALS, type Renewal } from '#domain/tenant.ts';
import { ENDS, interrupted, meanwhile } from '#support/disturbed-onboarding.ts';
import { inMemoryDeviceListing, inMemoryPermissionSetRegistry } from '#support/in-memory-permissions.ts';
import {
  ACME,
  anAnchor,
  around,
  aTenant,
  aUser,
  fingerprint,
  GRACE_MS,
  NOON,
  type OnboardingWorld,
  onboardingWorld,
} from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';
import { recordPresence } from '#usecases/record-presence.ts';
import { retireFormer } from '#usecases/retire-former.ts';
import { tellDevices } from '#usecases/tell-devices.ts';

const KEY = 'acme_device01';
const MINUTE = 60_000;

let world: OnboardingWorld;
let events = 0;

const setTenant = (renewal: Renewal): void => {
  world.tenants.tenants.set(ACME, aTenant({ renewal }));
};
/** A certificate that comes for the first time, a minute after what was before. */
const comes = async (changes: Partial<CertificateFacts> = {}): Promise<CertificateId> => {
  world.time.now += MINUTE;
  events += 1;
  const id = world.device('device01', changes);
  await world.onboard(world.came(id, events));
  return id;
};
const device = () => world.devices.devices.get(KEY);
const status = (id: CertificateId) => world.iot.certificates.get(id)?.status;
const states = (...ids: readonly CertificateId[]) => ids.map((id) => `${world.state(id)} ${status(id)}`);

let sessions = 0;
/** A session that begins, as the broker tells of it. */
const connects = async (id: CertificateId): Promise<void> => {
  sessions += 1;
  expect(world.iot.connect(id, KEY)).toBe(true);
  await recordPresence(world.presencePorts)({
    kind: 'connected',
    clientId: KEY,
    principal: id,
    sessionId: `session-${sessions}`,
    at: world.time.now,
    versionNumber: sessions,
    ip: null,
  });
};
/** What the daily look at what expires does for this device. */
const graceEnds = async (): Promise<void> => {
  world.time.now += GRACE_MS + MINUTE;
  const known = device();
  if (known?.former?.until != null && known.former.until <= world.time.now)
    await retireFormer(world.presencePorts)(KEY, known);
  await world.follow();
};

beforeEach(() => {
  world = onboardingWorld();
  events = 0;
  sessions = 0;
});

describe('J-11: a new certificate with a new key, where the tenant has it replace the former one', () => {
  it('J-11: comes in at once, as the same device with the same permissions, and the former one stays for the grace', async () => {
    const a = await comes();
    const b = await comes();

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(world.devices.devices.size).toBe(1);
    expect(device()).toMatchObject({
      certificateId: b,
      former: { certificateId: a, until: world.time.now + GRACE_MS },
      others: [],
      claimedAt: NOON + MINUTE,
    });
    expect(world.iot.things.get(clientId(KEY))?.groups).toEqual(new Set(['acme.eu1']));
    expect(world.iot.admits(a, KEY) && world.iot.admits(b, KEY)).toBe(true);
  });

  it('J-11: retires the former one at its first connect, and keeps the session that it has by then', async () => {
    const a = await comes();
    await connects(a);
    const b = await comes();

    await connects(b);
    expect(device()).toMatchObject({ former: null, presence: { certificateId: b } });
    await world.follow();

    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
    expect(world.record(a)).toMatchObject({ causes: ['REPLACED'], settled: true });
    expect(world.record(a).history.map(({ actor, state, seen }) => [actor, state, seen])).toEqual([
      ['onboarding', 'ACTIVE', null],
      ['renewal', 'ACTIVE', 'replaced'],
      ['onboarding', 'RETIRED', 'REPLACED'],
    ]);
    expect(world.events.published.at(-1)).toMatchObject({ type: 'device.retired', certificateId: a, state: 'RETIRED' });
    expect(world.iot.sessions.has(KEY)).toBe(true);
    expect(world.iot.calls).not.toContain('DeleteConnection');
  });

  it('J-11: retires the former one at the end of the grace, and cuts the session that it still has', async () => {
    const a = await comes();
    const b = await comes();
    await connects(a);

    await graceEnds();

    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
    expect(world.iot.sessions.has(KEY)).toBe(false);
    expect(device()?.former).toBeNull();
  });

  it('J-11: leaves the former one alone when that one connects', async () => {
    const a = await comes();
    await comes();
    await connects(a);
    await world.follow();

    expect(states(a)).toEqual(['ACTIVE ACTIVE']);
    expect(world.iot.sessions.has(KEY)).toBe(true);
  });

  it('J-11: is retired in its turn by the next', async () => {
    const ids = [await comes()];
    for (let n = 1; n <= 3; n += 1) {
      ids.push(await comes());
      await connects(ids[n] ?? fail());
      await world.follow();
    }

    expect(states(...ids)).toEqual([...Array(3).fill('RETIRED INACTIVE'), 'ACTIVE ACTIVE']);
  });

  it('J-11: may be of another CA of the tenant', async () => {
    const second = anchorId(fingerprint(0xcb));
    world.anchors.anchors.set(second, anAnchor({ id: second }));
    const a = await comes();
    world.time.now += MINUTE;
    const b = world.device('device01', {}, second);

    await world.onboard(world.came(b, 9));

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()?.certificateId).toBe(b);
  });

  it('J-11: that comes while another is awaited ends the time of the first, for two may be used and not three', async () => {
    const a = await comes();
    const b = await comes();
    const c = await comes();

    expect(states(a, b, c)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: b } });
  });

  it.each(['deleted', 'revoked'])(
    'J-11: comes in also when the one whose time is over was %s in IoT Core by somebody',
    async (what) => {
      const a = await comes();
      const b = await comes();
      const certificate = world.iot.certificates.get(a);
      if (what === 'deleted') world.iot.certificates.delete(a);
      else if (certificate) certificate.status = 'REVOKED';

      const c = await comes();

      expect(states(b, c)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
      expect(device()).toMatchObject({ certificateId: c, former: { certificateId: b } });
    },
  );

  it('J-11: is tried again when IoT Core is out of order while that one is retired', async () => {
    const a = await comes();
    await comes();
    world.time.now += MINUTE;
    const c = world.device('device01');
    const { setStatus } = world.iot.gateway;
    world.iot.gateway.setStatus = async () => {
      throw new Error('out of order');
    };
    await expect(world.onboard(world.came(c, 7))).rejects.toThrow('out of order');
    world.iot.gateway.setStatus = setStatus;

    await world.onboard(world.came(c, 7));

    expect(states(a, c)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });
});

describe('J-11: a former certificate is never retired without a successor', () => {
  /** B has the client id, and waits for an operator because a thing of the name is not ours. */
  const heldBeside = async () => {
    const a = await comes();
    const thing = world.iot.things.get(clientId(KEY));
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'other', groups: thing?.groups ?? new Set() });
    const b = await comes();
    expect(states(b)).toEqual(['HELD PENDING_ACTIVATION']);
    expect(device()).toMatchObject({ certificateId: b, former: { certificateId: a, until: null } });
    return { a, b };
  };

  it('J-11: it is used on, whatever is decided of it and however long, while the new one is not let in', async () => {
    const { a } = await heldBeside();
    await graceEnds();
    await world.change(a, 'user changed');
    await world.onboard(world.command(a));

    expect(states(a)).toEqual(['ACTIVE ACTIVE']);
    expect(device()?.former?.certificateId).toBe(a);
  });

  it('J-11: its grace does not begin when it is barred and let in again itself', async () => {
    const { a } = await heldBeside();
    const thing = world.iot.things.get(clientId(KEY));
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'device01', groups: thing?.groups ?? new Set() });
    for (const [n, causes] of [['OPERATOR'] as const, [] as const].entries()) {
      world.barDevice(KEY, ...causes);
      await world.change(a, 'suspend or resume');
      await world.onboard(world.command(a, 900 + n));
    }

    expect(states(a)).toEqual(['ACTIVE ACTIVE']);
    expect(device()?.former).toEqual({ certificateId: a, until: null });
  });

  it('J-11: its grace begins when the new one is let in', async () => {
    const { a, b } = await heldBeside();
    world.time.now += 30 * GRACE_MS;
    const thing = world.iot.things.get(clientId(KEY));
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'device01', groups: thing?.groups ?? new Set() });
    await world.say(b, 'approve');
    await world.onboard(world.command(b));

    expect(device()?.former).toEqual({ certificateId: a, until: world.time.now + GRACE_MS });
    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
  });

  it.each(['held', 'turned away'])('J-11: it stays beside the next one when the new one is %s', async (what) => {
    const { a, b } = await heldBeside();
    if (what === 'turned away') {
      await world.say(b, 'reject');
      await world.onboard(world.command(b));
    }
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'device01', groups: new Set(['acme.eu1']) });

    const c = await comes();

    expect(states(a, c)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: a } });
    await connects(c);
    await world.follow();
    expect(states(a, c)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });

  /** B was turned away by an operator, and the name is free again. */
  const turnedAway = async () => {
    const { a, b } = await heldBeside();
    await world.say(b, 'reject');
    await world.onboard(world.command(b));
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'device01', groups: new Set(['acme.eu1']) });
    return { a, b };
  };

  /** Two tenants whose client ids may be the same. */
  const withGlobex = () => {
    const globex = tenantName('globex');
    const globexCa = anchorId(fingerprint(0xcb));
    world.anchors.anchors.set(globexCa, anAnchor({ id: globexCa, tenant: globex }));
    world.tenants.tenants.set(globex, aTenant({ name: globex, naming: 'connectware' }));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    return { globex, globexCa };
  };
  const turnedAwayByName = async () => {
    world.iot.things.set(clientId('device01'), { tenant: ACME, cn: 'other', groups: new Set(['acme.connectware']) });
    const id = await comes();
    await world.say(id, 'reject');
    await world.onboard(world.command(id));
    expect(states(id)).toEqual(['REJECTED INACTIVE']);
    return id;
  };

  it('N-05: a device whose newest certificate was turned away is not given to another tenant with the one that uses it', async () => {
    const { globexCa } = withGlobex();
    const a = await comes();
    await turnedAwayByName();
    world.time.now += MINUTE;
    const c = world.device('device01', {}, globexCa);

    await world.onboard(world.came(c, 9));
    await world.change(a, 'user changed');
    await world.onboard(world.command(a, 901));

    expect(states(a, c)).toEqual(['ACTIVE ACTIVE', 'REJECTED INACTIVE']);
    expect(world.record(c).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT', seen: 'a device of another tenant' });
    expect(world.devices.devices.get('device01')).toMatchObject({
      tenant: ACME,
      former: { certificateId: a, until: null },
    });
    expect(world.iot.things.get(clientId('device01'))?.groups).toEqual(new Set(['acme.connectware']));
  });

  it('N-05: one that nobody uses is given to another tenant, without what barred it', async () => {
    const { globex, globexCa } = withGlobex();
    await turnedAwayByName();
    world.iot.things.delete(clientId('device01'));
    world.barDevice('device01', 'OPERATOR');
    const c = world.device('device01', {}, globexCa);

    await world.onboard(world.came(c, 9));

    expect(states(c)).toEqual(['ACTIVE ACTIVE']);
    expect(world.devices.devices.get('device01')).toMatchObject({ tenant: globex, certificateId: c, causes: [] });
  });

  it.each([
    ['refuse', 'REJECTED', { reason: 'CLIENT_ID_CONFLICT' }],
    ['approve', 'HELD', { reason: 'RENEWAL_APPROVAL' }],
  ] as const)(
    'J-11: %s holds for the next one too when the new one was turned away',
    async (renewal, state, verdict) => {
      const { a, b } = await turnedAway();
      setTenant(renewal);

      const c = await comes();

      expect([states(a), world.state(c)]).toEqual([['ACTIVE ACTIVE'], state]);
      expect(world.record(c).verdict).toMatchObject({ ...verdict, seen: a });
      expect(device()).toMatchObject({ certificateId: b, former: { certificateId: a, until: null } });
    },
  );

  it('J-11: coexist leaves it in for good beside the next one when the new one was turned away', async () => {
    const { a } = await turnedAway();
    setTenant('coexist');

    const c = await comes();
    await connects(c);
    await world.follow();

    expect(states(a, c)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: null, others: [a] });
  });

  it('J-11: refuse takes the next one when it is over itself', async () => {
    const { a, b } = await turnedAway();
    setTenant('refuse');
    world.time.now = (world.record(a).validTo ?? fail()) + 1;
    await world.change(a, 'expired');
    await world.onboard(world.command(a, 901));

    const c = await comes({ validTo: world.time.now + GRACE_MS });

    expect(states(a, b, c)).toEqual(['EXPIRED INACTIVE', 'REJECTED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it('J-11: its device is not given away when its record is lost', async () => {
    const { a } = await turnedAway();
    world.certificates.records.delete(a);

    expect(world.record(await comes()).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT' });
  });

  it('J-11: it stays beside the next one when the new one has come to bear another client id', async () => {
    const { a, b } = await heldBeside();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    await world.say(b, 'approve');
    await world.onboard(world.command(b));
    expect(world.record(b)).toMatchObject({ verdict: { kind: 'accept', clientId: 'device01' }, wasActive: true });
    setTenant('replace');
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'device01', groups: new Set(['acme.eu1']) });

    const c = await comes();

    expect(states(a, b, c)).toEqual(Array(3).fill('ACTIVE ACTIVE'));
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: a } });
  });

  it('J-11: one that was turned away has no time beside the next one, also when its own is over', async () => {
    const { a, b } = await turnedAway();
    await world.devices.endFormer(KEY, a, world.time.now);

    const c = await comes();

    expect(states(a, b, c)).toEqual(['RETIRED INACTIVE', 'REJECTED INACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: null });
  });

  it('J-11: refuse goes by one that is in use, where others of the device are over', async () => {
    setTenant('coexist');
    const over = await comes({ validTo: NOON + 10 * MINUTE });
    const inUse = await comes();
    await world.change(over, 'expired');
    world.iot.things.set(clientId(KEY), { tenant: ACME, cn: 'other', groups: new Set(['acme.eu1']) });
    const held = await comes();
    await world.say(held, 'reject');
    await world.onboard(world.command(held));
    world.time.now += 11 * MINUTE;
    await world.onboard(world.command(over, 901));
    setTenant('refuse');

    const next = await comes();

    expect(states(over, inUse, held)).toEqual(['EXPIRED INACTIVE', 'ACTIVE ACTIVE', 'REJECTED INACTIVE']);
    expect(world.record(next).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT', seen: inUse });
  });

  /** B is in, and then barred for what its CA did. */
  const barredBeside = async () => {
    const second = anchorId(fingerprint(0xcb));
    world.anchors.anchors.set(second, anAnchor({ id: second }));
    const a = await comes();
    world.time.now += MINUTE;
    const b = world.device('device01', {}, second);
    await world.onboard(world.came(b, 9));
    world.anchors.anchors.set(second, anAnchor({ id: second, state: 'REVOKED' }));
    await world.change(b, 'anchor revoked');
    await world.onboard(world.command(b));
    return { a, b, second };
  };

  it('J-11: its time is not counted while the new one is barred, and begins again when that one is let in', async () => {
    const { a, b, second } = await barredBeside();
    expect(device()?.former).toEqual({ certificateId: a, until: null });
    await graceEnds();
    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'SUSPENDED INACTIVE']);

    world.anchors.anchors.set(second, anAnchor({ id: second }));
    await world.change(b, 'anchor restored');
    await world.onboard(world.command(b, 901));
    expect(device()?.former).toEqual({ certificateId: a, until: world.time.now + GRACE_MS });
    await graceEnds();
    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it('J-11: its time goes on when it is barred itself', async () => {
    const a = await comes();
    await comes();
    const before = device()?.former;
    await world.blockLists.block(ACME, a, { at: NOON, by: 'an operator' });
    await world.change(a, 'blocked');
    await world.onboard(world.command(a));

    expect(states(a)).toEqual(['SUSPENDED INACTIVE']);
    expect(device()?.former).toEqual(before);
  });

  it('J-11: its time begins again also when the new one was never kept out by a bar that was seen', async () => {
    const a = await comes();
    const b = await comes();
    const former = { certificateId: a, until: device()?.former?.until ?? fail() };
    await world.devices.keepFormer(KEY, { certificateId: b, former });
    world.time.now += MINUTE;
    await world.change(b, 'anchor restored');
    await world.onboard(world.command(b));

    expect(device()?.former).toEqual({ certificateId: a, until: world.time.now + GRACE_MS });
  });

  it('J-11: it has no more time when it was over already, as the next one comes while the new one is barred', async () => {
    const { a, b } = await barredBeside();
    await world.devices.endFormer(KEY, a, world.time.now);

    const c = await comes();

    expect(states(a, c)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: b } });
  });

  it('J-11: it stays beside the next one when the attempt for the new one died half way, which then has no device', async () => {
    const a = await comes();
    world.time.now += MINUTE;
    const b = world.device('device01');
    await interrupted(world, world.came(b, 8), 11, 'dies before');
    expect(world.record(b)).toMatchObject({ verdict: { kind: 'accept' }, wasActive: false });

    const c = await comes();
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: a } });
    await world.onboard(world.came(b, 8));

    expect(states(a, b, c)).toEqual(['ACTIVE ACTIVE', 'REJECTED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it('J-11: it stays beside the next one when the new one was barred meanwhile', async () => {
    const second = anchorId(fingerprint(0xcb));
    world.anchors.anchors.set(second, anAnchor({ id: second }));
    const a = await comes();
    world.time.now += MINUTE;
    const b = world.device('device01', {}, second);
    await world.onboard(world.came(b, 9));
    world.anchors.anchors.set(second, anAnchor({ id: second, state: 'REVOKED' }));
    await world.change(b, 'anchor revoked');
    await world.onboard(world.command(b));

    const c = await comes();

    expect(states(a, b, c)).toEqual(['ACTIVE ACTIVE', 'SUSPENDED INACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: c, former: { certificateId: a } });
    world.anchors.anchors.set(second, anAnchor({ id: second }));
    await world.change(b, 'anchor restored');
    await world.onboard(world.command(b, 901));
    expect(states(b)).toEqual(['RETIRED INACTIVE']);
  });
});

describe('J-11: what is over does not come back', () => {
  const renewed = async () => {
    const a = await comes();
    const b = await comes();
    await connects(b);
    await world.follow();
    return { a, b };
  };

  it('J-11: a retired certificate stays so, whatever it is asked to follow', async () => {
    const { a, b } = await renewed();

    world.devices.devices.delete(KEY);
    await world.change(a, 'resume');
    await world.onboard(world.command(a));

    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toBeUndefined();
  });

  it('J-11: is told as retired once, also when its CA is revoked and restored later', async () => {
    const { a } = await renewed();
    for (const [n, state] of (['REVOKED', 'ACTIVE'] as const).entries()) {
      world.anchors.anchors.set(world.record(a).anchorId ?? fail(), anAnchor({ state }));
      await world.change(a, 'anchor');
      await world.onboard(world.command(a, 910 + n));
    }

    expect(states(a)).toEqual(['RETIRED INACTIVE']);
    expect(world.record(a).causes).toEqual(['REPLACED']);
    expect(world.events.published.filter(({ type }) => type === 'device.retired')).toHaveLength(1);
  });

  it.each(RENEWALS)(
    'J-11: an event that was late does not bring an older certificate in again, under %s',
    async (renewal) => {
      setTenant(renewal);
      const a = world.device('device01');
      await interrupted(world, world.came(a, 1), 2, 'dies before');
      world.time.now += MINUTE;
      const b = await comes();
      world.time.now += MINUTE;

      await world.onboard(world.came(a, 1));

      const ends = { replace: 'REJECTED', refuse: 'REJECTED', approve: 'HELD', coexist: 'ACTIVE' };
      expect([world.state(a), states(b)]).toEqual([ends[renewal], ['ACTIVE ACTIVE']]);
      expect(device()?.former).toBeNull();
    },
  );

  it('J-11: one that lost the device before it came in does not take it back from what an operator chose', async () => {
    const a = await comes();
    setTenant('refuse');
    const chosen = await comes();
    setTenant('replace');
    world.time.now += MINUTE;
    const b = world.device('device01');
    await interrupted(world, world.came(b, 8), 11, 'dies before');
    await world.say(chosen, 'retry');
    await world.onboard(world.command(chosen));

    world.time.now += MINUTE;
    await world.onboard(world.came(b, 8));

    expect(states(a, b, chosen)).toEqual(['ACTIVE ACTIVE', 'REJECTED INACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: chosen, former: { certificateId: a } });
  });

  it('J-11: an older certificate comes in all the same when the newer one is over', async () => {
    const a = world.device('device01');
    await interrupted(world, world.came(a, 1), 2, 'dies before');
    const b = await comes({ validTo: NOON + 10 * MINUTE });
    world.time.now += 11 * MINUTE;
    await world.change(b, 'expired');
    await world.onboard(world.command(b));

    await world.onboard(world.came(a, 1));

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'EXPIRED INACTIVE']);
  });

  it('J-11: but an operator may say that it is the right one', async () => {
    const a = world.device('device01');
    await interrupted(world, world.came(a, 1), 2, 'dies before');
    const b = await comes();
    world.time.now += MINUTE;
    await world.onboard(world.came(a, 1));
    expect(world.record(a).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT', seen: b });

    await world.say(a, 'retry');
    await world.onboard(world.command(a));

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: a, former: { certificateId: b } });
  });
});

describe('J-11: the other policies', () => {
  it('J-11: coexist lets both stay, however often either connects', async () => {
    setTenant('coexist');
    const a = await comes();
    const b = await comes();
    for (const id of [b, a, b]) await connects(id);
    await graceEnds();

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(device()).toMatchObject({ certificateId: b, former: null, others: [a] });
  });

  it('J-11: coexist keeps the ones that came before when a third comes', async () => {
    setTenant('coexist');
    const ids = [await comes(), await comes(), await comes()];

    expect(states(...ids)).toEqual(Array(3).fill('ACTIVE ACTIVE'));
    expect(device()?.others).toEqual(ids.slice(0, 2));
  });

  it('J-11: refuse turns the new one away, and leaves the first as it is', async () => {
    setTenant('refuse');
    const a = await comes();
    const b = await comes();

    expect(world.record(b).verdict).toEqual({
      kind: 'reject',
      clientId: KEY,
      reason: 'CLIENT_ID_CONFLICT',
      seen: a,
    });
    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'REJECTED INACTIVE']);
    expect(device()).toMatchObject({ certificateId: a, former: null, others: [] });
  });

  it('J-11: approve holds the new one also when the first is over', async () => {
    setTenant('approve');
    const a = await comes({ validTo: NOON + 10 * MINUTE });
    world.time.now += 11 * MINUTE;
    await world.change(a, 'expired');
    await world.onboard(world.command(a));

    expect(states(a, await comes())).toEqual(['EXPIRED INACTIVE', 'HELD PENDING_ACTIVATION']);
  });

  it('J-11: refuse takes a new one once the first is over', async () => {
    setTenant('refuse');
    const a = await comes({ validTo: NOON + 10 * MINUTE });
    world.time.now += 11 * MINUTE;
    await world.change(a, 'expired');
    await world.onboard(world.command(a));
    expect(states(a)).toEqual(['EXPIRED INACTIVE']);

    const b = await comes();

    expect(states(b)).toEqual(['ACTIVE ACTIVE']);
  });

  it('J-11: approve holds the new one until an operator says yes, and lets the first go on', async () => {
    setTenant('approve');
    const a = await comes();
    const b = await comes();
    expect(world.record(b).verdict).toEqual({ kind: 'hold', clientId: KEY, reason: 'RENEWAL_APPROVAL', seen: a });
    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'HELD PENDING_ACTIVATION']);
    expect(device()?.certificateId).toBe(a);

    await world.say(b, 'approve');
    await world.onboard(world.command(b));
    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    await connects(b);
    await world.follow();
    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it('J-11: approve turns the new one away when an operator says no', async () => {
    setTenant('approve');
    const a = await comes();
    const b = await comes();
    await world.say(b, 'reject');
    await world.onboard(world.command(b));

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'REJECTED INACTIVE']);
  });

  it.each(RENEWALS)('J-11: the same key renews the device under %s', async (renewal) => {
    setTenant(renewal);
    const a = await comes({ publicKeyId: 'key' });
    const b = await comes({ publicKeyId: 'key' });

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    await connects(b);
    await world.follow();
    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it.each(RENEWALS)('J-11: a certificate of another tenant never gets the device, under %s', async (renewal) => {
    const globex = tenantName('globex');
    const globexCa = anchorId(fingerprint(0xcb));
    world.tenants.tenants.set(globex, aTenant({ name: globex, naming: 'connectware', renewal }));
    world.anchors.anchors.set(globexCa, anAnchor({ id: globexCa, tenant: globex }));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', renewal }));
    const [a, b] = [
      world.device('pump', { publicKeyId: 'key' }),
      world.device('pump', { publicKeyId: 'key' }, globexCa),
    ];
    await world.onboard(world.came(a, 1));
    world.time.now += MINUTE;

    await world.onboard(world.came(b, 2));

    expect(world.record(b).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT', seen: 'a device of another tenant' });
    expect(world.devices.devices.get('pump')).toMatchObject({
      tenant: ACME,
      certificateId: a,
      former: null,
      others: [],
    });
  });

  it.each(RENEWALS)('J-11: a barred device holds its new certificate under %s', async (renewal) => {
    setTenant(renewal);
    await comes();
    world.barDevice(KEY, 'OPERATOR');
    const b = await comes();

    expect(world.record(b).verdict).toMatchObject({ kind: 'hold', reason: 'DEVICE_BARRED', seen: 'OPERATOR' });
  });

  it('J-11: a device whose record of its certificate is lost is not given away', async () => {
    const a = await comes();
    world.certificates.records.delete(a);
    const b = await comes();

    expect(world.record(b).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT' });
  });
});

describe('J-11: two certificates of one device', () => {
  it('V-04: are both barred by what bars the device', async () => {
    const a = await comes();
    const b = await comes();
    world.barDevice(KEY, 'OPERATOR');
    for (const [n, id] of [a, b].entries()) {
      await world.change(id, 'suspend');
      await world.onboard(world.command(id, 900 + n));
    }

    expect(states(a, b)).toEqual(['SUSPENDED INACTIVE', 'SUSPENDED INACTIVE']);
    expect(world.iot.sessions.size).toBe(0);
  });

  it('V-08: both follow the user of the device', async () => {
    world.askForUsers();
    world.setUser(aUser('device01'));
    const a = await comes();
    const b = await comes();
    for (const id of [a, b]) await world.change(id, 'user deleted');
    world.users.users.clear();
    for (const [n, id] of [a, b].entries()) await world.onboard(world.command(id, 900 + n));

    expect(states(a, b)).toEqual(['SUSPENDED INACTIVE', 'SUSPENDED INACTIVE']);
    expect(world.record(a).causes).toEqual(['GRANT_REMOVED']);
  });

  it('V-08: the former one follows the user also before the newest has, and when it came in without one', async () => {
    const id = 'device01';
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    world.time.now += MINUTE;
    const a = world.device(id);
    await world.onboard(world.came(a, 1));
    world.askForUsers();
    world.setUser(aUser(id));
    world.time.now += MINUTE;
    const b = world.device(id);
    await world.onboard(world.came(b, 2));
    const composition = '1111111111111111';
    world.setUser(aUser(id, { composition }));
    await world.change(a, 'user changed');
    await world.onboard(world.command(a));
    expect(world.record(a).verdict).toMatchObject({ user: id, permissionSet: `acme.connectware.${composition}` });
    expect(world.record(b).verdict).toMatchObject({ permissionSet: 'acme.connectware' });

    world.certificates.records.set(a, { ...world.record(a), verdict: acceptedWithout(world.record(a)) });
    world.users.users.clear();
    const tell = tellDevices({
      ...world.presencePorts,
      deviceListing: inMemoryDeviceListing(world.devices),
      permissionSets: inMemoryPermissionSetRegistry(),
    });
    expect(await tell(aTenant({ naming: 'connectware' }), id, null, 'an operator')).toBe(1);
    await world.follow();

    expect(states(a, b)).toEqual(['SUSPENDED INACTIVE', 'SUSPENDED INACTIVE']);
  });

  it('J-11: have the permissions of the newest, and the thing is in its set alone', async () => {
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    world.time.now += MINUTE;
    const a = world.device('acme_pump');
    await world.onboard(world.came(a, 1));
    world.tenants.tenants.set(ACME, aTenant({ naming: '{cn}' }));
    world.time.now += MINUTE;
    const b = world.device('acme_pump');
    await world.onboard(world.came(b, 2));
    const groups = () => [...(world.iot.things.get(clientId('acme_pump'))?.groups ?? [])];
    expect(groups()).toEqual(['acme.template']);

    // barred and freed: it comes in again as what the device is by now
    for (const [n, causes] of [['OPERATOR'] as const, [] as const].entries()) {
      world.barDevice('acme_pump', ...causes);
      await world.change(a, 'suspend or resume');
      await world.onboard(world.command(a, 900 + n));
    }

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(groups()).toEqual(['acme.template']);
  });

  it('N-12: of which one came under another key of the client id are one device as well', async () => {
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    world.time.now += MINUTE;
    const a = world.device('acme_Pump');
    await world.onboard(world.came(a, 1));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    world.time.now += MINUTE;
    const b = world.device('acme_Pump');
    await world.onboard(world.came(b, 2));

    expect(states(a, b)).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
    expect(world.devices.devices.get('acme_Pump')).toMatchObject({ certificateId: b, former: { certificateId: a } });
    expect(world.devices.devices.get('acme_pump')).toMatchObject({ certificateId: b, former: null });
  });
});

describe('J-11: a renewal that does not go undisturbed', () => {
  it('J-11: retires the former one also where the clock that brings it out is behind the one that ended its time', async () => {
    const a = await comes();
    const b = await comes();
    const atOnce = {
      send: async ({
        certificateId,
        commandId,
      }: {
        readonly certificateId: CertificateId;
        readonly commandId: string;
      }) => void (await world.onboard({ certificateId, owner: commandId, cameAt: null, iotStatus: null })),
    };
    const ahead = { ...world.presencePorts, commands: atOnce, clock: () => world.time.now + 5_000 };

    await retireFormer(ahead)(KEY, device() ?? fail());

    expect(states(a, b)).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
  });

  it('J-11: names the former one on when the new one was barred while it was being retired', async () => {
    const a = await comes();
    const b = await comes();
    const before = device() ?? fail();
    const { commands } = world.presencePorts;
    const barredMeanwhile = {
      send: async (command: Parameters<typeof commands.send>[0]) => {
        const former = { certificateId: a, until: device()?.former?.until ?? fail() };
        await world.devices.keepFormer(KEY, { certificateId: b, former });
        await commands.send(command);
      },
    };

    await retireFormer({ ...world.presencePorts, commands: barredMeanwhile })(KEY, before);
    await world.follow();

    expect(states(a)).toEqual(['ACTIVE ACTIVE']);
    expect(device()?.former).toEqual({ certificateId: a, until: null });
  });

  it('J-11: tells no certificate that is not the former one any more', async () => {
    const a = await comes();
    await comes();
    const before = device();
    await world.devices.endFormer(KEY, a, NOON);
    await world.devices.dropFormer(KEY, a, NOON);

    await retireFormer(world.presencePorts)(KEY, before ?? fail());

    expect(world.commands).toEqual([]);
    expect(world.record(a).version).toBe(1);
  });

  it('N-12: under two namings at once leaves one certificate in for good, also within one millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, swapped) => {
        world = onboardingWorld();
        const [a, b] = [world.device('acme_Pump'), world.device('acme_Pump')];
        const ids = swapped ? [b, a] : [a, b];
        world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
        const onboard = onboardCertificate(
          around(world.ports, async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            return call();
          }),
        );
        const change = scheduler
          .schedule(Promise.resolve(), 'naming')
          .then(() => world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' })));
        await scheduler.waitFor(Promise.all([change, ...ids.map((id, n) => onboard(world.came(id, n)))]));

        const active = [a, b].filter((id) => status(id) === 'ACTIVE');
        const formers = [...world.devices.devices.values()].map(({ former }) => former?.certificateId);
        expect(active.filter((id) => !formers.includes(id))).toHaveLength(1);
        for (const id of [a, b]) expect(world.record(id).settled).toBe(true);
      }),
      // of some ten thousand orders one lets the loser leave the set that the winner has just joined
      { numRuns: 300, seed: 12 },
    );
  });

  it('N-12: is done at once also when the device under the other key was claimed again just before', async () => {
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const a = world.device('acme_Pump');
    await world.onboard(world.came(a, 1));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    world.time.now += MINUTE;
    const b = world.device('acme_Pump');
    let claimed = false;
    const disturbed = around(world.ports, async (name, call) => {
      const known = world.devices.devices.get('acme_Pump');
      if (name === 'renew' && !claimed && known) {
        claimed = true;
        world.devices.devices.set('acme_Pump', { ...known, claims: known.claims + 1 });
      }
      return call();
    });

    await onboardCertificate(disturbed)(world.came(b, 2));

    expect([claimed, states(b)]).toEqual([true, ['ACTIVE ACTIVE']]);
  });

  it.each(ENDS)('J-11: ends well when the process %s any call', async (end) => {
    for (let endAt = 1; ; endAt += 1) {
      world = onboardingWorld();
      events = 0;
      const a = await comes();
      world.time.now += MINUTE;
      const b = world.device('device01');

      const outcome = await interrupted(world, world.came(b, 5), endAt, end);
      if (outcome) break;
      expect(states(a), `after call ${endAt}`).toEqual(['ACTIVE ACTIVE']);
      await world.onboard(world.came(b, 5));

      expect(states(a, b), `after call ${endAt}`).toEqual(['ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
      expect(device()?.former, `after call ${endAt}`).toEqual({ certificateId: a, until: world.time.now + GRACE_MS });
      expect(world.record(b).settled).toBe(true);
    }
  });

  it.each(ENDS)('J-11: that ends the time of another one ends well when the process %s any call', async (end) => {
    for (let endAt = 1; ; endAt += 1) {
      world = onboardingWorld();
      events = 0;
      const a = await comes();
      const b = await comes();
      world.time.now += MINUTE;
      const c = world.device('device01');

      const outcome = await interrupted(world, world.came(c, 5), endAt, end);
      if (outcome) break;
      world.time.now += MINUTE;
      await world.onboard(world.came(c, 5));

      expect(states(a, b, c), `after call ${endAt}`).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE', 'ACTIVE ACTIVE']);
      expect(device(), `after call ${endAt}`).toMatchObject({ certificateId: c, former: { certificateId: b } });
    }
  });

  it('J-11: retires the former one in the end, when the process that hears of the connect dies at any call', async () => {
    let ended = 0;
    for (let endAt = 1; ; endAt += 1) {
      world = onboardingWorld();
      events = 0;
      const a = await comes();
      const b = await comes();
      let calls = 0;
      const dying = new Proxy(world.presencePorts, {
        get: (ports, name) =>
          new Proxy(ports[name as keyof typeof ports] as object, {
            get: (port, method) => {
              const call = port[method as keyof typeof port] as (...args: unknown[]) => unknown;
              return typeof call !== 'function'
                ? call
                : (...args: unknown[]) => {
                    calls += 1;
                    if (calls >= endAt) throw new Error('the process is dead');
                    return call.apply(port, args);
                  };
            },
            apply: (call, _, args) => (call as (...all: unknown[]) => unknown)(...args),
          }),
      });
      const news = {
        kind: 'connected',
        clientId: KEY,
        principal: b,
        sessionId: 's',
        at: world.time.now,
        versionNumber: 1,
        ip: null,
      } as const;
      const died = await recordPresence(dying)(news).then(
        () => false,
        () => true,
      );
      if (!died) break;
      ended += 1;
      await recordPresence(world.presencePorts)(news);
      await world.follow();

      expect(states(a, b), `call ${endAt}`).toEqual(['RETIRED INACTIVE', 'ACTIVE ACTIVE']);
      expect(device()?.former).toBeNull();
    }
    expect(ended).toBeGreaterThan(4);
  });

  it.each(RENEWALS)(
    'J-11: of two newcomers at once ends with one device under %s, in whatever order their steps fall',
    async (renewal) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, swapped) => {
          world = onboardingWorld();
          setTenant(renewal);
          const [a, b] = [world.device('device01'), world.device('device01')];
          const onboard = onboardCertificate(
            around(world.ports, async (name, call) => {
              await scheduler.schedule(Promise.resolve(), name);
              world.time.now += 1;
              return call();
            }),
          );
          const ids = swapped ? [b, a] : [a, b];
          await scheduler.waitFor(Promise.all(ids.map((id, n) => onboard(world.came(id, n)))));

          const known = device();
          const newest = known?.certificateId ?? fail();
          const other = newest === a ? b : a;
          expect(states(newest)).toEqual(['ACTIVE ACTIVE']);
          expect([a, b].map((id) => world.record(id).settled)).toEqual([true, true]);
          const isBeside = known?.former?.certificateId === other || known?.others.includes(other) === true;
          expect(status(other) === 'ACTIVE').toBe(isBeside);
          expect(isBeside ? renewal : 'none').not.toMatch(/refuse|approve/);

          await connects(newest);
          await world.follow();
          expect(states(newest)).toEqual(['ACTIVE ACTIVE']);
          expect(status(other) === 'ACTIVE').toBe(renewal === 'coexist');
        }),
        { numRuns: 150 },
      );
    },
  );

  it('J-11: leaves nobody in with a device that is suspended at whichever step', async () => {
    for (let nth = 1; ; nth += 1) {
      world = onboardingWorld();
      events = 0;
      const a = await comes();
      world.time.now += MINUTE;
      const b = world.device('device01');
      const before = await meanwhile(world, world.came(b, 5), nth, async () => {
        world.barDevice(KEY, 'OPERATOR');
      });
      if (before === null || before === 'endFormer' || before === 'publish') break;
      await world.change(a, 'suspend');
      await world.onboard(world.command(a));

      expect(world.iot.admits(a, KEY) || world.iot.admits(b, KEY), before).toBe(false);
      expect(['SUSPENDED', 'HELD'], before).toContain(world.state(b));
    }
  });
});

const acceptedWithout = ({ verdict }: CertificateRecord) =>
  verdict?.kind === 'accept' ? { ...verdict, user: null } : fail();
const fail = (): never => {
  throw new Error('expected it to be there');
};
