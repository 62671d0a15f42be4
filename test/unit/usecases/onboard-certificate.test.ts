import { describe, expect, it } from 'vitest';
import { TransientError } from '#domain/errors.ts';
import { anchorId, clientId, tenantName } from '#domain/ids.ts';
import {
  ACME,
  anAnchor,
  around,
  aTenant,
  CA,
  eventId,
  fingerprint,
  onboardingWorld,
} from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const counted = (world: ReturnType<typeof onboardingWorld>) => {
  const calls: string[] = [];
  const onboard = onboardCertificate(
    around(world.ports, (name, call) => {
      calls.push(name);
      return call();
    }),
  );
  return { calls, onboard };
};

describe('a device that comes for the first time', () => {
  it('J-05: is named, permitted and only then activated', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');

    const outcome = await world.onboard(world.came(id));

    expect(outcome).toMatchObject({ kind: 'decided', transition: { type: 'device.onboarded', state: 'ACTIVE' } });
    expect(world.iot.calls).toEqual([
      'DescribeCertificate',
      'CreateThing',
      'AttachThingPrincipal',
      'AddThingToThingGroup',
      'UpdateCertificate ACTIVE',
    ]);
    expect(world.iot.admits(id, 'acme_device01')).toBe(true);
    expect(world.iot.things.get(clientId('acme_device01'))).toEqual({
      tenant: ACME,
      cn: 'device01',
      groups: new Set(['acme.eu1']),
    });
    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'accept', clientId: 'acme_device01', permissionSet: 'acme.eu1' },
      anchorId: CA,
      tenant: 'acme',
      subject: 'CN=device01',
      settled: true,
      wasActive: true,
      lease: null,
      applied: { status: 'ACTIVE', version: 1 },
    });
  });

  it('J-05: has its decision recorded before IoT Core changes, and its announcement made before it is settled', async () => {
    const world = onboardingWorld();
    const { calls, onboard } = counted(world);

    await onboard(world.came(world.device('device01')));

    expect(calls).toEqual([
      'claim',
      'describe',
      'anchor',
      'around',
      'claim',
      'decide',
      'create',
      'attachCertificate',
      'joinPermissionSet',
      'recheck',
      'setStatus',
      'recheck',
      'publish',
      'settle',
    ]);
  });

  it('attaches and joins side by side, so that four calls at most stand in sequence', async () => {
    const world = onboardingWorld();
    const running = new Set<string>();
    let together = 0;
    const onboard = onboardCertificate(
      around(world.ports, async (name, call) => {
        running.add(name);
        if (running.has('attachCertificate') && running.has('joinPermissionSet')) together += 1;
        await Promise.resolve();
        const output = await call();
        running.delete(name);
        return output;
      }),
    );

    await onboard(world.came(world.device('device01')));

    expect(together).toBe(1);
  });

  it('F-06: is announced once as onboarded, and never as rejected', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');

    await world.onboard(world.came(id));
    await world.onboard(world.came(id, 2));

    expect(world.events.published).toEqual([
      {
        type: 'device.onboarded',
        id: `${id}.1`,
        at: world.time.now,
        tenant: 'acme',
        clientId: 'acme_device01',
        certificateId: id,
        anchorId: CA,
        state: 'ACTIVE',
        reason: null,
        seen: null,
      },
    ]);
  });

  it('N-05: belongs to the tenant of its CA, whatever its subject says', async () => {
    const world = onboardingWorld();
    const subject = { cn: ['device01'], o: ['globex'], ou: ['globex'], serialNumber: [] };
    const id = world.device('device01', { subject });

    await world.onboard(world.came(id));

    expect(world.record(id)).toMatchObject({ tenant: 'acme', verdict: { clientId: 'acme_device01' } });
    expect(world.record(id).subject).toBe('CN=device01, OU=globex, O=globex');
  });

  it('is decided by the tenant as it stands now, however warm the function is', async () => {
    const world = onboardingWorld();
    await world.onboard(world.came(world.device('device01')));
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const second = world.device('device02');

    await world.onboard(world.came(second, 2));

    expect(world.state(second)).toBe('HELD');
  });

  it('refuses a client id that begins with the name of another tenant', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const stranger = world.device('globex_pump');
    await world.onboard(world.came(stranger));
    expect(world.state(stranger)).toBe('ACTIVE');

    const globex = tenantName('globex');
    world.tenants.tenants.set(globex, aTenant({ name: globex }));
    const id = world.device('globex_fan');
    await world.onboard(world.came(id, 2));

    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason: 'CLIENT_ID_FOREIGN_PREFIX' });
  });
});

