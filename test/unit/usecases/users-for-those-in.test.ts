// Devices that were let in before their tenant asked for users: a retry brings them under their users, and nothing else.

import { describe, expect, it } from 'vitest';
import { type CertificateId, clientId } from '#domain/ids.ts';
import type { User } from '#domain/user.ts';
import { ENDS, interrupted, meanwhile } from '#support/disturbed-onboarding.ts';
import { ACME, around, aTenant, aUser, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const NAME = clientId('device01');
const PLAIN = 'acme.connectware';
const WITH_ROLES = aUser('device01', { composition: '1111111111111111' });
const WITHOUT_ROLES = aUser('device01');
const WITHOUT_GRANT = aUser('device01', { grantTypes: [{ method: 'password', isRequired: true }] });
/** longer than a lease, and than what SQS hides a message for */
const LATER_MS = 120_000;

const setOf = ({ composition }: User): string => (composition === null ? PLAIN : `${PLAIN}.${composition}`);
const groups = (world: OnboardingWorld): readonly string[] => [...(world.iot.things.get(NAME)?.groups ?? [])];
const askForNone = (world: OnboardingWorld) => world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));

/** A device that is let in and connected without a user, in a tenant that asks for users by now. */
const letIn = async (user: User | null) => {
  const world = onboardingWorld();
  askForNone(world);
  const id = world.device('device01');
  await world.onboard(world.came(id));
  expect(world.iot.connect(id, 'device01')).toBe(true);
  expect(world.record(id).verdict).toMatchObject({ kind: 'accept', user: null });
  world.askForUsers();
  if (user) world.setUser(user);
  world.iot.calls.length = 0;
  world.events.published.length = 0;
  return { world, id };
};
const retried = async (user: User | null) => {
  const { world, id } = await letIn(user);
  expect(await world.say(id, 'retry')).toBe(true);
  return { world, id };
};

/** Registry, IoT Core and session are what the user makes of the device, by which the user finds it from now on. */
const expectUnder = (world: OnboardingWorld, id: CertificateId, user: User | null): void => {
  const record = world.record(id);
  const status = world.iot.certificates.get(id)?.status;
  expect(record).toMatchObject({ settled: true, lease: null, applied: { version: record.version, status } });
  expect(record.verdict).toMatchObject({ kind: 'accept', clientId: 'device01', user: 'device01' });
  expect(world.devices.devices.get('device01')).toMatchObject({ user: 'device01', certificateId: id });
  if (user?.grantTypes.some(({ method }) => method === 'certificate')) {
    expect([status, record.causes, groups(world)]).toEqual(['ACTIVE', [], [setOf(user)]]);
    expect(record.memberships).toEqual([setOf(user)]);
    expect(record.verdict).toMatchObject({ permissionSet: setOf(user) });
    expect(world.devices.devices.get('device01')).toMatchObject({ permissionSet: setOf(user) });
    expect(world.iot.sessions).toContain('device01');
  } else {
    expect([status, record.causes]).toEqual(['INACTIVE', ['GRANT_REMOVED']]);
    expect(world.iot.sessions.size).toBe(0);
  }
};

