import { beforeEach, describe, expect, it } from 'vitest';
import type { Cause } from '#domain/certificate.ts';
import type { CertificateId } from '#domain/ids.ts';
import { ENDS, interrupted, meanwhile } from '#support/disturbed-onboarding.ts';
import {
  ACME,
  anAnchor,
  around,
  aTenant,
  CA,
  NOON,
  type OnboardingWorld,
  onboardingWorld,
} from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const KEY = 'acme_device01';

let world: OnboardingWorld;
let commands: number;

const letIn = async (cn = 'device01'): Promise<CertificateId> => {
  const id = world.device(cn);
  commands += 1;
  await world.onboard(world.came(id, commands));
  expect(world.iot.connect(id, `acme_${cn}`)).toBe(true);
  world.iot.calls.length = 0;
  world.events.published.length = 0;
  return id;
};
/** The certificate is told that a fact changed, and follows. */
const told = async (id: CertificateId, iotStatus: string | null = null, seen = 'changed') => {
  await world.change(id, seen);
  commands += 1;
  return world.onboard({ ...world.command(id, 900 + commands), iotStatus });
};
const status = (id: CertificateId) => world.iot.certificates.get(id)?.status;
const anchorIs = (state: 'ACTIVE' | 'REVOKED' | 'DELETED') => {
  world.anchors.anchors.set(CA, anAnchor({ state }));
};
const note = { at: NOON, by: 'an operator' };
const revokedSerial = { serialNumber: '1', revokedAt: NOON, reason: null };

beforeEach(() => {
  world = onboardingWorld();
  commands = 0;
});

describe('V-03: a CA that is restored', () => {
  it('V-03: has exactly those come back that it alone kept out', async () => {
    const ids = [await letIn('one'), await letIn('two'), await letIn('three')] as const;
    world.barDevice('acme_three', 'OPERATOR');
    await told(ids[2]);
    anchorIs('REVOKED');
    for (const id of ids) await told(id);
    expect(ids.map((id) => [world.state(id), status(id)])).toEqual(Array(3).fill(['SUSPENDED', 'INACTIVE']));
    expect(world.record(ids[2]).causes).toEqual(['CA_REVOKED', 'OPERATOR']);

    anchorIs('ACTIVE');
    for (const id of ids) await told(id);

    expect(ids.map((id) => [world.state(id), status(id)])).toEqual([
      ['ACTIVE', 'ACTIVE'],
      ['ACTIVE', 'ACTIVE'],
      ['SUSPENDED', 'INACTIVE'],
    ]);
    expect(world.record(ids[2]).causes).toEqual(['OPERATOR']);
  });

  it('V-03: leaves one that expired or was revoked meanwhile out, and a suspension of the time in between stands', async () => {
    const [expired, revoked, suspended] = [await letIn('one'), await letIn('two'), await letIn('three')];
    anchorIs('REVOKED');
    for (const id of [expired, revoked, suspended]) await told(id);
    world.certificates.records.set(expired, { ...world.record(expired), validTo: world.time.now });
    world.time.now += 1;
    world.barDevice('acme_two', 'REVOKED');
    world.barDevice('acme_three', 'OPERATOR');
    for (const id of [revoked, suspended]) await told(id);

    anchorIs('ACTIVE');
    for (const id of [expired, revoked, suspended]) await told(id);

    expect([expired, revoked, suspended].map((id) => [world.state(id), status(id)])).toEqual([
      ['EXPIRED', 'INACTIVE'],
      ['REVOKED', 'REVOKED'],
      ['SUSPENDED', 'INACTIVE'],
    ]);
  });

  it('V-03: decides one that it held, without waiting for the device', async () => {
    anchorIs('REVOKED');
    const id = world.device('device01');
    await world.onboard(world.came(id));
    expect([world.state(id), status(id)]).toEqual(['HELD', 'PENDING_ACTIVATION']);

    anchorIs('ACTIVE');
    await told(id);

    expect([world.state(id), status(id)]).toEqual(['ACTIVE', 'ACTIVE']);
  });

  it('V-03: is followed at whichever step of its revocation it falls', async () => {
    for (let nth = 1; ; nth += 1) {
      world = onboardingWorld();
      const id = await letIn();
      anchorIs('REVOKED');
      await world.change(id, 'anchor revoked');
      const before = await meanwhile(world, world.command(id), nth, async () => anchorIs('ACTIVE'));
      if (before === null) break;
      // whoever restores it tells each certificate; one that was told in time needs no second word
      if (before === 'publish' || before === 'settle' || before === 'disconnect') await told(id);

      expect([world.state(id), status(id)], before).toEqual(['ACTIVE', 'ACTIVE']);
      expect(world.record(id).settled, before).toBe(true);
    }
  });
});

