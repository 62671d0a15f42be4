import { describe, expect, it } from 'vitest';
import { clientId } from '#domain/ids.ts';
import type { User } from '#domain/user.ts';
import { meanwhile } from '#support/disturbed-onboarding.ts';
import { ACME, around, aTenant, aUser, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const LINE_1 = '1111111111111111';
const LINE_2 = '2222222222222222';
const NAME = clientId('device01');
const ON_LINE_1 = aUser('device01', { composition: LINE_1 });
const ON_LINE_2 = aUser('device01', { composition: LINE_2, version: 2 });
const WITHOUT_GRANT = { ...ON_LINE_1, grantTypes: [{ method: 'password', isRequired: true }] } as const;

/** A tenant that asks for users, and a device of the user `device01` that is let in and connected. */
const letIn = async (user: User = ON_LINE_1) => {
  const world = onboardingWorld();
  world.askForUsers();
  world.setUser(user);
  const id = world.device('device01');
  await world.onboard(world.came(id));
  expect(world.iot.connect(id, 'device01')).toBe(true);
  world.iot.calls.length = 0;
  world.events.published.length = 0;
  return { world, id };
};

const groups = (world: OnboardingWorld, name = NAME): readonly string[] => [
  ...(world.iot.things.get(name)?.groups ?? []),
];

describe('U-01: a tenant that asks for users', () => {
  it('U-01, U-13: lets in who has the name of a user with the grant, into the set of its profile and roles', async () => {
    const { world, id } = await letIn();

    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'accept', clientId: 'device01', permissionSet: `acme.connectware.${LINE_1}`, user: 'device01' },
      memberships: [`acme.connectware.${LINE_1}`],
      settled: true,
    });
    expect(groups(world)).toEqual([`acme.connectware.${LINE_1}`]);
    expect(world.devices.devices.get('device01')).toMatchObject({
      user: 'device01',
      permissionSet: `acme.connectware.${LINE_1}`,
    });
  });

  it.each([
    ['no user', null, 'USER_NOT_FOUND', 'device01'],
    ['a user whose name differs in case', aUser('Device01'), 'USER_NOT_FOUND', 'device01'],
    ['a user whose name ends in a space', aUser('device01 '), 'USER_NOT_FOUND', 'device01'],
    ['a user with only the password grant', WITHOUT_GRANT, 'GRANT_MISSING', 'password'],
  ])('U-01: turns away who has %s, and lets it in once the user is there and the device retried', async (...row) => {
    const [, user, reason, seen] = row;
    const world = onboardingWorld();
    world.askForUsers();
    if (user) world.setUser(user);
    const id = world.device('device01');

    await world.onboard(world.came(id));

    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'reject', reason, seen },
      applied: { status: 'INACTIVE' },
    });
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE']);
    expect(world.events.published).toMatchObject([{ type: 'device.rejected', reason }]);

    world.setUser(ON_LINE_1);
    await world.say(id, 'retry');
    await world.onboard(world.command(id));
    expect(world.state(id)).toBe('ACTIVE');
    expect(world.iot.admits(id, 'device01')).toBe(true);
  });

  it('U-04: turns away the CN admin until the user has the grant', async () => {
    const world = onboardingWorld();
    world.askForUsers();
    const id = world.device('admin');

    await world.onboard(world.came(id));
    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason: 'GRANT_MISSING', seen: 'password' });

    world.setUser(aUser('admin'));
    await world.say(id, 'retry');
    await world.onboard(world.command(id));
    expect(world.iot.admits(id, 'admin')).toBe(true);
  });

  it('U-01: holds whom an operator is to approve, and knows the user as it is at the approval', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', admission: 'approve', userMatch: 'required' }));
    world.setUser(ON_LINE_1);
    const id = world.device('device01');
    await world.onboard(world.came(id));
    expect(world.record(id).verdict).toMatchObject({ kind: 'hold', reason: 'APPROVAL_REQUIRED' });

    world.setUser(ON_LINE_2);
    await world.say(id, 'approve');
    await world.onboard(world.command(id));

    expect(groups(world)).toEqual([`acme.connectware.${LINE_2}`]);
  });

  it('U-03: lets in who is accepted anew, whatever its user once took from it', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', admission: 'approve', userMatch: 'required' }));
    world.setUser(ON_LINE_1);
    const id = world.device('device01');
    await world.onboard(world.came(id));
    // two attempts at once: one that saw no grant, and one that came to hold it for another reason after that
    world.certificates.records.set(id, { ...world.record(id), causes: ['GRANT_REMOVED'] });
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', admission: 'approve' }));

    await world.say(id, 'approve');
    await world.onboard(world.command(id));

    expect(world.record(id).causes).toEqual([]);
    expect(world.iot.admits(id, 'device01')).toBe(true);
  });

  it('U-01: reads a CN that no client id can carry without a user', async () => {
    const world = onboardingWorld();
    world.askForUsers();
    const id = world.device('device 01');

    await world.onboard(world.came(id));

    expect(world.record(id).verdict).toMatchObject({ kind: 'reject', reason: 'CN_CHARSET' });
  });

  it('looks at no user of a device that came in before it asked, nor after it no longer asks', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const before = world.device('device01');
    await world.onboard(world.came(before));
    world.askForUsers();
    world.certificates.records.set(before, { ...world.record(before), settled: false });
    await world.onboard(world.command(before));
    expect(world.record(before)).toMatchObject({ verdict: { user: null }, causes: [], version: 1 });

    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const after = world.device('device02');
    await world.onboard(world.came(after, 2));
    expect(world.record(after)).toMatchObject({ verdict: { user: null, permissionSet: 'acme.connectware' } });
  });
});