describe('a repeated event', () => {
  it('J-04: of a settled device costs one write and no IoT call', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.onboard(world.came(id));
    const { calls, onboard } = counted(world);

    expect(await onboard(world.came(id, 2))).toEqual({ kind: 'repeat', because: 'settled', drift: false });
    expect(calls).toEqual(['claim']);
  });

  it('J-04: of a device that another event is onboarding is done, a lease without end is not', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.certificates.claim(id, { owner: eventId(1), now: world.time.now, until: world.time.now + 30_000 });

    expect(await world.onboard(world.came(id, 2))).toEqual({ kind: 'repeat', because: 'leased', drift: false });
    expect(world.iot.calls).toEqual([]);

    world.time.now += 30_000;
    await world.onboard(world.came(id, 3));
    expect(world.state(id)).toBe('ACTIVE');
  });

  it('of the event that holds the lease goes on where the crashed attempt ended', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.certificates.claim(id, { owner: eventId(1), now: world.time.now, until: world.time.now + 30_000 });

    await world.onboard(world.came(id, 1));

    expect(world.state(id)).toBe('ACTIVE');
  });

  it.each([
    ['device01', 119_999, false],
    ['device01', 120_000, true],
    ['a b', 120_000, true],
  ])('of %s, %i ms after it was settled, is a sign of drift: %s', async (cn, later, drift) => {
    const world = onboardingWorld();
    const id = world.device(cn);
    await world.onboard(world.came(id));
    world.time.now += later;

    expect(await world.onboard(world.came(id, 2))).toMatchObject({ kind: 'repeat', drift });
  });

  it('of a device that is still held is no sign of drift', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    world.time.now += 600_000;

    expect(await world.onboard(world.came(id, 2))).toMatchObject({ kind: 'repeat', drift: false });
  });
});

describe('a device that breaks a rule', () => {
  it('J-07: is turned away with its reason, made INACTIVE, and gets no thing', async () => {
    const world = onboardingWorld();
    const id = world.device('a b');

    await world.onboard(world.came(id));

    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE']);
    expect(world.iot.things.size).toBe(0);
    expect(world.devices.devices.size).toBe(0);
    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'reject', reason: 'CN_CHARSET', seen: 'a b' },
      applied: { status: 'INACTIVE' },
      settled: true,
    });
  });

  it('J-07, F-06: is announced as rejected exactly once, however often it comes', async () => {
    const world = onboardingWorld();
    const id = world.device('a b');

    for (const event of [1, 1, 2, 3]) await world.onboard(world.came(id, event));

    expect(world.events.published.map(({ type }) => type)).toEqual(['device.rejected']);
  });

  it('is turned away when its certificate cannot be read', async () => {
    const world = onboardingWorld();
    const id = world.device('', { unreadable: 'invalid UTF-8' });

    await world.onboard(world.came(id));

    expect(world.record(id)).toMatchObject({ verdict: { reason: 'CERT_UNREADABLE' }, subject: '', validTo: null });
  });

  it('is never turned away because of an anchor as it was some seconds ago', async () => {
    const world = onboardingWorld();
    world.anchors.anchors.set(CA, anAnchor({ state: 'REVOKED' }));
    await world.ports.trust.anchor(CA, 'cached');
    world.anchors.anchors.set(CA, anAnchor());
    const id = world.device('device01');

    await world.onboard(world.came(id));

    expect(world.state(id)).toBe('ACTIVE');
  });

  it('J-08: can be decided on again, and comes in once the cause is gone', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    expect(world.record(id).verdict).toMatchObject({ reason: 'CN_TENANT_PREFIX' });

    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu1' }));
    expect(await world.say(id, 'retry')).toBe(true);
    await world.onboard(world.command(id));

    expect(world.iot.admits(id, 'acme_device01')).toBe(true);
    expect(world.events.published.map(({ type }) => type)).toEqual(['device.rejected', 'device.onboarded']);
  });

  it('J-08: comes in by another command when the one of its retry ended half way and was lost', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    world.tenants.tenants.set(ACME, aTenant());
    await world.say(id, 'retry');
    const { setStatus } = world.iot.gateway;
    world.iot.gateway.setStatus = async () => {
      throw new TransientError('iot:UpdateCertificate failed with ServiceUnavailableException');
    };
    await expect(world.onboard(world.command(id, 900))).rejects.toThrow(TransientError);
    world.iot.gateway.setStatus = setStatus;
    expect([world.state(id), world.record(id).settled]).toEqual(['ACTIVE', false]);

    await world.onboard(world.command(id, 901));

    expect(world.iot.admits(id, 'acme_device01')).toBe(true);
  });

  it('J-08: that fails again has the second answer in its history, and stays INACTIVE', async () => {
    const world = onboardingWorld();
    const id = world.device('a b');
    await world.onboard(world.came(id));
    await world.say(id, 'retry');

    await world.onboard(world.command(id));

    expect(world.record(id).history.map(({ actor, state }) => [actor, state])).toEqual([
      ['onboarding', 'REJECTED'],
      ['an operator', 'REJECTED'],
      ['onboarding', 'REJECTED'],
    ]);
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE', 'DescribeCertificate']);
    expect(world.iot.certificates.get(id)?.status).toBe('INACTIVE');
    expect(world.events.distinct()).toHaveLength(2);
  });
});

