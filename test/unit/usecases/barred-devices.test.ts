import { beforeEach, describe, expect, test } from 'vitest';
import type { CertificateId } from '#domain/ids.ts';
import { ACME, aTenant, CA, onboardingWorld } from '#support/onboarding-world.ts';
import { startOpsApi } from '#support/ops-api.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const NAME = 'acme_pump1';
let world: ReturnType<typeof onboardingWorld>;
let api: ReturnType<typeof startOpsApi>;
let events: number;
beforeEach(() => {
  world = onboardingWorld();
  api = startOpsApi(world);
  events = 0;
});

/** Does what the queue of commands asks for by now. */
const follow = async () => {
  for (const { certificateId } of api.commands.splice(0)) {
    events += 1;
    await world.onboard(world.command(certificateId, 900 + events));
  }
};
const operator = async (verb: string, name: string = NAME) => {
  const { status, body } = await api.call('POST', `/operator/devices/${name}/${verb}`);
  await follow();
  return status === 202 ? status : `${status} ${String(body['code'])}`;
};
/** A certificate of the device comes for the first time, and the device with it. */
const come = async (key: string | null = null): Promise<CertificateId> => {
  const id = world.device('pump1', key === null ? {} : { publicKeyId: key });
  events += 1;
  // a later certificate is one that is seen later
  world.time.now += 1_000;
  await world.onboard(world.came(id, events));
  if (world.iot.connect(id, NAME)) await hear(id);
  return id;
};
/** IoT Core tells of the session, and the registry takes it in. */
const hear = async (id: CertificateId) => {
  const known = await world.devices.findByKey(NAME);
  const versionNumber = (known?.presence?.versionNumber ?? 0) + 1;
  await world.devices.recordPresence(NAME, {
    connected: true,
    certificateId: id,
    at: world.time.now,
    sessionId: `session-${versionNumber}`,
    versionNumber,
    ip: null,
    disconnectReason: null,
  });
};
const statusIn = (id: CertificateId) => world.iot.certificates.get(id)?.status;
const told = () => world.events.distinct().map(({ type }) => type);
const isIn = (id: CertificateId) => world.iot.connect(id, NAME);

describe('V-04: one device', () => {
  test('is suspended: its session ends and it cannot come back, until it is resumed', async () => {
    const one = await come();
    expect(world.iot.sessions).toContain(NAME);
    expect(await operator('suspend')).toBe(202);
    expect([world.state(one), statusIn(one), world.record(one).causes]).toEqual([
      'SUSPENDED',
      'INACTIVE',
      ['OPERATOR'],
    ]);
    expect([world.iot.sessions.size, isIn(one)]).toEqual([0, false]);
    expect(await operator('suspend')).toBe('409 WRONG_STATE');

    expect(await operator('resume')).toBe(202);
    expect([world.state(one), statusIn(one), isIn(one)]).toEqual(['ACTIVE', 'ACTIVE', true]);
    expect(await operator('resume')).toBe('409 WRONG_STATE');
    expect(told()).toEqual(['device.onboarded', 'device.suspended', 'device.resumed']);
  });

  test('is revoked: REVOKED in IoT Core, which is final, and a resume answers 409', async () => {
    const one = await come();
    expect(await operator('revoke')).toBe(202);
    expect([world.state(one), statusIn(one), isIn(one)]).toEqual(['REVOKED', 'REVOKED', false]);
    expect(world.iot.sessions.size).toBe(0);
    for (const verb of ['resume', 'suspend', 'retry', 'approve', 'revoke'])
      expect(await operator(verb)).toBe('409 WRONG_STATE');
    expect(statusIn(one)).toBe('REVOKED');
    expect(told()).toEqual(['device.onboarded', 'device.revoked']);
  });

  test.each(['suspend', 'revoke', 'block'])('%s is not undone by a new certificate, which is held', async (verb) => {
    const one = await come();
    expect(await operator(verb)).toBe(202);
    const two = await come('another key');
    expect([world.state(two), world.record(two).verdict]).toMatchObject(['HELD', { reason: 'DEVICE_BARRED' }]);
    expect([isIn(one), isIn(two)]).toEqual([false, false]);
  });

  test('a new certificate of a revoked device comes in by an approval, and the revoked one stays out', async () => {
    const one = await come();
    await operator('revoke');
    const two = await come('another key');
    expect(await operator('approve')).toBe(202);
    expect([world.state(two), statusIn(two), isIn(two)]).toEqual(['ACTIVE', 'ACTIVE', true]);
    expect([world.state(one), statusIn(one), isIn(one)]).toEqual(['REVOKED', 'REVOKED', false]);
    expect((await world.devices.findByKey(NAME))?.causes).toEqual([]);
  });

  test.each([
    ['suspend', 'resume'],
    ['block', 'unblock'],
  ])('a new certificate of a device under %s is approved only after %s', async (bar, lift) => {
    await come();
    await operator(bar);
    const two = await come('another key');
    expect(await operator('approve')).toBe('409 DEVICE_BARRED');
    expect(await operator(lift)).toBe(202);
    expect(world.state(two)).toBe('HELD');
    expect(await operator('approve')).toBe(202);
    expect([world.state(two), isIn(two)]).toEqual(['ACTIVE', true]);
  });

  test('J-11: with certificates beside each other is suspended and resumed as one, and one of them revoked alone', async () => {
    world.tenants.tenants.set(ACME, aTenant({ renewal: 'coexist' }));
    const one = await come();
    const two = await come('another key');
    expect([isIn(one), isIn(two)]).toEqual([true, true]);
    await operator('suspend');
    expect([world.state(one), world.state(two), isIn(one), isIn(two)]).toEqual([
      'SUSPENDED',
      'SUSPENDED',
      false,
      false,
    ]);
    await operator('resume');
    expect([isIn(one), isIn(two)]).toEqual([true, true]);
    expect(await operator('revoke', one)).toBe(202);
    expect([world.state(one), statusIn(one), isIn(one), isIn(two)]).toEqual(['REVOKED', 'REVOKED', false, true]);
    expect(await operator('resume', one)).toBe('409 WRONG_STATE');
  });

  test('that is held is revoked by its fingerprint, and neither an approval nor a retry brings it back', async () => {
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const one = await come();
    expect(world.state(one)).toBe('HELD');
    expect(await operator('revoke', one)).toBe(202);
    expect([world.state(one), statusIn(one)]).toEqual(['REVOKED', 'REVOKED']);
    for (const verb of ['approve', 'retry', 'resume']) expect(await operator(verb, one)).toBe('409 WRONG_STATE');
    expect(told().at(-1)).toBe('device.revoked');
  });
});