describe('a change of the roles of a user', () => {
  it('moves the device at the price of two IoT calls, to the new set before it leaves the old one', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', ON_LINE_2);

    const outcome = await world.onboard(world.command(id));

    expect(outcome).toMatchObject({ kind: 'followed' });
    expect(world.iot.calls).toEqual(['AddThingToThingGroup', 'RemoveThingFromThingGroup']);
    expect(groups(world)).toEqual([`acme.connectware.${LINE_2}`]);
    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'accept', permissionSet: `acme.connectware.${LINE_2}` },
      memberships: [`acme.connectware.${LINE_2}`],
      settled: true,
      applied: { status: 'ACTIVE' },
    });
    expect(world.devices.devices.get('device01')?.permissionSet).toBe(`acme.connectware.${LINE_2}`);
    expect(world.iot.sessions).toContain('device01');
  });

  it('is in the history of the certificate with the set that it led to, and announced to nobody', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', ON_LINE_2);

    await world.onboard(world.command(id));

    expect(world.record(id).history.map(({ actor, state, seen }) => [actor, state, seen])).toEqual([
      ['onboarding', 'ACTIVE', null],
      ['an operator', 'ACTIVE', null],
      ['onboarding', 'ACTIVE', `acme.connectware.${LINE_2}`],
    ]);
    expect(world.events.published).toEqual([]);
  });

  it('that adds nothing to what the device may do costs no IoT call', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', {
      ...ON_LINE_1,
      grantTypes: [...ON_LINE_1.grantTypes, { method: 'password', isRequired: false }],
    });

    await world.onboard(world.command(id));

    expect(world.iot.calls).toEqual([]);
    expect(world.record(id)).toMatchObject({ settled: true, causes: [] });
    expect(world.events.published).toEqual([]);
  });

  it('records the set before the thing joins it, and that it may still be in the other', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', ON_LINE_2);
    const seen: unknown[] = [];
    const watched = around(world.ports, async (name, call) => {
      if (name === 'joinPermissionSet' || name === 'leavePermissionSet') seen.push(name, world.record(id).memberships);
      return call();
    });

    await onboardCertificate(watched)(world.command(id));

    const both = [`acme.connectware.${LINE_1}`, `acme.connectware.${LINE_2}`];
    expect(seen).toEqual(['joinPermissionSet', both, 'leavePermissionSet', both]);
  });

  it('has the device listed with the old set until the thing is in the new one, for what no device has is deleted', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', ON_LINE_2);
    const calls: string[] = [];
    const watched = around(world.ports, async (name, call) => {
      calls.push(name);
      return call();
    });

    await onboardCertificate(watched)(world.command(id));

    expect(calls).toEqual([
      'claim',
      'recheck',
      'decide',
      'joinPermissionSet',
      'claim',
      'leavePermissionSet',
      'recheck',
      'settle',
    ]);
  });

  it('has the device say its set again when an attempt that was late wrote another one', async () => {
    const world = onboardingWorld();
    world.askForUsers();
    world.setUser(ON_LINE_1);
    const id = world.device('device01');
    const set = `acme.connectware.${LINE_1}`;
    let written = false;
    const disturbed = around(world.ports, async (name, call) => {
      const known = world.devices.devices.get('device01');
      if (name === 'setStatus' && !written && known) {
        written = true;
        world.devices.devices.set('device01', { ...known, permissionSet: 'acme.connectware' });
      }
      return call();
    });

    await onboardCertificate(disturbed)(world.came(id));

    expect([written, world.devices.devices.get('device01')?.permissionSet, groups(world)]).toEqual([true, set, [set]]);
  });

  it('keeps the profile that the device came in with', async () => {
    const { world, id } = await letIn();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'eu1', userMatch: 'required' }));
    await world.changeUser('device01', ON_LINE_2);

    await world.onboard(world.command(id));

    expect(groups(world)).toEqual([`acme.connectware.${LINE_2}`]);
    expect(world.record(id).verdict?.clientId).toBe('device01');
  });

  it('ends without a set of roles when the last role goes', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', aUser('device01'));

    await world.onboard(world.command(id));

    expect(groups(world)).toEqual(['acme.connectware']);
  });

  it('waits in the registry while the device is barred for another reason', async () => {
    const { world, id } = await letIn();
    world.barDevice('device01', 'OPERATOR');
    await world.change(id, 'suspend');
    await world.onboard(world.command(id));
    world.iot.calls.length = 0;

    await world.changeUser('device01', ON_LINE_2);
    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({
      verdict: { permissionSet: `acme.connectware.${LINE_2}` },
      memberships: [`acme.connectware.${LINE_1}`, `acme.connectware.${LINE_2}`],
      causes: ['OPERATOR'],
      applied: { status: 'INACTIVE' },
    });
    expect(world.iot.calls).not.toContain('AddThingToThingGroup');
  });
});