describe('a device that waits for an operator', () => {
  const held = async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    return { world, id };
  };

  it('is held without a call that changes anything in IoT Core', async () => {
    const { world, id } = await held();

    expect(world.iot.calls).toEqual(['DescribeCertificate']);
    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'hold', reason: 'APPROVAL_REQUIRED' },
      applied: { status: 'PENDING_ACTIVATION' },
      settled: true,
    });
    expect(world.events.published).toMatchObject([{ type: 'device.held', state: 'HELD' }]);
  });

  it('comes in by approval alone, without connecting again', async () => {
    const { world, id } = await held();
    await world.say(id, 'approve');

    await world.onboard(world.command(id));

    expect(world.iot.admits(id, 'acme_device01')).toBe(true);
  });

  it('is turned away by a word of an operator', async () => {
    const { world, id } = await held();
    await world.say(id, 'reject');

    await world.onboard(world.command(id));

    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason: 'OPERATOR_REJECTED' });
    expect(world.iot.certificates.get(id)?.status).toBe('INACTIVE');
  });

  it('has a command wait for the event that holds the lease, for it may have read older facts', async () => {
    const { world, id } = await held();
    await world.say(id, 'approve');
    await world.certificates.claim(id, { owner: eventId(5), now: world.time.now, until: world.time.now + 30_000 });

    await expect(world.onboard(world.command(id))).rejects.toThrow('is being onboarded by another event');

    world.time.now += 30_000;
    await world.onboard(world.command(id));
    expect(world.state(id)).toBe('ACTIVE');
  });

  it('is held when it is not on the list, and comes in when it is', async () => {
    const world = onboardingWorld();
    await world.tenants.writeAllowList(ACME, 'list-1', ['device01']);
    world.tenants.tenants.set(ACME, aTenant({ allowListId: 'list-1' }));
    const [listed, unlisted] = [world.device('device01'), world.device('device02')];

    await world.onboard(world.came(listed, 1));
    await world.onboard(world.came(unlisted, 2));

    expect(world.state(listed)).toBe('ACTIVE');
    expect(world.record(unlisted).verdict).toMatchObject({ kind: 'hold', reason: 'NOT_ALLOWED' });
  });

  it('is held while a thing of its name exists that is not ours, and comes in when that is gone', async () => {
    const world = onboardingWorld();
    const name = clientId('acme_device01');
    world.iot.things.set(name, { tenant: ACME, cn: 'somebody-else', groups: new Set() });
    const id = world.device('device01');

    await world.onboard(world.came(id));
    expect(world.record(id).verdict).toMatchObject({ kind: 'hold', reason: 'THING_EXISTS', seen: 'acme_device01' });
    expect(world.iot.calls).not.toContain('UpdateCertificate ACTIVE');
    expect(world.record(id).settled).toBe(true);

    world.iot.things.delete(name);
    await world.say(id, 'approve');
    await world.onboard(world.command(id));
    expect(world.iot.admits(id, name)).toBe(true);
  });
});

