import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientId } from '#domain/ids.ts';
import { meanwhile } from '#support/disturbed-onboarding.ts';
import { ACME, around, aTenant, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

describe('J-09: deliveries side by side', () => {
  it.each([
    ['of one event, which SQS may deliver twice', () => 1],
    ['of ten events of one device', (delivery: number) => delivery],
  ])('%s leave one device and no failure, in whatever order their steps fall', async (_, eventOf) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = onboardingWorld();
        const id = world.device('device01');
        const onboard = onboardCertificate(
          around(world.ports, async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            return call();
          }),
        );

        const deliveries = Array.from({ length: 10 }, (__, index) => onboard(world.came(id, eventOf(index + 1))));
        const outcomes = await scheduler.waitFor(Promise.all(deliveries));

        expect(outcomes.some(({ kind }) => kind === 'decided')).toBe(true);
        expect(world.iot.admits(id, 'acme_device01')).toBe(true);
        expect(world.record(id)).toMatchObject({ settled: true, version: 1, history: [{ state: 'ACTIVE' }] });
        expect([world.iot.things.size, world.devices.devices.size]).toEqual([1, 1]);
        expect(world.events.distinct()).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  it('N-08: of two certificates with one name let in exactly one, in whatever order their steps fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = onboardingWorld();
        world.tenants.tenants.set(ACME, aTenant({ renewal: 'refuse' }));
        const ids = [world.device('device01'), world.device('device01')];
        const onboard = onboardCertificate(
          around(world.ports, async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            return call();
          }),
        );

        await scheduler.waitFor(Promise.all(ids.map((id, index) => onboard(world.came(id, index)))));

        expect(ids.map((id) => world.state(id)).toSorted()).toEqual(['ACTIVE', 'REJECTED']);
        expect(ids.filter((id) => world.iot.admits(id, 'acme_device01'))).toHaveLength(1);
        expect(world.devices.devices.size).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('N-08: a client id whose holder was turned away', () => {
  it('is used by one certificate alone, at whichever step of its take-over the holder is let in after all', async () => {
    const ends = new Set<string>();
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.tenants.tenants.set(ACME, aTenant({ renewal: 'refuse' }));
      const holder = world.device('device01');
      world.iot.things.set(clientId('acme_device01'), { tenant: ACME, cn: 'other', groups: new Set() });
      await world.onboard(world.came(holder, 1));
      await world.say(holder, 'reject');
      await world.onboard(world.command(holder));
      world.iot.things.clear();
      const newcomer = world.device('device01');

      const before = await meanwhile(world, world.came(newcomer, 2), nth, async () => {
        await world.say(holder, 'retry');
        await world.onboard(world.command(holder, 901));
      });
      if (before === null) break;

      const states = [holder, newcomer].map((id) => world.state(id));
      ends.add(states.join());
      expect(states.toSorted(), before).toEqual(['ACTIVE', 'REJECTED']);
      expect([holder, newcomer].filter((id) => world.iot.admits(id, 'acme_device01'))).toHaveLength(1);
    }
    expect(ends).toEqual(new Set(['ACTIVE,REJECTED', 'REJECTED,ACTIVE']));
  });
});

describe('N-12: one client id, before and after its tenant changes to a naming that treats case otherwise', () => {
  /** `acme_Pump` by either naming. */
  const pump = (world: OnboardingWorld, naming: 'connectware' | 'eu2') => {
    world.tenants.tenants.set(ACME, aTenant({ naming, renewal: 'refuse' }));
    return world.device('acme_Pump');
  };
  const changes = [
    ['connectware', 'eu2'],
    ['eu2', 'connectware'],
  ] as const;

  it.each(changes)('from %s to %s: first come stays, and the second is never made ACTIVE', async (from, to) => {
    const world = onboardingWorld();
    const first = pump(world, from);
    await world.onboard(world.came(first, 1));
    world.iot.calls.length = 0;
    const second = pump(world, to);

    await world.onboard(world.came(second, 2));

    expect(world.record(second)).toMatchObject({
      verdict: { kind: 'reject', clientId: 'acme_Pump', reason: 'CLIENT_ID_CONFLICT', seen: first },
      settled: true,
      wasActive: false,
    });
    expect(world.iot.calls).not.toContain('UpdateCertificate ACTIVE');
    expect(world.iot.admits(first, 'acme_Pump')).toBe(true);
  });

  it.each(changes)('from %s to %s: one that was let in stays so, whenever it is converged again', async (from, to) => {
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      const first = pump(world, from);
      await world.onboard(world.came(first, 1));
      const second = pump(world, to);

      const before = await meanwhile(world, world.came(second, 2), nth, async () => {
        world.certificates.records.set(first, { ...world.record(first), settled: false });
        await world.onboard(world.command(first));
      });
      if (before === null) break;

      expect(
        [first, second].map((id) => world.state(id)),
        before,
      ).toEqual(['ACTIVE', 'REJECTED']);
      expect(world.iot.admits(first, 'acme_Pump')).toBe(true);
    }
  });

  it.each(changes)('from %s to %s: who was turned away does not keep it', async (from, to) => {
    const world = onboardingWorld();
    world.iot.things.set(clientId('acme_Pump'), { tenant: ACME, cn: 'other', groups: new Set() });
    const first = pump(world, from);
    await world.onboard(world.came(first, 1));
    await world.say(first, 'reject');
    await world.onboard(world.command(first));
    world.iot.things.clear();
    const second = pump(world, to);

    await world.onboard(world.came(second, 2));

    expect([first, second].map((id) => world.state(id))).toEqual(['REJECTED', 'ACTIVE']);
    await world.say(first, 'retry');
    await world.onboard(world.command(first, 901));
    expect([first, second].map((id) => world.state(id))).toEqual(['REJECTED', 'ACTIVE']);
  });

  it('leaves a client id alone that differs in case, where case tells devices apart', async () => {
    const world = onboardingWorld();
    await world.onboard(world.came(world.device('pump'), 1));
    const second = world.device('Pump');

    await world.onboard(world.came(second, 2));

    expect(world.iot.admits(second, 'acme_Pump')).toBe(true);
  });

  it('is never used by two, in whatever order their steps fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = onboardingWorld();
        const first = pump(world, 'connectware');
        const onboard = onboardCertificate(
          around(world.ports, async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            return call();
          }),
        );
        const second = world.device('acme_Pump');
        const change = scheduler
          .schedule(Promise.resolve(), 'naming')
          .then(() => world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2', renewal: 'refuse' })));

        await scheduler.waitFor(Promise.all([change, onboard(world.came(first, 1)), onboard(world.came(second, 2))]));

        const users = [first, second].filter((id) => world.iot.certificates.get(id)?.status === 'ACTIVE');
        expect(users.length).toBeLessThan(2);
        for (const id of [first, second]) expect(world.record(id).settled).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('V-05: a CA that is revoked', () => {
  it('between any two steps up to the last look leaves no certificate ACTIVE', async () => {
    const ends: string[] = [];
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      const id = world.device('device01');

      const before = await meanwhile(world, world.came(id), nth, async () => world.revokeAnchor());
      if (before === 'publish') break;

      const status = world.iot.certificates.get(id)?.status;
      ends.push(`${before}: ${world.state(id)} ${status}`);
      expect(status).not.toBe('ACTIVE');
      expect(world.record(id).settled).toBe(true);
      expect(world.events.published.map(({ type }) => type)).not.toContain('device.onboarded');
    }
    expect(ends).toEqual([
      'claim: HELD PENDING_ACTIVATION',
      'describe: HELD PENDING_ACTIVATION',
      'anchor: HELD PENDING_ACTIVATION',
      'around: SUSPENDED PENDING_ACTIVATION',
      'claim: SUSPENDED PENDING_ACTIVATION',
      'decide: SUSPENDED PENDING_ACTIVATION',
      'create: SUSPENDED PENDING_ACTIVATION',
      'attachCertificate: SUSPENDED PENDING_ACTIVATION',
      'joinPermissionSet: SUSPENDED PENDING_ACTIVATION',
      'recheck: SUSPENDED PENDING_ACTIVATION',
      // it was ACTIVE for a moment, which the look after it undid
      'setStatus: SUSPENDED INACTIVE',
      'recheck: SUSPENDED INACTIVE',
    ]);
  });

  it('is the cause that stands in the record, beside a decision that stays', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 10, async () => world.revokeAnchor());

    expect(world.record(id)).toMatchObject({ verdict: { kind: 'accept' }, causes: ['CA_REVOKED'], wasActive: false });
    expect(world.events.published).toMatchObject([
      { type: 'device.suspended', state: 'SUSPENDED', reason: 'CA_REVOKED', seen: 'CA_REVOKED' },
    ]);
    expect(world.record(id).history.map(({ state }) => state)).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  it('never has a certificate activated after the look that saw it', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 10, async () => world.revokeAnchor());

    expect(world.iot.calls).not.toContain('UpdateCertificate ACTIVE');
  });

  it('while the function keeps an older copy of it is seen all the same', async () => {
    const world = onboardingWorld();
    await world.onboard(world.came(world.device('device01')));
    world.revokeAnchor();
    const second = world.device('device02');

    await world.onboard(world.came(second, 2));

    expect(world.state(second)).toBe('SUSPENDED');
    expect(world.iot.certificates.get(second)?.status).toBe('PENDING_ACTIVATION');
  });

  it('and vanishes from the registry bars as well', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 10, async () => world.anchors.anchors.clear());

    expect(world.record(id).causes).toEqual(['CA_REVOKED']);
  });

  it('after the last look is left to the sweep that follows a revocation', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 13, async () => world.revokeAnchor());
    expect(world.iot.certificates.get(id)?.status).toBe('ACTIVE');
    await world.change(id, 'anchor revoked');

    await world.onboard(world.command(id));

    expect(world.state(id)).toBe('SUSPENDED');
    expect(world.iot.certificates.get(id)?.status).toBe('INACTIVE');
    expect(world.record(id)).toMatchObject({ version: 3, causes: ['CA_REVOKED'], settled: true });
  });
});