describe.each([
  ['the grant of a user is removed', WITHOUT_GRANT],
  ['a user is deleted', null],
])('U-03, V-08: when %s', (_, gone) => {
  const suspended = async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', gone);
    const outcome = await world.onboard(world.command(id));
    return { world, id, outcome };
  };

  it('U-03, V-08: its device is suspended and its session is cut, in this order', async () => {
    const { world, id, outcome } = await suspended();

    expect(outcome).toMatchObject({ kind: 'decided', transition: { type: 'device.suspended' } });
    expect(world.record(id)).toMatchObject({
      verdict: { kind: 'accept' },
      causes: ['GRANT_REMOVED'],
      applied: { status: 'INACTIVE' },
      memberships: [`acme.connectware.${LINE_1}`],
      settled: true,
    });
    expect(world.iot.calls).toEqual(['DescribeCertificate', 'UpdateCertificate INACTIVE', 'DeleteConnection']);
    expect(world.iot.sessions.size).toBe(0);
    expect(world.iot.connect(id, 'device01')).toBe(false);
    expect(world.record(id).history.at(-1)).toMatchObject({ state: 'SUSPENDED', reason: 'GRANT_REMOVED' });
    expect(world.events.published).toMatchObject([
      { type: 'device.suspended', state: 'SUSPENDED', reason: 'GRANT_REMOVED', seen: 'GRANT_REMOVED' },
    ]);
  });

  it('V-08: another device is untouched, and a device of the same tenant that has no user as well', async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware' }));
    const plain = world.device('device03');
    await world.onboard(world.came(plain, 3));
    world.askForUsers();
    for (const username of ['device01', 'device02']) world.setUser(aUser(username));
    const [id, other] = [world.device('device01'), world.device('device02')];
    await world.onboard(world.came(id, 1));
    await world.onboard(world.came(other, 2));
    for (const [one, name] of [
      [id, 'device01'],
      [other, 'device02'],
      [plain, 'device03'],
    ] as const)
      world.iot.connect(one, name);

    await world.changeUser('device01', gone);
    for (const one of [id, other, plain]) await world.onboard(world.command(one));

    expect(world.iot.sessions).toEqual(new Set(['device02', 'device03']));
    expect([id, other, plain].map((one) => world.state(one))).toEqual(['SUSPENDED', 'ACTIVE', 'ACTIVE']);
  });

  it('U-03: it resumes when the grant is there again, with what its user may do by then', async () => {
    const { world, id } = await suspended();
    world.iot.calls.length = 0;
    await world.changeUser('device01', ON_LINE_2);

    const outcome = await world.onboard(world.command(id, 901));

    expect(outcome).toMatchObject({ kind: 'decided', transition: { type: 'device.resumed', state: 'ACTIVE' } });
    expect(world.iot.calls).toEqual([
      'DescribeCertificate',
      'CreateThing',
      'AttachThingPrincipal',
      'AddThingToThingGroup',
      'RemoveThingFromThingGroup',
      'UpdateCertificate ACTIVE',
    ]);
    expect(world.record(id)).toMatchObject({
      causes: [],
      memberships: [`acme.connectware.${LINE_2}`],
      applied: { status: 'ACTIVE' },
    });
    expect(groups(world)).toEqual([`acme.connectware.${LINE_2}`]);
    expect(world.iot.connect(id, 'device01')).toBe(true);
    expect(world.events.published.map(({ type }) => type)).toEqual(['device.suspended', 'device.resumed']);
  });

  it('U-03: a change that does not bring the grant back leaves it suspended, and tells nobody again', async () => {
    const { world, id } = await suspended();
    await world.changeUser('device01', { ...WITHOUT_GRANT, composition: LINE_2 });

    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({ causes: ['GRANT_REMOVED'], settled: true });
    expect(world.events.published).toHaveLength(1);
  });

  it('U-03: only this cause goes with the grant; what else bars the device stays', async () => {
    const { world, id } = await suspended();
    world.barDevice('device01', 'OPERATOR');
    await world.changeUser('device01', ON_LINE_1);

    await world.onboard(world.command(id, 901));

    expect(world.record(id)).toMatchObject({ causes: ['OPERATOR'], applied: { status: 'INACTIVE' }, settled: true });
    expect(world.iot.admits(id, 'device01')).toBe(false);
    expect(world.events.published.at(-1)).toMatchObject({ reason: 'DEVICE_BARRED', seen: 'OPERATOR' });
  });

  it('U-03: a revoked CA is named before the grant, and both bar', async () => {
    const { world, id } = await letIn();
    await world.changeUser('device01', gone);
    world.revokeAnchor();

    await world.onboard(world.command(id));

    expect(world.record(id).causes).toEqual(['CA_REVOKED', 'GRANT_REMOVED']);
    expect(world.events.published).toMatchObject([{ reason: 'CA_REVOKED', seen: 'CA_REVOKED GRANT_REMOVED' }]);
  });

  it.each([
    ['create', 'SUSPENDED PENDING_ACTIVATION'],
    ['recheck', 'SUSPENDED PENDING_ACTIVATION'],
    ['setStatus', 'SUSPENDED INACTIVE'],
  ])('V-05: just before the first %s of its device, that one ends as %s', async (step, ends) => {
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.askForUsers();
      world.setUser(ON_LINE_1);
      const id = world.device('device01');

      const before = await meanwhile(world, world.came(id), nth, async () => world.changeUser('device01', gone));
      if (before !== step) continue;

      expect(`${world.state(id)} ${world.iot.certificates.get(id)?.status}`).toBe(ends);
      expect(world.record(id)).toMatchObject({ causes: ['GRANT_REMOVED'], settled: true, wasActive: false });
      expect(world.events.published.map(({ type }) => type)).toEqual(['device.suspended']);
      break;
    }
  });

  it('V-05: the session of a device that came in for that moment is cut', async () => {
    const world = onboardingWorld();
    world.askForUsers();
    world.setUser(ON_LINE_1);
    const id = world.device('device01');
    const disturbed = around(world.ports, async (name, call) => {
      const output = await call();
      if (name === 'setStatus' && world.iot.connect(id, 'device01')) await world.changeUser('device01', gone);
      return output;
    });

    await onboardCertificate(disturbed)(world.came(id));

    expect(world.iot.calls.slice(-3)).toEqual([
      'UpdateCertificate ACTIVE',
      'UpdateCertificate INACTIVE',
      'DeleteConnection',
    ]);
    expect(world.iot.sessions.size).toBe(0);
  });

  it('U-03: a device that never came in for this reason is onboarded, not resumed, once it may', async () => {
    const world = onboardingWorld();
    world.askForUsers();
    world.setUser(ON_LINE_1);
    const id = world.device('device01');
    await meanwhile(world, world.came(id), 8, async () => world.changeUser('device01', gone));
    expect(world.state(id)).toBe('SUSPENDED');

    await world.changeUser('device01', ON_LINE_1);
    await world.onboard(world.command(id));

    expect(world.iot.admits(id, 'device01')).toBe(true);
    expect(world.events.published.map(({ type }) => type)).toEqual(['device.suspended', 'device.onboarded']);
  });
});