describe('U-01: a device that is in without a user', () => {
  it('U-01, U-13: moves to the set of its user once it is retried, without a moment outside of both', async () => {
    const { world, id } = await retried(WITH_ROLES);

    expect(await world.onboard(world.command(id))).toMatchObject({ kind: 'followed' });

    expect(world.iot.calls).toEqual(['DescribeCertificate', 'AddThingToThingGroup', 'RemoveThingFromThingGroup']);
    expectUnder(world, id, WITH_ROLES);
    expect(world.record(id).history.slice(-2)).toMatchObject([
      { actor: 'an operator', state: 'ACTIVE', seen: 'retry' },
      { actor: 'onboarding', state: 'ACTIVE', seen: setOf(WITH_ROLES) },
    ]);
    expect(world.events.published).toEqual([]);
  });

  it('U-01: stays where it is when its user has no roles, and is found by its user from then on', async () => {
    const { world, id } = await retried(WITHOUT_ROLES);

    await world.onboard(world.command(id));

    expect(world.iot.calls).toEqual(['DescribeCertificate']);
    expectUnder(world, id, WITHOUT_ROLES);

    await world.changeUser('device01', null);
    await world.onboard(world.command(id, 901));
    expectUnder(world, id, null);
  });

  it.each([
    ['no user has its name', null],
    ['the user of its name has no certificate grant', WITHOUT_GRANT],
  ])('U-01, U-03: is suspended, not rejected, when %s, and the grant lets it back in', async (_, user) => {
    const { world, id } = await retried(user);

    const outcome = await world.onboard(world.command(id));

    expect(outcome).toMatchObject({ kind: 'decided', transition: { type: 'device.suspended' } });
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE', 'DeleteConnection']);
    expect(world.record(id).history.at(-1)).toMatchObject({ state: 'SUSPENDED', reason: 'GRANT_REMOVED' });
    expectUnder(world, id, user);

    await world.changeUser('device01', WITH_ROLES);
    await world.onboard(world.command(id, 901));
    world.iot.connect(id, 'device01');
    expectUnder(world, id, WITH_ROLES);
    expect(world.events.published.map(({ type }) => type)).toEqual(['device.suspended', 'device.resumed']);
  });

  it('N-04: keeps its client id and its profile, whatever the naming is by now', async () => {
    const { world, id } = await retried(WITH_ROLES);
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu1', userMatch: 'required' }));

    await world.onboard(world.command(id));

    expectUnder(world, id, WITH_ROLES);
  });

  it('U-01: is under the user of its CN, not of its client id', async () => {
    const world = onboardingWorld();
    const id = world.device('machine');
    await world.onboard(world.came(id));
    expect(world.record(id).verdict).toMatchObject({ clientId: 'acme_machine', user: null });
    world.tenants.tenants.set(ACME, aTenant({ userMatch: 'required' }));
    world.setUser(aUser('acme_machine'));
    world.setUser(aUser('machine', { composition: '2222222222222222' }));

    await world.say(id, 'retry');
    await world.onboard(world.command(id));

    expect(world.record(id)).toMatchObject({
      verdict: { clientId: 'acme_machine', permissionSet: 'acme.eu1.2222222222222222', user: 'machine' },
      causes: [],
    });
  });

  it('is left alone without a retry, whatever else has its certificate looked at', async () => {
    const { world, id } = await letIn(null);
    world.certificates.records.set(id, { ...world.record(id), settled: false });

    await world.onboard(world.command(id));

    expect(world.record(id)).toMatchObject({ verdict: { user: null }, causes: [], version: 1, settled: true });
    expect(world.iot.calls).toEqual([]);
  });

  it('is left alone by a retry that is answered while its tenant asks for none, also when it asks again later', async () => {
    const { world, id } = await retried(null);
    askForNone(world);
    await world.onboard(world.command(id));
    expect(world.record(id)).toMatchObject({ verdict: { user: null }, settled: true });
    expect(world.devices.devices.get('device01')?.user).toBeNull();

    world.askForUsers();
    const record = world.record(id);
    const entry = { at: 0, actor: 'an operator', state: 'ACTIVE', reason: null, seen: 'a look', rules: 1 } as const;
    await world.certificates.recordChange(id, record.version, entry);
    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({ verdict: { user: null }, causes: [], settled: true });
  });

  it('is left alone by a retry from before it was let in', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', admission: 'approve' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    await world.say(id, 'reject');
    await world.onboard(world.command(id, 900));
    askForNone(world);
    await world.say(id, 'retry');
    // it is accepted, and its tenant asks for users before anything of that is applied
    const dying = around(world.ports, async (name, call) => {
      if (name === 'create') throw new Error('the attempt ends');
      return call();
    });
    await expect(onboardCertificate(dying)(world.command(id, 901))).rejects.toThrow('the attempt ends');
    expect(world.record(id).verdict).toMatchObject({ kind: 'accept', user: null });
    world.askForUsers();
    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({ verdict: { kind: 'accept', user: null }, causes: [], settled: true });
  });

  it('V-05: that is barred for another reason gets its user, and stays barred', async () => {
    const { world, id } = await letIn(WITH_ROLES);
    world.revokeAnchor();
    await world.change(id, 'anchor revoked');
    await world.onboard(world.command(id));
    expect(await world.say(id, 'retry')).toBe(true);

    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({
      verdict: { user: 'device01', permissionSet: setOf(WITH_ROLES) },
      causes: ['CA_REVOKED'],
      applied: { status: 'INACTIVE' },
      settled: true,
    });
    expect(world.devices.devices.get('device01')?.user).toBe('device01');
  });

  it('gets no user while its tenant is missing from the registry', async () => {
    const { world, id } = await retried(WITH_ROLES);
    world.tenants.tenants.clear();

    await expect(world.onboard(world.command(id))).rejects.toThrow('expected tenant acme');
    expect(world.record(id)).toMatchObject({ settled: false, lease: null, verdict: { user: null } });
  });

  it('keeps its user when its tenant no longer asks for users, and follows it', async () => {
    const { world, id } = await retried(WITH_ROLES);
    await world.onboard(world.command(id));
    askForNone(world);

    await world.changeUser('device01', null);
    await world.onboard(world.command(id, 901));

    expectUnder(world, id, null);
  });
});

