import { describe, expect, it } from 'vitest';
import type { CertificateId } from '#domain/ids.ts';
import { aroundPorts, endingAt } from '#support/around-ports.ts';
import { ENDS, type End } from '#support/disturbed-onboarding.ts';
import { ACME } from '#support/onboarding-world.ts';
import { type OperatorsWorld, operatorsWorld, PORTS } from '#support/operators-world.ts';
import { OPERATOR } from '#support/ops-api.ts';
import { createRole } from '#usecases/create-role.ts';
import { createUser } from '#usecases/create-user.ts';
import { deleteRole } from '#usecases/delete-role.ts';
import { deleteUser } from '#usecases/delete-user.ts';
import { editRole } from '#usecases/edit-role.ts';
import { setTenant } from '#usecases/set-tenant.ts';
import { setUser } from '#usecases/set-user.ts';
import { workOnPermissionSet } from '#usecases/work-on-permission-set.ts';

type Deps = OperatorsWorld['api']['deps'];

const permission = (resource: string) => ({ resource, operation: 'read', context: 'mqtt', allowRetain: false });
const certificate = [{ method: 'certificate', isRequired: false }] as const;
const user = (...roles: readonly string[]) => ({ grantTypes: certificate, roles, permissions: [] });

/** Roles line-1 and line-2, and user device001 with the first, whose device is in. */
const prepared = async (): Promise<World> => {
  const all = operatorsWorld();
  const { deps } = all.api;
  for (const name of ['line-1', 'line-2'])
    await createRole(deps)(ACME, { name, permissions: [permission(name)], plusMode: 'exact' });
  await createUser(deps)(ACME, 'device001', user(all.idOf('line-1')), OPERATOR);
  const device = all.world.device('device001');
  await all.world.onboard(all.world.came(device));
  await all.follow();
  return { ...all, device };
};

const groupsOf = (all: OperatorsWorld, cn: string): string[] =>
  [...all.world.iot.things].filter(([name]) => name === cn).flatMap(([, { groups }]) => [...groups]);
const setOf = (all: OperatorsWorld, username: string): string =>
  `acme.connectware.${all.world.users.users.get(`acme/${username}`)?.composition}`;

type Scenario = {
  readonly what: string;
  readonly before?: (all: OperatorsWorld) => Promise<unknown>;
  readonly act: (deps: Deps, all: OperatorsWorld) => Promise<unknown>;
  /** what holds once it was repeated, beside what always does */
  readonly ends: (all: World) => void;
};

const SCENARIOS: readonly Scenario[] = [
  {
    what: 'creating a user',
    act: (deps, all) => createUser(deps)(ACME, 'device002', user(all.idOf('line-1'), all.idOf('line-2')), OPERATOR),
    ends: (all) => expect(all.world.users.users.get('acme/device002')).toMatchObject({ version: 1 }),
  },
  {
    what: 'creating a user anew whose device was suspended',
    before: (all) => deleteUser(all.api.deps)(ACME, 'device001', OPERATOR),
    act: (deps, all) => createUser(deps)(ACME, 'device001', user(all.idOf('line-2')), OPERATOR),
    ends: (all) => {
      expect(all.world.state(all.device)).toBe('ACTIVE');
      expect(groupsOf(all, 'device001')).toContain(setOf(all, 'device001'));
    },
  },
  {
    what: 'giving a user another role',
    act: (deps, all) => setUser(deps)(ACME, 'device001', { roles: [all.idOf('line-2')] }, OPERATOR),
    ends: (all) => {
      expect(all.world.users.users.get('acme/device001')).toMatchObject({ version: 2, roles: [all.idOf('line-2')] });
      expect(groupsOf(all, 'device001')).toEqual([setOf(all, 'device001')]);
    },
  },
  {
    what: 'taking the certificate grant',
    act: (deps) => setUser(deps)(ACME, 'device001', { grantTypes: [] }, OPERATOR),
    ends: (all) => expect(all.world.state(all.device)).toBe('SUSPENDED'),
  },
  {
    what: 'deleting a user',
    act: (deps) => deleteUser(deps)(ACME, 'device001', OPERATOR),
    ends: (all) => {
      expect(all.world.users.users.size).toBe(0);
      expect(all.world.state(all.device)).toBe('SUSPENDED');
    },
  },
  {
    what: 'editing a role',
    act: (deps, all) => editRole(deps)(ACME, all.idOf('line-1'), { permissions: [permission('new')] }, false),
    ends: (all) => {
      expect(all.api.setGateway.may(setOf(all, 'device001'), 'Subscribe', 'topicfilter/new')).toBe(true);
      expect(all.api.setGateway.may(setOf(all, 'device001'), 'Subscribe', 'topicfilter/line-1')).toBe(false);
    },
  },
  {
    what: 'deleting a role',
    act: (deps, all) => deleteRole(deps)(ACME, all.idOf('line-2')),
    ends: (all) => expect([...all.api.roles.roles.values()].map(({ name }) => name)).toEqual(['line-1']),
  },
  {
    what: 'changing the naming',
    act: (deps) => setTenant(deps)(ACME, { naming: 'eu1' }),
    ends: (all) => expect(all.setsInIot()).toContain(setOf(all, 'device001').replace('connectware', 'eu1')),
  },
];

/** Runs the scenario in a world of its own, ended at one call. @returns null when it came to its end before that call */
const ended = async ({ before, act }: Scenario, endAt: number, end: End) => {
  const all = await prepared();
  await before?.(all);
  await all.follow();
  const disturbance = endingAt(endAt, end);
  await act(aroundPorts(all.api.deps, PORTS, disturbance.around), all).catch(() => null);
  // the lock of who died ends by itself
  all.world.time.now += 60_000;
  return disturbance.ended() ? all : null;
};