describe('V-04: one device', () => {
  it('V-04: that is suspended loses its session and cannot come back until it is resumed', async () => {
    const id = await letIn();
    world.barDevice(KEY, 'OPERATOR');
    expect(await told(id)).toMatchObject({ transition: { type: 'device.suspended', reason: 'DEVICE_BARRED' } });
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE', 'DeleteConnection']);
    expect(world.iot.sessions.size).toBe(0);
    expect(world.iot.connect(id, KEY)).toBe(false);

    world.barDevice(KEY);
    expect(await told(id)).toMatchObject({ transition: { type: 'device.resumed' } });
    expect(world.iot.connect(id, KEY)).toBe(true);
  });

  it('V-04: that is revoked is REVOKED in IoT Core as well, for good', async () => {
    const id = await letIn();
    world.barDevice(KEY, 'REVOKED');
    expect(await told(id)).toMatchObject({ transition: { type: 'device.revoked', state: 'REVOKED' } });
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate REVOKED', 'DeleteConnection']);

    world.barDevice(KEY);
    world.iot.calls.length = 0;
    await told(id);

    expect([world.state(id), status(id)]).toEqual(['REVOKED', 'REVOKED']);
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'DeleteConnection']);
    expect(world.events.published.map(({ type }) => type)).toEqual(['device.revoked']);
  });

  it.each(['accepted', 'held', 'turned away', 'undecided'])(
    'V-04: a certificate that is revoked alone never comes in again, though it was %s',
    async (what) => {
      const id = world.device(what === 'turned away' ? 'a b' : 'device01');
      if (what === 'held') world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
      if (what === 'undecided') await interrupted(world, world.came(id), 2, 'fails before');
      else await world.onboard(world.came(id));
      world.tenants.tenants.set(ACME, aTenant());
      const entry = {
        at: NOON,
        actor: 'an operator',
        state: 'REVOKED',
        reason: null,
        seen: 'revoke',
        rules: 1,
      } as const;
      await world.certificates.recordCause(id, world.record(id).version, 'REVOKED', entry);
      world.events.published.length = 0;

      await world.onboard(world.command(id));

      expect([world.state(id), status(id)]).toEqual(['REVOKED', 'REVOKED']);
      expect(world.record(id).settled).toBe(true);
      expect(world.events.published.map(({ type }) => type)).toEqual(['device.revoked']);
      if (what !== 'accepted') expect(world.devices.devices.size).toBe(0);
      await world.say(id, 'retry');
      await told(id);
      expect([world.state(id), status(id)]).toEqual(['REVOKED', 'REVOKED']);
    },
  );

  it('V-04: that was never let in is revoked without having been ACTIVE', async () => {
    world.tenants.tenants.set(ACME, aTenant());
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 7, async () => world.barDevice(KEY, 'REVOKED'));

    expect(world.iot.calls.filter((call) => call.startsWith('UpdateCertificate'))).toEqual([
      'UpdateCertificate REVOKED',
    ]);
    expect([world.state(id), world.record(id).wasActive]).toEqual(['REVOKED', false]);
  });

  it.each(ENDS)('V-04: is revoked in the end when the process %s any call', async (end) => {
    for (let endAt = 1; ; endAt += 1) {
      world = onboardingWorld();
      const id = await letIn();
      world.barDevice(KEY, 'REVOKED');
      await world.change(id, 'revoke');
      const outcome = await interrupted(world, world.command(id), endAt, end);
      if (outcome) break;

      await world.onboard(world.command(id));

      expect([world.state(id), status(id), world.record(id).settled]).toEqual(['REVOKED', 'REVOKED', true]);
      expect(world.iot.sessions.size).toBe(0);
      expect(world.events.distinct()).toMatchObject([{ type: 'device.revoked' }]);
    }
  });

  it('V-05: whose bar falls between any two steps of another change is barred', async () => {
    for (let nth = 1; ; nth += 1) {
      world = onboardingWorld();
      const id = await letIn();
      await world.change(id, 'user changed');
      const before = await meanwhile(world, world.command(id), nth, async () => world.barDevice(KEY, 'OPERATOR'));
      if (before === 'settle') break;

      expect([world.state(id), status(id)], before ?? '').toEqual(['SUSPENDED', 'INACTIVE']);
    }
  });
});

