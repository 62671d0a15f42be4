import { describe, expect, it } from 'vitest';
import type { CertificateId } from '#domain/ids.ts';
import { ENDS, interrupted } from '#support/disturbed-onboarding.ts';
import { ACME, around, aTenant, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const CASES = [
  {
    what: 'a good device',
    cn: 'device01',
    admission: 'auto',
    state: 'ACTIVE',
    status: 'ACTIVE',
    event: 'device.onboarded',
  },
  {
    what: 'a bad device',
    cn: 'a b',
    admission: 'auto',
    state: 'REJECTED',
    status: 'INACTIVE',
    event: 'device.rejected',
  },
  {
    what: 'a device to be approved',
    cn: 'device01',
    admission: 'approve',
    state: 'HELD',
    status: 'PENDING_ACTIVATION',
    event: 'device.held',
  },
] as const;

const expectDone = (world: OnboardingWorld, id: CertificateId, { state, status, event }: (typeof CASES)[number]) => {
  expect(world.state(id)).toBe(state);
  expect(world.iot.certificates.get(id)?.status).toBe(status);
  expect(world.record(id)).toMatchObject({ settled: true, lease: null });
  expect(world.events.distinct().map(({ type }) => type)).toEqual([event]);
  expect(world.iot.things.size).toBe(state === 'ACTIVE' ? 1 : 0);
  if (state === 'ACTIVE') expect(world.iot.admits(id, 'acme_device01')).toBe(true);
};

describe.each(CASES)('J-05, J-09: $what', (scenario) => {
  const prepared = (): { world: OnboardingWorld; id: CertificateId } => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ admission: scenario.admission }));
    return { world, id: world.device(scenario.cn) };
  };

  it.each(ENDS)('is finished by redelivery when an attempt %s any one of its calls', async (end) => {
    let endAt = 1;
    for (; ; endAt += 1) {
      const { world, id } = prepared();
      if (await interrupted(world, world.came(id), endAt, end)) break;
      // the visibility timeout, after which SQS delivers the message again
      world.time.now += 120_000;

      await world.onboard(world.came(id));

      expectDone(world, id, scenario);
    }
    // as many calls as an attempt without a crash makes
    expect(endAt).toBeGreaterThan(6);
  });

  it('is finished by the third delivery when two attempts die, wherever they do', async () => {
    for (let first = 1; first <= 15; first += 1)
      for (let second = 1; second <= 15; second += 1) {
        const { world, id } = prepared();
        await interrupted(world, world.came(id), first, 'dies after');
        await interrupted(world, world.came(id), second, 'dies after');

        await world.onboard(world.came(id));

        expectDone(world, id, scenario);
      }
  });

  it('is finished by its next event when the first was lost for good', async () => {
    const { world, id } = prepared();
    await interrupted(world, world.came(id), 7, 'dies after');
    world.time.now += 30_000;

    await world.onboard(world.came(id, 2));

    expectDone(world, id, scenario);
  });
});

describe('J-13: an attempt that fails', () => {
  it('gives its lease back, so that the next event of the device need not wait', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');

    expect(await interrupted(world, world.came(id), 7, 'fails before')).toBeNull();
    await world.onboard(world.came(id, 2));

    expect(world.state(id)).toBe('ACTIVE');
  });

  it('throws its own failure, not that of giving the lease back', async () => {
    const world = onboardingWorld();
    const failing = around(world.ports, async (name, call) => {
      if (name === 'describe') throw new Error('ThrottlingException');
      if (name === 'release') throw new Error('lease trouble');
      return call();
    });

    await expect(onboardCertificate(failing)(world.came(world.device('device01')))).rejects.toThrow('Throttling');
  });

  it('waits for the call that runs beside the failing one', async () => {
    const world = onboardingWorld();
    const finished: string[] = [];
    const failing = around(world.ports, async (name, call) => {
      if (name === 'attachCertificate') throw new Error('ThrottlingException');
      await new Promise(setImmediate);
      const output = await call();
      finished.push(name);
      return output;
    });

    await expect(onboardCertificate(failing)(world.came(world.device('device01')))).rejects.toThrow('Throttling');

    expect(finished.slice(-2)).toEqual(['joinPermissionSet', 'release']);
  });

  it('makes no IoT call once its lease is over', async () => {
    const calls = ['describe', 'create', 'attachCertificate', 'setStatus'];
    for (const slow of ['claim', 'describe', 'decide', 'create', 'recheck']) {
      const world = onboardingWorld();
      const after: string[] = [];
      let over = false;
      const slowed = around(world.ports, async (name, call) => {
        if (over) after.push(name);
        const output = await call();
        if (name === slow && !over) {
          over = true;
          world.time.now += 30_000;
        }
        return output;
      });

      await expect(onboardCertificate(slowed)(world.came(world.device('device01')))).rejects.toThrow(
        'the lease of the certificate ended',
      );
      expect(after.filter((name) => calls.includes(name))).toEqual([]);
    }
  });
});
