import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import { COMPILER_VERSION } from '#domain/permission-compiler.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import type { PermissionSetCommand } from '#ports/messages.ts';
import { aroundPorts } from '#support/around-ports.ts';
import { ACME } from '#support/onboarding-world.ts';
import { type OperatorsWorld, operatorsWorld, PORTS } from '#support/operators-world.ts';
import { OPERATOR } from '#support/ops-api.ts';
import { applyPermissionSet } from '#usecases/apply-permission-set.ts';
import { createRole } from '#usecases/create-role.ts';
import { createUser } from '#usecases/create-user.ts';
import { deleteUser } from '#usecases/delete-user.ts';
import { editRole } from '#usecases/edit-role.ts';
import { setUser } from '#usecases/set-user.ts';
import { workOnPermissionSet } from '#usecases/work-on-permission-set.ts';

const permission = (resource: string) => ({ resource, operation: 'read', context: 'mqtt', allowRetain: false });
const certificate = [{ method: 'certificate', isRequired: false }] as const;

let all: OperatorsWorld;
let set: string;
const user = (...names: readonly string[]) => ({
  grantTypes: certificate,
  roles: names.map(all.idOf),
  permissions: [],
});
const edit = (resource: string, deps = all.api.deps) =>
  editRole(deps)(ACME, all.idOf('line-1'), { permissions: [permission(resource)] }, false);
const work = (changes: Partial<PermissionSetCommand>, deps = all.api.deps) =>
  workOnPermissionSet(deps)({
    act: 'apply',
    tenant: ACME,
    permissionSet: set,
    disconnect: false,
    cursor: null,
    commandId: 'c',
    ...changes,
  });
const subscribes = (topic: string): boolean => all.api.setGateway.may(set, 'Subscribe', `topicfilter/${topic}`);
const record = () => all.api.permissionSets.sets.get(`acme/${set}`);

/** Role line-1, and user device001 with it. */
const prepare = async (): Promise<void> => {
  all = operatorsWorld();
  for (const name of ['line-1', 'line-2'])
    await createRole(all.api.deps)(ACME, { name, permissions: [permission(name)], plusMode: 'exact' });
  await createUser(all.api.deps)(ACME, 'device001', user('line-1'), OPERATOR);
  const [made] = all.setsOfUsers();
  if (made === undefined) throw new Error('expected the set of a user');
  set = made;
  await all.follow();
  all.api.iot.length = 0;
};
beforeEach(prepare);

describe('apply', () => {
  it('brings IoT Core to the roles, and says of which content it did', async () => {
    await edit('new');
    all.api.waiting.length = 0;
    expect(record()?.applied?.content).not.toContain('.2');

    await work({});
    expect(all.api.waiting).toEqual([]);
    expect([subscribes('new'), subscribes('line-1')]).toEqual([true, false]);
    expect(record()?.applied).toEqual({
      content: `compiler@${COMPILER_VERSION} ${all.idOf('line-1')}@${all.world.time.now}.2`,
      documents: 1,
      at: all.world.time.now,
    });
  });

  it('asks IoT Core for nothing where it was done already', async () => {
    await edit('new');
    await work({});
    expect(all.api.iot).toEqual([`ensure ${set}`]);
    await work({});
    expect(all.api.iot).toEqual([`ensure ${set}`]);
  });

  it('waits for its turn while roles and users are changed, and gives it back', async () => {
    await edit('new');
    const held = await all.api.deps.tenantLock.take(ACME);
    await expect(work({})).rejects.toThrow(TransientError);
    expect(all.api.iot).toEqual([]);
    await held?.release();
    await work({});
    expect([subscribes('new'), all.api.deps.tenantLock.held.size]).toEqual([true, 0]);
  });

  it('is nothing for a set that was deleted meanwhile', async () => {
    await applyPermissionSet(all.api.deps)(ACME, 'acme.connectware.0123456789abcdef');
    expect(all.api.iot).toEqual([]);
  });

  it('is tried again later where others change the set each time', async () => {
    await edit('new');
    all.api.permissionSets.put = async () => null;
    await expect(work({})).rejects.toThrow(TransientError);
  });

  it('fails, and leaves IoT Core as it is, where roles were stored that no policy can say', async () => {
    const role = all.api.roles.roles.get(`acme/${all.idOf('line-1')}`);
    if (!role) throw new Error('expected the role');
    const many = Array.from({ length: 300 }, (_, n) => ({
      ...role.permissions[0],
      resource: `plant/line-${n}/machine`,
    }));
    all.api.roles.roles.set(`acme/${role.id}`, { ...role, version: 2, permissions: many as typeof role.permissions });
    await expect(work({})).rejects.toThrow(`permission set ${set}: role line-1, under the naming profile connectware`);
    expect(all.api.iot).toEqual([]);
  });
});

