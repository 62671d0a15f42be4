import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device } from '#domain/device.ts';
import type { CertificateId } from '#domain/ids.ts';
import { clientId, tenantName } from '#domain/ids.ts';
import { namingOf } from '#domain/naming.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import type { User } from '#domain/user.ts';
import type { ConvergeCommand } from '#ports/messages.ts';
import { ENDS, type End, interrupted, meanwhile } from '#support/disturbed-onboarding.ts';
import { inMemoryDeviceListing, inMemoryPermissionSetRegistry } from '#support/in-memory-permissions.ts';
import {
  ACME,
  around,
  aTenant,
  aUser,
  eventId,
  type OnboardingWorld,
  onboardingWorld,
} from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';
import { tellDevices } from '#usecases/tell-devices.ts';

const NAME = clientId('device01');
/** Three sets of roles, and two ways in which a user lets nobody in. */
const A = aUser('device01', { composition: 'aaaaaaaaaaaaaaaa' });
const B = aUser('device01', { composition: 'bbbbbbbbbbbbbbbb' });
const C = aUser('device01', { composition: null });
const WITHOUT_GRANT = { ...A, grantTypes: [] };
/** longer than a lease, and than what SQS hides a message for */
const LATER_MS = 120_000;

const setOf = ({ composition }: User): string => `acme.connectware${composition === null ? '' : `.${composition}`}`;

/** A device of the user A that is let in and connected. */
const letIn = async (world: OnboardingWorld) => {
  world.askForUsers();
  world.setUser(A);
  const id = world.device('device01');
  await world.onboard(world.came(id));
  world.iot.connect(id, 'device01');
  world.events.published.length = 0;

  return { world, id };
};

/** A world in which nothing half done is ever let in: that fails the call which would do so. */
const watched = (): OnboardingWorld => {
  const world = onboardingWorld();
  const groups = (): readonly string[] => [...(world.iot.things.get(NAME)?.groups ?? [])];
  const { setStatus } = world.iot.gateway;
  world.iot.gateway.setStatus = async (id, status) => {
    if (status === 'ACTIVE') expect(world.record(id).verdict).toMatchObject({ permissionSet: groups().join() });
    await setStatus(id, status);
  };
  const { leavePermissionSet } = world.iot.thingGateway;
  world.iot.thingGateway.leavePermissionSet = async (name, set) => {
    await leavePermissionSet(name, set);
    expect(groups()).not.toEqual([]);
  };
  return world;
};

/** IoT Core, the registry and the session are what the user makes of them. */
const expectFollowed = (world: OnboardingWorld, id: CertificateId, user: User | null): void => {
  const record = world.record(id);
  const groups = [...(world.iot.things.get(NAME)?.groups ?? [])];
  const status = world.iot.certificates.get(id)?.status;
  expect(record).toMatchObject({ settled: true, lease: null, applied: { version: record.version, status } });
  // whatever the thing is in stands in the record
  expect(groups.filter((set) => !record.memberships.includes(set))).toEqual([]);
  if (user?.grantTypes.length) {
    expect([status, groups, record.memberships, record.causes]).toEqual(['ACTIVE', [setOf(user)], [setOf(user)], []]);
    expect(world.devices.devices.get('device01')).toMatchObject({ permissionSet: setOf(user), certificateId: id });
    expect(world.iot.admits(id, 'device01')).toBe(true);
  } else {
    expect([status, record.causes]).toEqual(['INACTIVE', ['GRANT_REMOVED']]);
    expect(world.iot.sessions.size).toBe(0);
  }
};

const CHANGES: readonly (readonly [
  what: string,
  before: User | null,
  after: User | null,
  events: readonly string[],
])[] = [
  ['a move', A, B, []],
  ['a move out of all roles', A, C, []],
  ['a suspension', A, WITHOUT_GRANT, ['device.suspended']],
  ['a suspension of a user that is gone', A, null, ['device.suspended']],
  ['a resume', WITHOUT_GRANT, A, ['device.resumed']],
  ['a resume that is a move as well', null, B, ['device.resumed']],
];