describe('the session of a certificate that is barred', () => {
  const withPresence = (certificateId: CertificateId | null, connected: boolean) => {
    const device = world.devices.devices.get(KEY);
    const presence = {
      connected,
      certificateId,
      at: NOON,
      sessionId: 's',
      versionNumber: 1,
      ip: null,
      disconnectReason: null,
    };
    if (device) world.devices.devices.set(KEY, { ...device, presence });
  };

  it.each([
    ['is its own', 'own', true, true],
    ['has ended, as far as was heard', 'own', false, true],
    ['is one that an earlier release recorded', null, true, true],
    ['is of another certificate of the device', 'other', true, false],
    ['was of another certificate of the device', 'other', false, true],
  ] as const)('N-09: that %s', async (_, whose, connected, isCut) => {
    const id = await letIn();
    const other = world.device('device02');
    withPresence(whose === 'own' ? id : whose && other, connected);
    const entry = { at: NOON, actor: 'an operator', state: 'REVOKED', reason: null, seen: 'revoke', rules: 1 } as const;
    await world.certificates.recordCause(id, 1, 'REVOKED', entry);

    await world.onboard(world.command(id));

    expect(world.iot.calls.includes('DeleteConnection')).toBe(isCut);
    expect(status(id)).toBe('REVOKED');
  });
});