const COMMANDS = ['before its commands were handled', 'after its commands were handled'] as const;

type World = OperatorsWorld & { device: CertificateId };

/** The sets that the device is in, unless it is barred: then it needs none. */
const neededBy = (all: World): string[] => (all.world.state(all.device) === 'ACTIVE' ? groupsOf(all, 'device001') : []);

/** No set is missing that a user or a device has, and none is there that the registry does not know. */
const expectWhole = (all: World): void => {
  const [made, recorded] = [all.setsInIot(), all.setsRecorded()];
  expect(made).toEqual(expect.arrayContaining(all.setsOfUsers()));
  expect(made).toEqual(expect.arrayContaining(neededBy(all)));
  expect(recorded).toEqual(expect.arrayContaining(made));
};

const repeated = async (all: World, { act, ends }: Scenario): Promise<void> => {
  await act(all.api.deps, all);
  await all.follow();
  ends(all);
  expect(all.stale()).toEqual([]);
  expect(all.notes()).toEqual(expect.arrayContaining(all.notesOfUsers()));
  expectWhole(all);
  await all.later();
  expectWhole(all);
  expect(all.setsRecorded()).toEqual(all.setsInIot());
  expect(all.api.deps.tenantLock.held.size).toBe(0);
};

describe.each(SCENARIOS)('$what', (scenario) => {
  describe.each(ENDS)('when an attempt %s any one of its calls', (end) => {
    it.each(COMMANDS)('is right in the end once it is repeated %s', async (handled) => {
      let endAt = 1;
      for (; ; endAt += 1) {
        const all = await ended(scenario, endAt, end);
        if (!all) break;
        if (handled === COMMANDS[1]) await all.follow();
        await repeated(all, scenario);
      }
      expect(endAt).toBeGreaterThan(4);
    });

    it('leaves no set behind that nobody has, even when it is not repeated', async () => {
      for (let endAt = 1; ; endAt += 1) {
        const all = await ended(scenario, endAt, end);
        if (!all) break;
        await all.follow();
        await all.later();
        expectWhole(all);
        const kept = new Set([...all.setsOfUsers(), ...neededBy(all)]);
        // a user has its roles under each profile
        expect(all.setsInIot().filter((set) => !kept.has(set.replace('.eu1.', '.connectware.')))).toEqual([]);
      }
    });
  });
});

describe.each(ENDS)('the edit of a role that %s one of its calls', (end) => {
  it('is in force a minute later if it was recorded, though nobody repeats it', async () => {
    const edit = SCENARIOS.find(({ what }) => what === 'editing a role');
    if (!edit) throw new Error('expected the edit of a role');
    const versions = new Set<number | undefined>();
    for (let endAt = 1; ; endAt += 1) {
      const all = await ended(edit, endAt, end);
      if (!all) break;
      await all.follow();
      expect(all.stale()).toEqual([]);
      versions.add(all.api.roles.roles.get(`acme/${all.idOf('line-1')}`)?.version);
    }
    expect(versions).toEqual(new Set([1, 2]));
  });
});

describe('the deletion of a set', () => {
  it.each(ENDS)('is finished by redelivery when an attempt %s any one of its calls', async (end) => {
    for (let endAt = 1; ; endAt += 1) {
      const all = await prepared();
      const old = setOf(all, 'device001');
      await setUser(all.api.deps)(ACME, 'device001', { roles: [all.idOf('line-2')] }, OPERATOR);
      await all.follow();
      all.world.time.now += 660_000;
      const asked = all.api.waiting.filter(({ command }) => command.permissionSet === old);
      const [message] = asked.splice(0);
      if (!message) throw new Error('expected a command to collect the set');
      const disturbance = endingAt(endAt, end);
      const deps = aroundPorts(all.api.deps, PORTS, disturbance.around);
      await workOnPermissionSet(deps)(message.command).catch(() => null);
      if (!disturbance.ended()) break;
      all.world.time.now += 120_000;
      await all.api.work();
      await all.later();
      expect(all.setsInIot()).toEqual([setOf(all, 'device001')]);
      expect(all.setsRecorded()).toEqual(all.setsInIot());
      expect(all.notes()).toEqual(all.notesOfUsers());
    }
  });

  it.each(ENDS)(
    'that %s one of its calls leaves nothing that a user who is given the set does not get whole',
    async (end) => {
      for (let endAt = 1; ; endAt += 1) {
        const all = await prepared();
        const old = setOf(all, 'device001');
        await setUser(all.api.deps)(ACME, 'device001', { roles: [all.idOf('line-2')] }, OPERATOR);
        await all.follow();
        all.world.time.now += 660_000;
        const message = all.api.waiting.find(({ command }) => command.permissionSet === old);
        if (!message) throw new Error('expected a command to collect the set');
        const disturbance = endingAt(endAt, end);
        await workOnPermissionSet(aroundPorts(all.api.deps, PORTS, disturbance.around))(message.command).catch(
          () => null,
        );
        if (!disturbance.ended()) break;
        all.world.time.now += 60_000;

        await setUser(all.api.deps)(ACME, 'device001', { roles: [all.idOf('line-1')] }, OPERATOR);
        await all.follow();
        expect(all.setsInIot()).toContain(old);
        await all.later();
        expect(all.setsInIot()).toEqual([old]);
        expect(all.setsRecorded()).toEqual([old]);
        expect(groupsOf(all, 'device001')).toEqual([old]);
        expect(all.stale()).toEqual([]);
      }
    },
  );
});