describe.each(CHANGES)('U-03, V-08: %s', (_, before, after, events) => {
  const changed = async () => {
    const { world, id } = await letIn(watched());
    if (before !== A) {
      await world.changeUser('device01', before);
      await world.onboard(world.command(id, 900));
      world.events.published.length = 0;
    }
    await world.changeUser('device01', after);
    return { world, id };
  };

  it.each(ENDS)('is finished by redelivery when an attempt %s any one of its calls', async (end) => {
    let endAt = 1;
    for (; ; endAt += 1) {
      const { world, id } = await changed();
      if (await interrupted(world, world.command(id, 901), endAt, end)) break;
      world.time.now += LATER_MS;

      await world.onboard(world.command(id, 901));

      expectFollowed(world, id, after);
      expect(world.events.distinct().map(({ type }) => type)).toEqual(events);
    }
    // as many calls as an attempt without a crash makes
    expect(endAt).toBeGreaterThan(6);
  });

  it('is finished by the third delivery when two attempts die, wherever they do', async () => {
    for (let first = 1; first <= 17; first += 1)
      for (let second = 1; second <= 17; second += 1) {
        const { world, id } = await changed();
        for (const endAt of [first, second]) {
          await interrupted(world, world.command(id, 901), endAt, 'dies after');
          world.time.now += LATER_MS;
        }

        await world.onboard(world.command(id, 901));

        expectFollowed(world, id, after);
      }
  });

  it.each([
    ['a move', C],
    ['the first roles again', A],
    ['a removal', null],
    ['a grant without roles', WITHOUT_GRANT],
  ])('leaves nothing behind when it dies anywhere and is followed by %s, which dies anywhere', async (__, last) => {
    for (let first = 1; first <= 17; first += 1)
      for (let second = 1; second <= 19; second += 3) {
        const { world, id } = await changed();
        await interrupted(world, world.command(id, 901), first, 'dies after');
        world.time.now += LATER_MS;
        await world.changeUser('device01', last);
        await interrupted(world, world.command(id, 902), second, 'dies after');
        world.time.now += LATER_MS;

        // the former command comes late, and is no harm
        await world.onboard(world.command(id, 902));
        await world.onboard(world.command(id, 901));

        expectFollowed(world, id, last);
      }
  });

  it('V-05: ends as the last change wants, whichever step of the former it falls before', async () => {
    for (const last of [A, B, WITHOUT_GRANT, null])
      for (let nth = 1; ; nth += 1) {
        const { world, id } = await changed();

        const step = await meanwhile(world, world.command(id, 901), nth, async () =>
          world.changeUser('device01', last),
        );
        if (step === null) break;
        await world.onboard(world.command(id, 902));

        expectFollowed(world, id, last);
      }
  });
});

describe('V-05: a user who changes before its device can be found by it', () => {
  /** Only the user is written: the list of its devices is behind, and nobody tells them. */
  const written = async (world: OnboardingWorld, user: User | null): Promise<void> => {
    world.users.users.delete('acme/device01');
    if (user) world.setUser(user);
  };

  it.each([
    ['other roles', B],
    ['no grant', WITHOUT_GRANT],
    ['no user', null],
  ])('has %s followed at whichever step of the onboarding it falls, up to the last look', async (_, last) => {
    const ends = new Set<string>();
    for (let nth = 1; ; nth += 1) {
      const world = watched();
      world.askForUsers();
      world.setUser(A);
      const id = world.device('device01');

      const step = await meanwhile(world, world.came(id), nth, async () => written(world, last));
      if (step === 'publish') break;

      const [state, status] = [world.state(id), world.iot.certificates.get(id)?.status];
      ends.add(state);
      const groups = [...(world.iot.things.get(NAME)?.groups ?? [])];
      if (last === B) expect([state, status, groups], step ?? '').toEqual(['ACTIVE', 'ACTIVE', [setOf(B)]]);
      else expect(status, step ?? '').not.toBe('ACTIVE');
      expect(world.record(id).settled).toBe(true);
    }
    expect(ends).toEqual(new Set(last === B ? ['ACTIVE'] : ['REJECTED', 'SUSPENDED']));
  });

  it('has it followed at whichever step of a former move it falls, up to the last look', async () => {
    for (const last of [A, C, WITHOUT_GRANT, null])
      for (let nth = 1; ; nth += 1) {
        const { world, id } = await letIn(watched());
        await world.changeUser('device01', B);

        const step = await meanwhile(world, world.command(id, 901), nth, async () => written(world, last));
        if (step === 'settle' || step === 'publish') break;

        expectFollowed(world, id, last);
      }
  });

  it('has its anchor seen as well, at whichever step of a move that is revoked', async () => {
    for (let nth = 1; ; nth += 1) {
      const { world, id } = await letIn(watched());
      await world.changeUser('device01', B);

      const step = await meanwhile(world, world.command(id, 901), nth, async () => world.revokeAnchor());
      if (step === 'settle') break;

      expect(world.record(id)).toMatchObject({
        causes: ['CA_REVOKED'],
        applied: { status: 'INACTIVE' },
        settled: true,
      });
      expect(world.iot.sessions.size).toBe(0);
    }
  });
});