describe('a device that is turned away', () => {
  it('J-07: never had a session, and none is cut', async () => {
    const world = onboardingWorld();

    await world.onboard(world.came(world.device('a b')));

    expect(world.iot.calls).not.toContain('DeleteConnection');
  });

  it('J-07: is kept out again when somebody activated it by hand, and the session that it got is cut', async () => {
    const world = onboardingWorld();
    const id = world.device('device01', { isCa: true });
    await world.onboard(world.came(id));
    const certificate = world.iot.certificates.get(id);
    if (certificate) certificate.status = 'ACTIVE';
    await world.say(id, 'retry');

    await world.onboard(world.command(id));

    expect(world.iot.calls.slice(-2)).toEqual(['UpdateCertificate INACTIVE', 'DeleteConnection']);
  });

  it('N-12: for another with its client id, of another profile, leaves the thing in the set of that one alone', async () => {
    const ends = new Set<string>();
    for (let nth = 1; ; nth += 1) {
      const world = onboardingWorld();
      world.tenants.tenants.set(ACME, aTenant({ naming: 'connectware', renewal: 'refuse' }));
      const [first, second] = [world.device('acme_Pump'), world.device('acme_Pump')];

      const before = await meanwhile(world, world.came(first, 1), nth, async () => {
        world.tenants.tenants.set(ACME, aTenant({ naming: 'eu2', renewal: 'refuse' }));
        await world.onboard(world.came(second, 2));
      });
      if (before === null) break;

      const [winner, ...others] = [first, second].filter((id) => world.state(id) === 'ACTIVE');
      ends.add(winner === first ? 'first' : 'second');
      expect(others).toEqual([]);
      const { verdict } = winner ? world.record(winner) : { verdict: null };
      expect(verdict).toMatchObject({ permissionSet: groups(world, clientId('acme_Pump')).join() });
    }
    expect(ends).toEqual(new Set(['first', 'second']));
  });
});