describe('disconnect', () => {
  const presence = { certificateId: null, at: 0, sessionId: 's', versionNumber: 1, ip: null, disconnectReason: null };
  const devices = (count: number, of: (n: number) => Partial<Device> = () => ({})) => {
    for (let n = 0; n < count; n += 1) {
      const clientId = `device${String(n).padStart(3, '0')}`;
      const device = { clientId, tenant: ACME, user: 'device001', permissionSet: set, presence: null, ...of(n) };
      all.world.devices.devices.set(clientId, device as Device);
    }
  };
  beforeEach(() => {
    all.api.waiting.length = 0;
  });
  const cut = () => all.api.iot.filter((call) => call.startsWith('disconnect'));

  it('P-12: ends the sessions of all devices of the set, a hundred a command', async () => {
    devices(250);
    await work({ act: 'disconnect' });
    expect(cut()).toHaveLength(100);
    expect(all.api.waiting).toMatchObject([{ command: { act: 'disconnect', permissionSet: set, disconnect: true } }]);
    await all.api.work();
    expect(new Set(cut()).size).toBe(250);
    expect(cut()).toHaveLength(250);
  });

  it('P-12: spares nobody who is said to be away, since that may be old, and leaves devices of other sets alone', async () => {
    devices(3, (n) => ({ presence: n === 0 ? null : { ...presence, connected: n === 1 } }));
    all.world.devices.devices.set('other', { clientId: 'other', user: 'u', permissionSet: 'acme.eu1' } as Device);
    await work({ act: 'disconnect' });
    expect(cut()).toEqual(['disconnect device000', 'disconnect device001', 'disconnect device002']);
  });

  it('P-12: is asked for once IoT Core has the new rights, which the sessions after it are to begin with', async () => {
    await edit('new');
    all.api.waiting.length = 0;
    const { send } = all.api.deps.setQueue;
    const asked: [string, boolean][] = [];
    all.api.deps.setQueue.send = async (command, delaySeconds) => {
      asked.push([command.act, subscribes('new')]);
      await send(command, delaySeconds);
    };
    const { ensure } = all.api.setGateway;
    all.api.setGateway.ensure = () => Promise.reject(new TransientError('throttled'));
    await expect(work({ disconnect: true })).rejects.toThrow('throttled');
    expect(asked).toEqual([]);
    all.api.setGateway.ensure = ensure;
    await work({ disconnect: true });
    expect(asked).toEqual([['disconnect', true]]);
  });

  it('P-12: is asked for also where the set was applied before: that attempt may have ended in between', async () => {
    await work({ disconnect: true });
    expect(all.api.waiting).toMatchObject([{ command: { act: 'disconnect', permissionSet: set } }]);
  });

  it('that fails is tried again as a whole', async () => {
    devices(120);
    all.api.deps.sessions.disconnect = () => Promise.reject(new TransientError('throttled'));
    await expect(work({ act: 'disconnect' })).rejects.toThrow('throttled');
    expect(all.api.waiting).toEqual([]);
  });
});