describe('V-08: a user who is deleted before the list of its devices has them', () => {
  /** A device that came in as this user under one naming; then nobody of that name is left, under another naming maybe. */
  const deleted = async (
    username: string,
    naming: string,
    owner: Partial<Device> = {},
    later = naming,
    isBehind = true,
  ) => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming, userMatch: 'required' }));
    world.setUser(aUser(username));
    const id = world.device(username, { subject: { cn: [username], o: [], ou: ['line'], serialNumber: [] } });
    await world.onboard(world.came(id));
    expect(world.state(id)).toBe('ACTIVE');
    world.users.users.clear();
    for (const [key, device] of world.devices.devices) world.devices.devices.set(key, { ...device, ...owner });
    const permissionSets = inMemoryPermissionSetRegistry();
    const set = { ...permissionSetOf(ACME, namingOf(naming).profile), roles: [], permissions: [] };
    await permissionSets.put({ ...set, applied: null, unusedSince: null }, null);
    const commands: ConvergeCommand[] = [];
    await tellDevices({
      certificates: world.certificates,
      devices: world.devices,
      deviceListing: inMemoryDeviceListing(world.devices, () => isBehind),
      permissionSets,
      commands: { send: async (command) => void commands.push(command) },
      newId: () => eventId(900),
      clock: world.clock,
    })(aTenant({ naming: later }), username, null, 'an operator');
    for (const { certificateId } of commands) await world.onboard(world.command(certificateId));
    expect(commands.length).toBeLessThanOrEqual(1);
    return world.state(id);
  };

  it.each([
    ['eu1', 'device01'],
    ['eu2', 'acme_Device01'],
    ['private-cloud', 'device01'],
    ['connectware', 'device01'],
    ['press-{cn}-of-{tenant}', 'device01'],
  ])('has its device suspended that the naming %s names', async (naming, username) => {
    expect(await deleted(username, naming)).toBe('SUSPENDED');
  });

  it.each([
    ['eu1', 'device01'],
    ['eu2', 'acme_Device01'],
    ['connectware', 'device01'],
  ])('has it suspended where %s was the naming when it came in', async (naming, username) => {
    expect(await deleted(username, naming, {}, '{ou}-{cn}')).toBe('SUSPENDED');
  });

  it('has it told once that is in the list as well', async () => {
    expect(await deleted('device01', 'connectware', {}, 'connectware', false)).toBe('SUSPENDED');
  });

  it('leaves to the list what a template names by more than the user', async () => {
    expect(await deleted('device01', '{ou}-{cn}')).toBe('ACTIVE');
  });

  it.each([
    ['of another user', { user: 'device02' }],
    ['of another tenant', { tenant: tenantName('globex') }],
    ['that was let in without a user', { user: null }],
  ])('leaves a device alone %s', async (_, owner) => {
    expect(await deleted('device01', 'connectware', owner)).toBe('ACTIVE');
  });
});

describe('J-09: a delivery that is slower than all that follows', () => {
  it.each([
    ['a move', B],
    ['a suspension', WITHOUT_GRANT],
  ])('with %s leaves all as the user is by then, wherever it was stuck', async (_, first) => {
    for (const last of [A, B, C, WITHOUT_GRANT, null])
      for (let nth = 1; ; nth += 1) {
        const { world, id } = await letIn(onboardingWorld());
        await world.changeUser('device01', first);

        const step = await meanwhile(world, world.command(id, 901), nth, async () => {
          await world.onboard(world.command(id, 901)).catch(() => undefined);
          await world.changeUser('device01', last);
          await world.onboard(world.command(id, 902)).catch(() => undefined);
        });
        if (step === null) break;
        world.time.now += LATER_MS;
        await world.onboard(world.command(id, 902));

        expectFollowed(world, id, last);
      }
  });

  it('does not suspend a device whose user has the grant again, though nobody told it so', async () => {
    for (let nth = 1; ; nth += 1) {
      const { world, id } = await letIn(watched());
      await world.changeUser('device01', null);

      // a second delivery finds the user back before the first has recorded that it was gone: nothing seems to be barred
      const step = await meanwhile(world, world.command(id, 901), nth, async () => {
        world.setUser(A);
        await world.onboard(world.command(id, 901));
      });
      if (step === 'publish') break;

      expectFollowed(world, id, A);
    }
  });

  it('does not have the device say another set than the certificate', async () => {
    const { world, id } = await letIn(watched());
    await world.changeUser('device01', B);

    let stale = false;
    const ports = around(world.ports, async (name, call) => {
      const device = world.devices.devices.get('device01');
      if (name === 'recheck' && device && !stale) {
        stale = true;
        world.devices.devices.set('device01', { ...device, permissionSet: setOf(A) });
      }
      return call();
    });
    await onboardCertificate(ports)(world.command(id, 901));

    expect(stale).toBe(true);
    expectFollowed(world, id, B);
  });
});