describe('X-10: a list that names a certificate', () => {
  const fingerprintIsBlocked = (id: CertificateId) => world.blockLists.block(ACME, id, note);
  const serialIsRevoked = () => world.blockLists.addSerials(CA, [revokedSerial]);

  it.each([
    ['the block list', fingerprintIsBlocked, 'CERT_BLOCKED'],
    ['a revocation list', serialIsRevoked, 'CERT_REVOKED'],
  ])('X-10: %s turns it away at its first connect', async (_, list, reason) => {
    const id = world.device('device01');
    await list(id);

    await world.onboard(world.came(id));

    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason });
    expect(status(id)).toBe('INACTIVE');
    expect(world.devices.devices.size).toBe(0);
    expect(world.events.published).toMatchObject([{ type: 'device.rejected', reason }]);
  });

  it.each([
    ['the block list', fingerprintIsBlocked, 'BLOCKED', 'SUSPENDED', 'device.suspended', 'CERT_BLOCKED'],
    ['a revocation list', serialIsRevoked, 'CRL_REVOKED', 'REVOKED', 'device.revoked', 'CERT_REVOKED'],
  ])('X-10: %s bars it once it is in, and reversibly', async (_, list, cause, state, type, reason) => {
    const id = await letIn();
    await list(id);
    await told(id);

    expect(world.record(id).causes).toEqual([cause]);
    expect([world.state(id), status(id)]).toEqual([state, 'INACTIVE']);
    expect(world.events.published).toMatchObject([{ type, reason, state }]);
    expect(world.iot.sessions.size).toBe(0);

    await world.blockLists.unblock(ACME, id);
    await world.blockLists.dropSerials(CA, ['1']);
    await told(id);
    expect([world.state(id), status(id)]).toEqual(['ACTIVE', 'ACTIVE']);
  });

  it.each([
    ['the block list', fingerprintIsBlocked, 'BLOCKED'],
    ['a revocation list', serialIsRevoked, 'CRL_REVOKED'],
  ])('X-10: %s that is written between any two steps leaves it out', async (_, list, cause) => {
    for (let nth = 1; ; nth += 1) {
      world = onboardingWorld();
      const id = world.device('device01');
      const before = await meanwhile(world, world.came(id), nth, () => list(id));
      if (before === 'publish') break;

      expect(status(id), before ?? '').not.toBe('ACTIVE');
      expect([[], [cause]], before ?? '').toContainEqual(world.record(id).causes);
    }
  });

  it('X-10: of another tenant or another CA means another certificate', async () => {
    const id = world.device('device01');
    await world.blockLists.block('globex' as typeof ACME, id, note);
    await world.blockLists.addSerials('b'.repeat(64) as typeof CA, [revokedSerial]);

    await world.onboard(world.came(id));

    expect(world.state(id)).toBe('ACTIVE');
  });

  it('X-07: is asked for each certificate by itself: equal serial numbers under one CA make two devices', async () => {
    const [one, two] = [await letIn('one'), await letIn('two')];

    expect(world.record(one)).toMatchObject({ serialNumber: '1', publicKeyId: one });
    expect(world.record(two)).toMatchObject({ serialNumber: '1', publicKeyId: two });
    await world.blockLists.block(ACME, one, note);
    for (const id of [one, two]) await told(id);
    expect([one, two].map((id) => world.state(id))).toEqual(['SUSPENDED', 'ACTIVE']);
  });
});

describe('a status that a list of IoT Core said', () => {
  const counted = async (id: CertificateId, iotStatus: string) => {
    const calls: string[] = [];
    const onboard = onboardCertificate(
      around(world.ports, (name, call) => {
        calls.push(name);
        return call();
      }),
    );
    await onboard({ ...world.command(id), iotStatus });
    return calls;
  };

  it('V-02: saves asking: barring costs one UpdateCertificate and one DeleteConnection', async () => {
    const id = await letIn();
    anchorIs('REVOKED');
    await world.change(id, 'anchor revoked');

    const calls = await counted(id, 'ACTIVE');

    expect(world.iot.calls).toEqual(['UpdateCertificate INACTIVE', 'DeleteConnection']);
    expect(calls).toEqual(['claim', 'recheck', 'decide', 'setStatus', 'recheck', 'disconnect', 'publish', 'settle']);
    expect([world.state(id), status(id)]).toEqual(['SUSPENDED', 'INACTIVE']);
  });

  it('V-02: that may be old is no reason to leave a certificate ACTIVE', async () => {
    const id = await letIn();
    anchorIs('REVOKED');
    await told(id, 'INACTIVE');

    expect(status(id)).toBe('INACTIVE');
    expect(world.iot.calls).toEqual(['UpdateCertificate INACTIVE', 'DeleteConnection']);
  });

  it('V-02: of one that never was in is asked again, for an attempt may have made it ACTIVE', async () => {
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 7, async () => anchorIs('REVOKED'));
    world.iot.calls.length = 0;
    await told(id, 'PENDING_ACTIVATION');

    expect(status(id)).toBe('PENDING_ACTIVATION');
    expect(world.iot.calls).toEqual(['DescribeCertificate']);
  });

  it('V-03: is enough to know that it is ours, and what comes in is asked for its name', async () => {
    const id = await letIn();
    anchorIs('REVOKED');
    await told(id, 'ACTIVE');
    anchorIs('ACTIVE');
    world.iot.calls.length = 0;
    await told(id, 'INACTIVE');

    expect(world.iot.calls).toEqual([
      'DescribeCertificate',
      'CreateThing',
      'AttachThingPrincipal',
      'AddThingToThingGroup',
      'UpdateCertificate ACTIVE',
    ]);
  });

  it.each(['REVOKED', 'PENDING_TRANSFER'])('is refused when somebody else made it %s', async (foreign) => {
    const id = await letIn();
    anchorIs('REVOKED');

    await expect(told(id, foreign)).rejects.toMatchObject({ name: 'PermanentError', code: 'UNEXPECTED_STATUS' });
    expect(world.iot.calls).toEqual([]);
  });

  it('V-04: REVOKED is what it is to be when it was revoked here: nothing is left to do', async () => {
    const id = await letIn();
    world.barDevice(KEY, 'REVOKED');
    await told(id);
    world.iot.calls.length = 0;
    anchorIs('REVOKED');
    await told(id, 'REVOKED');

    expect(world.iot.calls).toEqual(['DeleteConnection']);
    expect(world.record(id).settled).toBe(true);
  });
});