describe('collect', () => {
  const DELAY = COLLECTION_DELAY_SECONDS * 1_000;
  const leave = async () => {
    await all.later();
    await setUser(all.api.deps)(ACME, 'device001', { roles: [all.idOf('line-2')] }, OPERATOR);
    const left = all.api.waiting.findIndex(({ command }) => command.permissionSet === set);
    const [message] = all.api.waiting.splice(left, 1);
    if (!message) throw new Error('expected a command to collect the set');
    return message.command;
  };
  const made = () => all.api.setGateway.documents.has(set);

  it('takes the mark from a set that is in use', async () => {
    expect(record()?.unusedSince).toBe(all.world.time.now);
    await all.later();
    expect(record()).toMatchObject({ unusedSince: null });
    expect(all.api.waiting).toEqual([]);
  });

  it('waits until the set was unused for long enough, then deletes policies and record', async () => {
    const command = await leave();
    expect(record()?.unusedSince).toBe(all.world.time.now);
    all.world.time.now += DELAY - 1_500;
    await work(command);
    expect(all.api.waiting.at(-1)).toMatchObject({ due: all.world.time.now + 2_000, command: { act: 'collect' } });
    expect(made()).toBe(true);
    all.world.time.now += 1_500;
    await work(command);
    expect([made(), record()]).toEqual([false, undefined]);
  });

  it('waits as long as a device that is in has the set, however many have it that are barred', async () => {
    const barred = { tenant: ACME, user: 'gone', permissionSet: set, certificateId: 'barred' };
    for (let n = 0; n < 150; n += 1) {
      const clientId = `a${String(n).padStart(3, '0')}`;
      all.world.devices.devices.set(clientId, { ...barred, clientId } as Device);
    }
    await all.world.onboard(all.world.came(all.world.device('device001')));
    const command = await leave();
    all.api.waiting.length = 0;
    all.world.time.now += DELAY;
    await work(command);
    expect(made()).toBe(true);
    expect(all.api.waiting).toMatchObject([{ due: all.world.time.now + DELAY, command: { cursor: command.cursor } }]);
    await all.follow();
    await all.later();
    expect(made()).toBe(false);
    expect(all.api.waiting).toEqual([]);
  });

  it('leaves to a newer command what was marked anew', async () => {
    const command = await leave();
    await setUser(all.api.deps)(ACME, 'device001', { roles: [all.idOf('line-1')] }, OPERATOR);
    all.world.time.now += DELAY - 1_000;
    await setUser(all.api.deps)(ACME, 'device001', { roles: [] }, OPERATOR);
    all.world.time.now += 1_000;
    const waiting = all.api.waiting.length;
    await work(command);
    expect([made(), all.api.waiting.length]).toEqual([true, waiting]);
    await all.later();
    expect(made()).toBe(false);
  });

  it('looks at whichever mark there is when none is named', async () => {
    await leave();
    all.world.time.now += DELAY;
    await work({ act: 'collect' });
    expect(made()).toBe(false);
  });

  it('sees a user behind many notes of users that died before they were written', async () => {
    const composition = set.split('.')[2] ?? '';
    for (let n = 0; n < 250; n += 1) await all.world.users.note(ACME, composition, `a${n}`);
    await all.later();
    expect([made(), record()?.unusedSince]).toEqual([true, null]);
  });

  it('is asked for only those sets that the last user leaves', async () => {
    await createUser(all.api.deps)(ACME, 'device002', user('line-2'), OPERATOR);
    await createUser(all.api.deps)(ACME, 'device003', user('line-1'), OPERATOR);
    await all.later();
    await deleteUser(all.api.deps)(ACME, 'device003', OPERATOR);
    expect(all.api.waiting).toEqual([]);
    await deleteUser(all.api.deps)(ACME, 'device001', OPERATOR);
    expect(all.api.waiting).toMatchObject([{ command: { act: 'collect', permissionSet: set } }]);
  });

  it('deletes nothing once its turn has ended', async () => {
    const command = await leave();
    all.world.time.now += DELAY;
    const { put } = all.api.permissionSets;
    all.api.permissionSets.put = async (...of) => {
      all.world.time.now += 60_000;
      return put(...of);
    };
    await expect(work(command)).rejects.toThrow(TransientError);
    expect(made()).toBe(true);
  });

  it('never deletes what a naming profile alone gives, nor a set without a mark', async () => {
    await all.later();
    all.world.time.now += DELAY;
    await work({ act: 'collect' });
    expect(made()).toBe(true);
    const base = { ...record(), id: 'acme.connectware', composition: null, unusedSince: 0 };
    all.api.permissionSets.sets.set('acme/acme.connectware', base as NonNullable<ReturnType<typeof record>>);
    await work({ act: 'collect', permissionSet: 'acme.connectware' });
    expect(all.api.iot).toEqual([]);
  });

  it('waits for its turn while users are changed', async () => {
    const command = await leave();
    all.world.time.now += DELAY;
    await all.api.deps.tenantLock.take(ACME);
    await expect(work(command)).rejects.toThrow(TransientError);
    expect(made()).toBe(true);
  });

  it('notes of users that died before they were written are no users, and go with the set', async () => {
    const command = await leave();
    const composition = set.split('.')[2] ?? '';
    for (let n = 0; n < 250; n += 1) await all.world.users.note(ACME, composition, `dead${n}`);
    all.world.time.now += DELAY;
    await work(command);
    expect(made()).toBe(false);
    expect(all.notes()).toEqual(all.notesOfUsers());
  });
});