describe('an operator who acts while a certificate is being onboarded', () => {
  /** The command that follows an operator's word, delivered again until it is done. */
  const delivered = async (world: OnboardingWorld, id: Parameters<OnboardingWorld['command']>[0], command: number) => {
    for (let receive = 1; receive <= 5; receive += 1) {
      try {
        return await world.onboard(world.command(id, command));
      } catch {
        world.time.now += 120_000;
      }
    }
    throw new Error('the command was never done');
  };

  it.each(['approve', 'reject'] as const)('has %s applied at whichever step it falls', async (verb) => {
    let said = 0;
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
      const id = world.device('device01');

      const before = await meanwhile(world, world.came(id), nth, async () => world.say(id, verb));
      if (before === null) break;
      if (!world.record(id).operatorWord) continue;
      said += 1;
      await delivered(world, id, 901);

      expect(world.state(id)).toBe(verb === 'approve' ? 'ACTIVE' : 'REJECTED');
      expect(world.iot.admits(id, 'acme_device01')).toBe(verb === 'approve');
      expect(world.record(id).settled).toBe(true);
    }
    expect(said).toBeGreaterThan(1);
  });

  it('has a device of both allow-lists come in at whichever step one replaces the other', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      await world.tenants.writeAllowList(ACME, 'list-1', ['device01']);
      world.tenants.tenants.set(ACME, aTenant({ allowListId: 'list-1' }));
      const id = world.device('device01');

      const before = await meanwhile(world, world.came(id), nth, async () => {
        await world.tenants.writeAllowList(ACME, 'list-2', ['device01']);
        world.tenants.tenants.set(ACME, aTenant({ allowListId: 'list-2' }));
        await world.tenants.removeAllowList(ACME, 'list-1');
      });
      if (before === null) break;

      expect(world.state(id), before).toBe('ACTIVE');
    }
  });

  it('has a rejection win over an approval that is still running, or finds the device let in', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
      const id = world.device('device01');
      await world.onboard(world.came(id));
      await world.say(id, 'approve');
      const said: boolean[] = [];

      const before = await meanwhile(world, world.command(id), nth, async () => {
        said.push(await world.say(id, 'reject'));
      });
      if (before === null) break;
      await delivered(world, id, 901);

      const [turnedAway] = said;
      expect(world.state(id)).toBe(turnedAway ? 'REJECTED' : 'ACTIVE');
      expect(world.iot.certificates.get(id)?.status).toBe(turnedAway ? 'INACTIVE' : 'ACTIVE');
    }
  });

  it('J-08: has a retry applied that comes while the rejection is still being applied', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2', renewal: 'refuse' }));
      const id = world.device('device01');

      const before = await meanwhile(world, world.came(id), nth, async () => {
        if (world.state(id) !== 'REJECTED') return;
        world.tenants.tenants.set(ACME, aTenant());
        await world.say(id, 'retry');
      });
      if (before === null) break;
      if (world.record(id).history.every(({ actor }) => actor === 'onboarding')) continue;
      await delivered(world, id, 901);

      expect(world.iot.admits(id, 'acme_device01')).toBe(true);
    }
  });

  it('gives up for this delivery when the facts never come to rest, and leaves nobody in', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    const restless = around(world.ports, async (name, call) => {
      if (name === 'settle' || name === 'recheck') {
        const record = world.record(id);
        world.certificates.records.set(id, { ...record, version: record.version + 1 });
      }
      return call();
    });

    await expect(onboardCertificate(restless)(world.came(id))).rejects.toMatchObject({
      name: 'TransientError',
      message: expect.stringContaining('kept changing'),
    });
    expect(world.iot.admits(id, 'acme_device01')).toBe(false);
    expect(world.record(id).lease).toBeNull();
  });

  it('loses a client id that was taken over before the device was let in', async () => {
    const world = onboardingWorld();
    const [id, other] = [world.device('device01'), world.device('device01')];

    await meanwhile(world, world.came(id), 10, async () => {
      const device = world.devices.devices.get('acme_device01');
      if (device) world.devices.devices.set('acme_device01', { ...device, certificateId: other });
    });

    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason: 'CLIENT_ID_CONFLICT' });
    expect(world.iot.certificates.get(id)?.status).toBe('INACTIVE');
  });

  it('bars a device whose suspension falls between two steps', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');

    await meanwhile(world, world.came(id), 12, async () => {
      const device = world.devices.devices.get('acme_device01');
      if (device) world.devices.devices.set('acme_device01', { ...device, causes: ['OPERATOR'] });
    });

    expect(world.record(id)).toMatchObject({ causes: ['OPERATOR'], settled: true });
    expect(world.events.published).toMatchObject([{ reason: 'DEVICE_BARRED', seen: 'OPERATOR' }]);
    expect(world.iot.certificates.get(id)?.status).toBe('INACTIVE');
  });
});