describe('U-03, V-08: any history of a user', () => {
  const user = fc.constantFrom(A, B, C, WITHOUT_GRANT, null);
  type Step =
    | { readonly act: 'change'; readonly to: User | null }
    | { readonly act: 'deliver'; readonly which: number; readonly endAt: number; readonly end: End }
    | { readonly act: 'connect' };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ act: fc.constant('change' as const), to: user }),
    fc.record({
      act: fc.constant('deliver' as const),
      which: fc.nat(),
      endAt: fc.integer({ min: 1, max: 25 }),
      end: fc.constantFrom(...ENDS),
    }),
    fc.record({ act: fc.constant('connect' as const) }),
  );

  /** Changes one after the other, as the lock of their tenant has it; the devices follow in their own time, and twice. */
  const changed = (
    world: OnboardingWorld,
    scheduler: fc.Scheduler,
    users: readonly (User | null)[],
    isBehind: boolean,
  ) => {
    const ports = around(world.ports, async (name, call) => {
      await scheduler.schedule(Promise.resolve(), name);
      return call();
    });
    const deliveries: Promise<unknown>[] = [];
    const commands: string[] = [];
    const follow = tellDevices({
      certificates: ports.certificates,
      devices: ports.devices,
      deviceListing: inMemoryDeviceListing(world.devices, () => isBehind),
      permissionSets: inMemoryPermissionSetRegistry(),
      commands: {
        send: async ({ certificateId, commandId }) => {
          commands.push(commandId);
          const request = { certificateId, owner: commandId, cameAt: null, iotStatus: null };
          // one that finds another at work is delivered again, below
          const deliver = () => onboardCertificate(ports)(request).catch(() => undefined);
          deliveries.push(deliver(), deliver());
        },
      },
      newId: () => eventId(900 + commands.length),
      clock: world.clock,
    });

    const following = (async () => {
      for (const to of users) {
        await scheduler.schedule(Promise.resolve(), 'change');
        world.users.users.delete('acme/device01');
        if (to) world.setUser(to);
        await follow(aTenant({ naming: 'connectware' }), 'device01', to, 'an operator');
      }
    })();
    return { ports, commands, changes: following.then(() => Promise.all(deliveries)) };
  };

  it('ends as the user is, with commands that come late, twice or in any order, and attempts that die', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { world, id } = await letIn(watched());
        let last: User | null = A;
        const sent: number[] = [];
        const take: { [Act in Step['act']]: (one: Extract<Step, { act: Act }>) => Promise<void> } = {
          connect: async () => void world.iot.connect(id, 'device01'),
          change: async ({ to }) => {
            await world.changeUser('device01', to);
            last = to;
            sent.push(900 + sent.length);
          },
          deliver: async ({ which, endAt, end }) => {
            const command = sent[which % sent.length];
            if (command === undefined) return;
            await interrupted(world, world.command(id, command), endAt, end);
            world.time.now += LATER_MS;
          },
        };
        for (const one of steps) await (take[one.act] as (one: Step) => Promise<void>)(one);

        for (const command of sent.toReversed()) await world.onboard(world.command(id, command));

        expectFollowed(world, id, last);
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends as the user is when changes and deliveries, each of them twice, run side by side', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(user, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (scheduler, users, isBehind) => {
          const { world, id } = await letIn(onboardingWorld());

          const { changes, commands } = changed(world, scheduler, users, isBehind);
          await scheduler.waitFor(changes);
          world.time.now += LATER_MS;
          for (const owner of commands)
            await world.onboard({ certificateId: id, owner, cameAt: null, iotStatus: null });

          expectFollowed(world, id, users.at(-1) ?? null);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ends as the user is when the device first comes while it changes, unless it was turned away', async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(user, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (scheduler, users, isBehind) => {
          const world = onboardingWorld();
          world.askForUsers();
          world.setUser(A);
          const id = world.device('device01');

          const { changes, commands, ports } = changed(world, scheduler, users, isBehind);
          // it may give up when its facts never rest, and is delivered again
          const came = onboardCertificate(ports)(world.came(id)).catch(() => undefined);
          await scheduler.waitFor(Promise.all([came, changes]));
          world.time.now += LATER_MS;
          await world.onboard(world.came(id));
          for (const owner of commands)
            await world.onboard({ certificateId: id, owner, cameAt: null, iotStatus: null });

          const status = world.iot.certificates.get(id)?.status;
          ends.add(world.state(id));
          expect(world.record(id).settled).toBe(true);
          // somebody has to retry who was turned away
          if (world.state(id) === 'REJECTED') expect(users.some((one) => !one?.grantTypes.length)).toBe(true);
          else if (users.at(-1)?.grantTypes.length) expectFollowed(world, id, users.at(-1) ?? null);
          else expect([world.state(id), status === 'ACTIVE']).toEqual(['SUSPENDED', false]);
        },
      ),
      { numRuns: 500 },
    );
    expect(ends).toEqual(new Set(['ACTIVE', 'REJECTED', 'SUSPENDED']));
  });
});