describe('V-03: each act lifts its own and no other', () => {
  test('a device that an operator suspended stays so when its anchor is restored, and the other way round', async () => {
    const one = await come();
    await operator('suspend');
    world.revokeAnchor();
    const anchor = world.anchors.anchors.get(CA);
    expect(await operator('resume')).toBe(202);
    expect([world.state(one), world.record(one).causes]).toEqual(['SUSPENDED', ['CA_REVOKED']]);
    await operator('suspend');
    if (anchor) world.anchors.anchors.set(CA, { ...anchor, state: 'ACTIVE' });
    await operator('block');
    await operator('unblock');
    expect([world.state(one), world.record(one).causes]).toEqual(['SUSPENDED', ['OPERATOR']]);
    expect(await operator('resume')).toBe(202);
    expect([world.state(one), isIn(one)]).toEqual(['ACTIVE', true]);
  });
});

describe('X-10: the block list', () => {
  test('turns a fingerprint away at its first connect with CERT_BLOCKED, however often it is retried; unblocked it comes in', async () => {
    const one = world.device('pump1');
    expect((await api.call('POST', `/tenants/acme/devices/${one}/block`)).status).toBe(202);
    await world.onboard(world.came(one));
    expect([world.state(one), world.record(one).verdict, statusIn(one)]).toMatchObject([
      'REJECTED',
      { reason: 'CERT_BLOCKED' },
      'INACTIVE',
    ]);
    expect(await operator('retry', one)).toBe(202);
    expect(world.state(one)).toBe('REJECTED');
    expect(await operator('unblock', one)).toBe(202);
    expect([world.state(one), isIn(one)]).toEqual(['ACTIVE', true]);
  });

  test('keeps out a device that is in, and lets it in again', async () => {
    const one = await come();
    expect(await operator('block', one)).toBe(202);
    expect([world.state(one), statusIn(one), world.record(one).causes]).toEqual(['SUSPENDED', 'INACTIVE', ['BLOCKED']]);
    expect([world.iot.sessions.size, isIn(one)]).toEqual([0, false]);
    expect(await operator('unblock', one)).toBe(202);
    expect([world.state(one), isIn(one)]).toEqual(['ACTIVE', true]);
  });

  test('turns a held certificate away', async () => {
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const one = await come();
    expect(await operator('block')).toBe(202);
    expect([world.state(one), world.record(one).verdict]).toMatchObject(['REJECTED', { reason: 'CERT_BLOCKED' }]);
  });
});

describe('an act that meets an attempt to onboard', () => {
  test.each(['suspend', 'revoke', 'block'] as const)(
    '%s between any two of its calls: the device ends up out',
    async (verb) => {
      for (let call = 1; ; call += 1) {
        world = onboardingWorld();
        api = startOpsApi(world);
        const one = world.device('pump1');
        let calls = 0;
        const disturb = <P extends object>(port: P): P =>
          new Proxy(port, {
            get: (target, name) => {
              const method = Reflect.get(target, name);
              if (typeof method !== 'function') return method;
              return async (...args: unknown[]) => {
                calls += 1;
                if (calls === call) await api.call('POST', `/operator/devices/${NAME}/${verb}`);
                return method.apply(target, args);
              };
            },
          });
        const { ports } = world;
        const disturbed = {
          ...ports,
          certificates: disturb(ports.certificates),
          devices: disturb(ports.devices),
          iot: disturb(ports.iot),
          things: disturb(ports.things),
        };
        await onboardCertificate(disturbed)(world.came(one));
        // too early: nothing was known of it yet
        const isTaken = api.commands.length > 0;
        await follow();
        if (isTaken) expect([call, isIn(one), statusIn(one) === 'ACTIVE']).toEqual([call, false, false]);
        if (calls < call) break;
      }
    },
  );
});