describe.each([
  ['a user with roles', WITH_ROLES, []],
  ['a user without roles', WITHOUT_ROLES, []],
  ['a user without the grant', WITHOUT_GRANT, ['device.suspended']],
  ['no user', null, ['device.suspended']],
] as const)('a retry that brings a device under %s', (_, user, events) => {
  it.each(ENDS)('is finished by redelivery when an attempt %s any one of its calls', async (end) => {
    let endAt = 1;
    for (; ; endAt += 1) {
      const { world, id } = await retried(user);
      if (await interrupted(world, world.command(id), endAt, end)) break;
      world.time.now += LATER_MS;

      await world.onboard(world.command(id));

      expectUnder(world, id, user);
      expect(world.events.distinct().map(({ type }) => type)).toEqual(events);
    }
    expect(endAt).toBeGreaterThan(7);
  });

  it('is done once, however often it is asked for and delivered', async () => {
    const { world, id } = await retried(user);
    await world.say(id, 'retry');
    for (const command of [901, 902, 901]) await world.onboard(world.command(id, command));
    const { version } = world.record(id);

    expect(await world.say(id, 'retry')).toBe(false);
    expect(await world.onboard(world.command(id, 903))).toMatchObject({ kind: 'repeat', because: 'settled' });

    expect(world.record(id).version).toBe(version);
    expectUnder(world, id, user);
  });

  it('V-05: ends as the user is by then, whichever step a change falls before', async () => {
    for (const last of [WITH_ROLES, WITHOUT_ROLES, WITHOUT_GRANT, null])
      for (let nth = 1; ; nth += 1) {
        const { world, id } = await retried(user);
        const step = await meanwhile(world, world.command(id), nth, async () => world.changeUser('device01', last));
        if (step === null) break;
        await world.onboard(world.command(id, 901));
        world.iot.connect(id, 'device01');

        expectUnder(world, id, last);
      }
  });

  it('ends as the user is by then when it dies anywhere and the user changes before the next delivery', async () => {
    for (const last of [WITH_ROLES, WITHOUT_ROLES, WITHOUT_GRANT, null])
      for (let endAt = 1; ; endAt += 1) {
        const { world, id } = await retried(user);
        if (await interrupted(world, world.command(id), endAt, 'dies after')) break;
        world.time.now += LATER_MS;
        await world.changeUser('device01', last);
        await world.onboard(world.command(id));
        world.iot.connect(id, 'device01');

        expectUnder(world, id, last);
      }
  });

  it('J-09: stands against a delivery that read the tenant before it asked for users, wherever that was stuck', async () => {
    for (let nth = 1; ; nth += 1) {
      const { world, id } = await retried(user);
      askForNone(world);

      const step = await meanwhile(world, world.command(id), nth, async () => {
        world.askForUsers();
        await world.say(id, 'retry');
        // the same command again: it shares the lease
        await world.onboard(world.command(id));
      });
      if (step === null) break;
      world.iot.connect(id, 'device01');

      expectUnder(world, id, user);
    }
  });
});