describe('what is told of a barred certificate', () => {
  it.each<readonly [readonly Cause[], string | null, string]>([
    [['OPERATOR'], 'DEVICE_BARRED', 'SUSPENDED'],
    [['OPERATOR', 'BLOCKED'], 'CERT_BLOCKED', 'SUSPENDED'],
    [['OPERATOR', 'EXPIRED'], 'CERT_EXPIRED', 'EXPIRED'],
    [['EXPIRED', 'REPLACED'], null, 'RETIRED'],
    [['CA_REVOKED', 'CRL_REVOKED'], 'CERT_REVOKED', 'REVOKED'],
    [['CRL_REVOKED', 'REVOKED'], 'DEVICE_BARRED', 'REVOKED'],
  ])('V-01: of %j the reason is %s, and the state %s', async (causes, reason, state) => {
    const id = await letIn();
    world.barDevice(KEY, ...causes);
    if (causes.includes('CA_REVOKED')) anchorIs('REVOKED');
    await told(id);

    expect(world.events.published).toMatchObject([{ reason, state, seen: causes.join(' ') }]);
    expect(world.record(id).history.at(-1)).toMatchObject({ reason, state });
  });

  it('R-04: is told again only when it is barred for another reason', async () => {
    const id = await letIn();
    world.barDevice(KEY, 'OPERATOR');
    await told(id);
    world.barDevice(KEY, 'OPERATOR', 'REPLACED');
    await told(id);
    anchorIs('REVOKED');
    expect(await told(id)).toMatchObject({ kind: 'followed' });
    world.barDevice(KEY);

    expect(world.events.published.map(({ type }) => type)).toEqual(['device.suspended', 'device.retired']);
    expect(world.record(id).causes).toEqual(['CA_REVOKED', 'OPERATOR', 'REPLACED']);
  });

  it('R-04: is told again when it was told to be in meanwhile, though nobody settled that', async () => {
    const id = await letIn();
    world.barDevice(KEY, 'OPERATOR');
    await told(id);
    world.barDevice(KEY);
    await world.change(id, 'resume');
    const unsettled = around(world.ports, async (name, call) => {
      if (name === 'settle') throw new Error('out of order');
      return call();
    });
    await expect(onboardCertificate(unsettled)(world.command(id))).rejects.toThrow('out of order');
    world.barDevice(KEY, 'OPERATOR');
    await told(id);

    expect(world.events.published.map(({ type }) => type)).toEqual([
      'device.suspended',
      'device.resumed',
      'device.suspended',
    ]);
  });
});