describe('a client id', () => {
  it('N-08: stays with the certificate that came first, where the tenant refuses renewal', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ renewal: 'refuse' }));
    const [first, second] = [world.device('device01'), world.device('device01')];

    await world.onboard(world.came(first, 1));
    await world.onboard(world.came(second, 2));

    expect(world.record(second).verdict).toEqual({
      kind: 'reject',
      clientId: 'acme_device01',
      reason: 'CLIENT_ID_CONFLICT',
      seen: first,
    });
    expect(world.devices.devices.size).toBe(1);
    expect(world.iot.admits(first, 'acme_device01')).toBe(true);
    expect(world.iot.certificates.get(second)?.status).toBe('INACTIVE');
  });

  it('N-06: of another tenant is refused without a word on whose it is', async () => {
    const world = onboardingWorld();
    const globex = tenantName('globex');
    const globexCa = anchorId(fingerprint(0xcb));
    world.tenants.tenants.set(globex, aTenant({ name: globex, naming: 'connectware' }));
    world.anchors.anchors.set(globexCa, anAnchor({ id: globexCa, tenant: globex }));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const [first, second] = [world.device('pump'), world.device('pump', {}, globexCa)];

    await world.onboard(world.came(first, 1));
    await world.onboard(world.came(second, 2));

    expect(world.record(second).verdict).toMatchObject({ seen: 'a device of another tenant' });
  });

  it('N-12: is the same in any case under eu2', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2' }));
    const [first, second] = [world.device('acme_Pump'), world.device('acme_pump')];

    await world.onboard(world.came(first, 1));
    await world.onboard(world.came(second, 2));

    expect(world.iot.admits(first, 'acme_Pump')).toBe(true);
    expect(world.record(second).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT' });
  });

  it('is taken over from a certificate that was turned away and never was active', async () => {
    const world = onboardingWorld();
    world.iot.things.set(clientId('acme_device01'), { tenant: ACME, cn: 'other', groups: new Set() });
    const first = world.device('device01');
    await world.onboard(world.came(first, 1));
    await world.say(first, 'reject');
    await world.onboard(world.command(first));
    world.iot.things.clear();
    const second = world.device('device01');

    await world.onboard(world.came(second, 2));

    expect(world.iot.admits(second, 'acme_device01')).toBe(true);
    expect(world.devices.devices.get('acme_device01')?.certificateId).toBe(second);
  });

  it('is taken over from a certificate that has come to bear another one', async () => {
    const world = onboardingWorld();
    world.iot.things.set(clientId('acme_device01'), { tenant: ACME, cn: 'other', groups: new Set() });
    const first = world.device('device01');
    await world.onboard(world.came(first, 1));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    await world.say(first, 'approve');
    await world.onboard(world.command(first));
    expect(world.iot.admits(first, 'device01')).toBe(true);
    world.iot.things.delete(clientId('acme_device01'));
    world.tenants.tenants.set(ACME, aTenant());
    const second = world.device('device01');

    await world.onboard(world.came(second, 2));

    expect(world.iot.admits(second, 'acme_device01')).toBe(true);
    expect(world.iot.admits(first, 'device01')).toBe(true);
  });

  it.each([
    ['once was active', { wasActive: true }],
    ['is being decided on again', { settled: false }],
  ])('is not taken over from a certificate that was turned away and %s', async (_, changes) => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ renewal: 'refuse' }));
    const first = world.device('device01');
    await world.onboard(world.came(first, 1));
    const verdict = { kind: 'reject', clientId: clientId('acme_device01'), reason: 'EKU', seen: 'none' } as const;
    world.certificates.records.set(first, { ...world.record(first), wasActive: false, verdict, ...changes });
    const second = world.device('device01');

    await world.onboard(world.came(second, 2));

    expect(world.record(second).verdict).toMatchObject({ reason: 'CLIENT_ID_CONFLICT', seen: first });
  });

  it('of a barred device holds a new certificate, and never accepts it', async () => {
    const world = onboardingWorld();
    const first = world.device('device01');
    await world.onboard(world.came(first, 1));
    const device = world.devices.devices.get('acme_device01');
    if (device) world.devices.devices.set('acme_device01', { ...device, causes: ['BLOCKED'] });
    const second = world.device('device01');

    await world.onboard(world.came(second, 2));

    expect(world.record(second).verdict).toMatchObject({ kind: 'hold', reason: 'DEVICE_BARRED', seen: 'BLOCKED' });
  });

  it('of a barred device of another tenant is refused, for nobody here can lift the bar', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const first = world.device('pump');
    await world.onboard(world.came(first, 1));
    const device = world.devices.devices.get('pump');
    if (device) world.devices.devices.set('pump', { ...device, tenant: tenantName('globex'), causes: ['BLOCKED'] });
    const second = world.device('pump');

    await world.onboard(world.came(second, 2));

    expect(world.record(second).verdict).toMatchObject({
      kind: 'reject',
      reason: 'CLIENT_ID_CONFLICT',
      seen: 'a device of another tenant',
    });
  });

  it('N-04: stays what it was when the naming of the tenant changes', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.onboard(world.came(id));
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    // as a later change of a fact leaves it
    world.certificates.records.set(id, { ...world.record(id), settled: false });

    await world.onboard(world.command(id));

    expect(world.record(id).verdict).toMatchObject({ clientId: 'acme_device01', permissionSet: 'acme.eu1' });
    expect(world.record(id).version).toBe(1);
    expect(world.iot.things.size).toBe(1);
  });
});