describe('in whatever order their steps fall', () => {
  /** Dependencies whose every call waits for its turn. */
  const scheduled = (scheduler: fc.Scheduler) =>
    aroundPorts(all.api.deps, PORTS, async (name, call) => {
      await scheduler.schedule(Promise.resolve(), name);
      return call();
    });
  const races = (
    acts: (deps: OperatorsWorld['api']['deps']) => readonly Promise<unknown>[],
    then: () => Promise<void>,
  ) =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        await prepare();
        await scheduler.waitFor(Promise.all(acts(scheduled(scheduler))));
        await then();
      }),
      { numRuns: 100 },
    );

  it('two edits of a role end with one of them, which IoT Core has', async () => {
    await races(
      (deps) => [edit('one', deps), edit('two', deps)],
      async () => {
        await all.follow();
        expect([subscribes('one'), subscribes('two')].toSorted()).toEqual([false, true]);
        expect(all.stale()).toEqual([]);
        expect(all.api.roles.roles.get(`acme/${all.idOf('line-1')}`)).toMatchObject({ version: 3 });
      },
    );
  });

  it('a set that is applied while its role is edited ends with the newest content', async () => {
    await races(
      (deps) => [work({}, deps), edit('one', deps).then(() => work({}, deps)), work({ commandId: 'again' }, deps)],
      async () => {
        expect(subscribes('one')).toBe(true);
        await all.follow();
        expect(all.stale()).toEqual([]);
      },
    );
  });

  it('a set that is deleted while it is applied leaves no policies that no record knows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        await prepare();
        await edit('one');
        await deleteUser(all.api.deps)(ACME, 'device001', OPERATOR);
        const command = all.api.waiting.at(-1)?.command;
        if (!command) throw new Error('expected a command to collect the set');
        all.world.time.now += COLLECTION_DELAY_SECONDS * 1_000;
        const deps = scheduled(scheduler);
        await scheduler.waitFor(Promise.allSettled([work(command, deps), work({}, deps), work({}, deps)]));

        expect([all.setsInIot(), all.setsRecorded()]).toEqual([[], []]);
      }),
      { numRuns: 200 },
    );
  });

  it('a set that is deleted while a user is given it is there in the end, and one that nobody got is gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, given) => {
        await prepare();
        await deleteUser(all.api.deps)(ACME, 'device001', OPERATOR);
        const command = all.api.waiting.at(-1)?.command;
        if (!command) throw new Error('expected a command to collect the set');
        all.world.time.now += COLLECTION_DELAY_SECONDS * 1_000;
        const deps = scheduled(scheduler);
        const grant = given ? [createUser(deps)(ACME, 'device002', user('line-1'), OPERATOR)] : [];
        await scheduler.waitFor(Promise.allSettled([work(command, deps), ...grant]));
        await all.later();

        expect(all.setsInIot()).toEqual(given ? [set] : []);
        expect(all.setsRecorded()).toEqual(all.setsInIot());
        expect(all.stale()).toEqual([]);
        if (given) expect(record()).toMatchObject({ unusedSince: null });
      }),
      { numRuns: 100 },
    );
  });

  it('two users that are given one new set both have it', async () => {
    await races(
      (deps) => [
        createUser(deps)(ACME, 'device002', user('line-1', 'line-2'), OPERATOR),
        createUser(deps)(ACME, 'device003', user('line-2', 'line-1'), OPERATOR),
        edit('one', deps),
      ],
      async () => {
        await all.follow();
        await all.later();
        expect(all.setsInIot()).toEqual(all.setsOfUsers());
        expect(all.stale()).toEqual([]);
        expect(all.notes()).toEqual(all.notesOfUsers());
      },
    );
  });
});