describe('what decides nothing', () => {
  it('is a certificate whose CA is not in the registry: it stays as it is, and is tried again', async () => {
    const world = onboardingWorld();
    const id = world.device('device01', {}, anchorId(fingerprint(0xbad)));

    await expect(world.onboard(world.came(id))).rejects.toMatchObject({
      name: 'TransientError',
      code: 'ANCHOR_NOT_REGISTERED',
      message: expect.stringContaining(fingerprint(0xbad)),
    });
    expect(world.iot.calls).toEqual(['DescribeCertificate']);
    expect(world.record(id)).toMatchObject({ verdict: null, lease: null, settled: false });
  });

  it('is a certificate that no CA signed', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    world.iot.certificates.set(id, { pem: '', anchorId: null, status: 'PENDING_ACTIVATION', thing: null });

    await expect(world.onboard(world.came(id))).rejects.toMatchObject({ code: 'ANCHOR_NOT_REGISTERED' });
  });

  it('is a certificate that IoT Core does not have', async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    world.iot.certificates.delete(id);

    await expect(world.onboard(world.came(id))).rejects.toMatchObject({
      name: 'TransientError',
      code: 'CERTIFICATE_NOT_FOUND',
    });
  });

  it('is a tenant that the registry lost', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.clear();

    await expect(world.onboard(world.came(world.device('device01')))).rejects.toThrow('expected tenant acme');
  });

  it.each(['ACTIVE', 'INACTIVE', 'REVOKED', 'PENDING_TRANSFER'])(
    'is a certificate that somebody else made %s: it is left alone for good',
    async (status) => {
      const world = onboardingWorld();
      const id = world.device('device01');
      const certificate = world.iot.certificates.get(id);
      if (certificate) certificate.status = status;

      await expect(world.onboard(world.came(id))).rejects.toMatchObject({
        name: 'PermanentError',
        code: 'UNEXPECTED_STATUS',
      });
      expect(world.iot.certificates.get(id)?.status).toBe(status);
      expect(world.iot.calls).toEqual(['DescribeCertificate']);
      expect(world.record(id)).toMatchObject({ verdict: null, lease: null });
    },
  );

  it('is a decided certificate that somebody revoked: REVOKED is final', async () => {
    const world = onboardingWorld();
    const id = world.device('a b');
    await world.onboard(world.came(id));
    await world.say(id, 'retry');
    const certificate = world.iot.certificates.get(id);
    if (certificate) certificate.status = 'REVOKED';

    await expect(world.onboard(world.command(id))).rejects.toMatchObject({ code: 'UNEXPECTED_STATUS' });
  });
});
