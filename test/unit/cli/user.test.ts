// vestibule user: what is sent for what is typed, for one user and for many.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import { changeUsers, createUser, deleteUser, listUsers, showUser } from '#cli/commands/user.ts';
import type { RoleView, TenantView, UserView, WrittenUser } from '#contracts/ops-api.ts';
import type { UserMatch } from '#domain/tenant.ts';
import { runCommandLine } from '#support/command-line.ts';
import { type Answers, fakeContext } from '#support/fake-api.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vestibule-user-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

const CERTIFICATE = { method: 'certificate', isRequired: false } as const;
const role = (name: string, digit: string): RoleView => ({
  id: `00000000-0000-5000-8000-00000000000${digit}`,
  name,
  permissions: [],
  plusMode: 'exact',
  builtIn: false,
  createdAt: '2026-01-31T12:00:00.000Z',
  version: 1,
});
const ROLES = [role('line-1', '1'), role('viewer', '2')] as const;
const [LINE, VIEWER] = ROLES;
const user = (username: string, changes: Partial<UserView> = {}): UserView => ({
  username,
  identityProvider: 'local',
  grantTypes: [CERTIFICATE],
  roles: [LINE.id],
  permissions: [],
  warnings: [],
  createdAt: '2026-01-31T12:00:00.000Z',
  version: 1,
  ...changes,
});
const tenant = (userMatch: UserMatch): TenantView => ({
  tenant: 'acme',
  naming: 'connectware',
  admission: 'auto',
  allowList: false,
  userMatch,
  topics: null,
  anchorLimit: 2,
  anchorRules: 'default',
  renewal: 'replace',
  secondSession: 'take-over',
  createdAt: '2026-01-31T12:00:00.000Z',
});
const written = (username: string, changes: Partial<WrittenUser> = {}): WrittenUser => ({
  ...user(username),
  devices: 0,
  ...changes,
});
const listed: Answers = {
  showTenant: () => tenant('required'),
  listRoles: ({ query }) => ({
    roles: ROLES.filter(({ name }) => (query['name[eq]'] ?? name) === name),
    cursor: null,
  }),
};
const acme = { tenant: 'acme' };

describe('user create', () => {
  it('U-02: makes a user with the certificate grant and roles by name, and prints warnings apart', async () => {
    const { context, asked, stdout, stderr } = fakeContext({
      ...listed,
      createUser: () => written('device001', { roles: [LINE.id, VIEWER.id], warnings: ['reaches every topic'] }),
    });
    await createUser(context, 'device001', { ...acme, role: ['line-1', 'viewer', 'line-1'] });

    expect(asked.find(({ id }) => id === 'createUser')).toMatchObject({
      params: acme,
      body: {
        username: 'device001',
        identityProvider: 'local',
        grantTypes: [CERTIFICATE],
        roles: [LINE.id, VIEWER.id],
        permissions: [],
      },
    });
    expect(stdout()).toMatch(/roles +line-1, viewer/);
    expect(stdout()).not.toContain('reaches every topic');
    expect(stderr()).toContain('warning: reaches every topic');
    expect(stderr()).toContain('vestibule device retry');
  });

  it('U-03: takes other methods in place of the certificate', async () => {
    const { context, asked } = fakeContext({ ...listed, createUser: () => written('device001') });
    await createUser(context, 'device001', { ...acme, method: ['password'] });

    expect(asked[0]?.body).toMatchObject({ grantTypes: [{ method: 'password', isRequired: false }], roles: [] });
  });

  const NOT_LOOKED_AT = 'users of acme are not looked at: vestibule tenant set acme --user-match required\n';

  it('U-03: advises no retry to a user that no certificate can be', async () => {
    const created = written('device001', { grantTypes: [{ method: 'password', isRequired: false }] });
    const { context, stderr } = fakeContext({ ...listed, createUser: () => created });
    await createUser(context, 'device001', { ...acme, method: ['password'] });

    expect(stderr()).toBe('');
  });

  it('U-01: says that the tenant looks at no users, in the place of a retry that cannot help', async () => {
    const answers: Answers = {
      ...listed,
      showTenant: () => tenant('off'),
      createUser: () => written('device001'),
      showUser: () => user('device001'),
      setUser: () => written('device001'),
    };
    const { context, stderr } = fakeContext(answers);
    await createUser(context, 'device001', acme);
    expect(stderr()).toBe(NOT_LOOKED_AT);

    await changeUsers(context, 'revoke', ['device001'], { ...acme, role: ['viewer'] });
    await changeUsers(context, 'grant', ['device001'], { ...acme, role: ['viewer'] });
    const nobody =
      'no device is this user yet; one that is in without a user comes under it by: vestibule device retry <client id or fingerprint>\n';
    expect(stderr()).toBe(NOT_LOOKED_AT + nobody + NOT_LOOKED_AT + nobody + NOT_LOOKED_AT);
  });

  it('says how many devices come back with a user that was there before', async () => {
    const { context, stderr } = fakeContext({ ...listed, createUser: () => written('device001', { devices: 2 }) });
    await createUser(context, 'device001', acme);

    expect(stderr()).toContain('2 devices follow in a moment; see: vestibule device show <client id>\n');
  });

  it('finds the names of roles on every page of them', async () => {
    const pages: Answers = {
      listRoles: ({ query }) =>
        query['cursor'] === undefined ? { roles: [LINE], cursor: 'next' } : { roles: [VIEWER], cursor: null },
      showUser: () => user('device001', { roles: [LINE.id, VIEWER.id] }),
    };
    const { context, stdout } = fakeContext(pages);
    await showUser(context, 'device001', acme);

    expect(stdout()).toMatch(/roles +line-1, viewer/);
  });

  it('names the role that was meant, and creates nothing', async () => {
    const { context, asked } = fakeContext(listed);

    await expect(createUser(context, 'device001', { ...acme, role: ['viewr'] })).rejects.toMatchObject({
      code: 'ROLE_UNKNOWN',
      message: expect.stringContaining('did you mean "viewer"?'),
    });
    expect(asked.map(({ id }) => id)).not.toContain('createUser');
  });
});

describe('user list and show', () => {
  it('give roles their names', async () => {
    const own = { resource: 'a', operation: 'read', context: 'mqtt', allowRetain: true } as const;
    const { context, stdout } = fakeContext({
      ...listed,
      listUsers: () => ({
        users: [user('device001'), user('admin', { createdAt: null, grantTypes: [] })],
        cursor: null,
      }),
      showUser: () => user('device001', { permissions: [own] }),
    });
    await listUsers(context, acme);
    expect(stdout()).toMatch(/device001 +certificate +line-1 +2026-01-31 12:00:00Z/);
    expect(stdout()).toMatch(/admin +- +line-1 +built in/);

    await showUser(context, 'device001', acme);
    expect(stdout()).toMatch(/grants +certificate\nroles +line-1\n/);
    expect(stdout()).toContain('  read  a  (may be retained)');
  });
});

describe('user grant and revoke', () => {
  /** An API that keeps users, and how often each was set. */
  const keeping = (...users: readonly UserView[]) => keepingOf(1, users);
  /** @param devices how many are each user */
  const keepingOf = (devices: number, users: readonly UserView[]) => {
    const kept = new Map(users.map((one) => [one.username, one]));
    const find = (username = ''): UserView => {
      const found = kept.get(username);
      if (found === undefined) throw new ApiFailure('USER_UNKNOWN', `acme has no user "${username}"`, 404);
      return found;
    };
    const answers: Answers = {
      ...listed,
      showUser: ({ params }) => find(params['username']),
      setUser: ({ params, body }) => {
        const before = find(params['username']);
        const { version, ...change } = body as Partial<UserView>;
        if (version !== before.version) throw new ApiFailure('USER_CHANGED', `version ${version} is old`, 409);
        const changed = { ...before, ...change, version: before.version + 1 };
        kept.set(changed.username, changed);
        return { ...changed, devices };
      },
    };
    return { kept, answers };
  };

  it('change each user once, and count those that need no change', async () => {
    const { kept, answers } = keeping(user('a'), user('b', { grantTypes: [], roles: [] }), user('c'));
    const from = join(folder, 'users.txt');
    writeFileSync(from, '# line 1\nb\n\na\n');
    const { context, asked, stdout } = fakeContext(answers);
    await changeUsers(context, 'grant', ['a'], { ...acme, role: ['line-1'], method: ['certificate'], from });

    expect(kept.get('b')).toMatchObject({ grantTypes: [CERTIFICATE], roles: [LINE.id] });
    expect(asked.filter(({ id }) => id === 'setUser').map(({ params }) => params['username'])).toEqual(['a', 'b']);
    expect(stdout()).toBe('1 user changed, 1 user had it already\n');
  });

  it('U-03, V-08: revoke takes what is named and nothing else', async () => {
    const { kept, answers } = keeping(user('a', { roles: [LINE.id, VIEWER.id] }), user('b', { roles: [VIEWER.id] }));
    const { context, stdout } = fakeContext(answers, true);
    await changeUsers(context, 'revoke', ['a', 'b'], { ...acme, role: ['line-1'] });
    expect(kept.get('a')).toMatchObject({ grantTypes: [CERTIFICATE], roles: [VIEWER.id] });
    expect(JSON.parse(stdout())).toEqual({ changed: ['a'], unchanged: ['b'], devices: 2, warnings: [] });

    await changeUsers(context, 'revoke', ['a'], { ...acme, method: ['certificate'] });
    expect(kept.get('a')).toMatchObject({ grantTypes: [], roles: [VIEWER.id] });
  });

  it('ask again for what seems done, so that the API finishes what an earlier attempt left', async () => {
    const { answers } = keeping(user('a', { grantTypes: [] }));
    const { context, asked } = fakeContext(answers);
    await changeUsers(context, 'revoke', ['a'], { ...acme, method: ['certificate'] });

    expect(asked.map(({ id }) => id)).toEqual(['showUser', 'setUser']);
  });

  it('U-09: print each warning once', async () => {
    const warnings = ['reaches every topic'];
    const { answers } = keeping(user('a', { roles: [], warnings }), user('b', { roles: [], warnings }));
    const { context, stderr } = fakeContext(answers);
    await changeUsers(context, 'grant', ['a', 'b'], { ...acme, role: ['viewer'] });

    expect(stderr().match(/warning: reaches every topic/g)).toHaveLength(1);
  });

  it('keep a grant as it is when it is given again', async () => {
    const required = { method: 'certificate', isRequired: true } as const;
    const { kept, answers } = keeping(user('a', { grantTypes: [required] }));
    await changeUsers(fakeContext(answers).context, 'grant', ['a'], { ...acme, method: ['certificate', 'password'] });

    expect(kept.get('a')?.grantTypes).toEqual([required, { method: 'password', isRequired: false }]);
  });

  it('U-03, V-08: of two at once none undoes the other: what both read is read again by the second', async () => {
    const { kept, answers } = keeping(user('a', { roles: [] }));
    const { context, asked, stdout } = fakeContext({
      ...answers,
      setUser: (call) => {
        // a colleague takes the grant between the first read and the first write
        const before = kept.get('a');
        if (before?.version === 1) kept.set('a', { ...before, grantTypes: [], version: 2 });
        return answers.setUser?.(call) ?? written('a');
      },
    });
    await changeUsers(context, 'grant', ['a'], { ...acme, role: ['line-1'] });

    expect(kept.get('a')).toMatchObject({ grantTypes: [], roles: [LINE.id], version: 3 });
    expect(asked.filter(({ id }) => id === 'setUser').map(({ body }) => body)).toEqual([
      { roles: [LINE.id], version: 1 },
      { roles: [LINE.id], version: 2 },
    ]);
    expect(stdout()).toBe('1 user changed\n');
  });

  it('give up on a user that others change each time', async () => {
    const { answers } = keeping(user('a'));
    const { context, asked } = fakeContext({
      ...answers,
      setUser: () => {
        throw new ApiFailure('USER_CHANGED', 'version 1 is old', 409);
      },
    });
    const revoke = changeUsers(context, 'revoke', ['a'], { ...acme, method: ['certificate'] });

    await expect(revoke).rejects.toMatchObject({ code: 'USER_CHANGED' });
    expect(asked.filter(({ id }) => id === 'setUser').map(({ body }) => body)).toEqual(
      Array.from({ length: 5 }, () => ({ grantTypes: [], version: 1 })),
    );
  });

  it('name every user that is unknown, before any is changed', async () => {
    const { answers } = keeping(user('a', { roles: [] }), user('c', { roles: [] }));
    const { context, asked, stdout } = fakeContext(answers);
    const many = changeUsers(context, 'grant', ['a', 'b', 'c', 'd'], { ...acme, role: ['line-1'] });

    await expect(many).rejects.toMatchObject({
      code: 'USER_UNKNOWN',
      message: '2 of 4 users are unknown; nothing was changed:\nacme has no user "b"\nacme has no user "d"',
    });
    expect(asked.map(({ id }) => id)).not.toContain('setUser');
    expect(stdout()).toBe('');
    await expect(changeUsers(context, 'grant', ['b'], { ...acme, role: ['line-1'] })).rejects.toMatchObject({
      message: 'acme has no user "b"',
    });
  });

  it('look no further when users cannot be read', async () => {
    const { context, asked } = fakeContext({ ...listed });
    await expect(changeUsers(context, 'grant', ['a', 'b'], { ...acme, method: ['certificate'] })).rejects.toMatchObject(
      { code: 'NOT_PREPARED' },
    );
    expect(asked.map(({ id }) => id)).toEqual(['showUser']);
  });

  it('stop at the first failure of a change, and say how far they came', async () => {
    const { kept, answers } = keeping(user('a', { roles: [] }), user('b'), user('c', { roles: [] }));
    const { context, stdout } = fakeContext({
      ...answers,
      setUser: (call) => {
        if (call.params['username'] === 'b') throw new ApiFailure('TRY_AGAIN', 'something is away', 503);
        return answers.setUser?.(call) ?? written('a');
      },
    });
    const many = changeUsers(context, 'grant', ['a', 'b', 'c'], { ...acme, role: ['line-1'] });

    await expect(many).rejects.toMatchObject({
      code: 'TRY_AGAIN',
      message: 'something is away\n1 of 3 users done; the same command goes on from there',
    });
    expect([kept.get('a')?.roles, kept.get('c')?.roles]).toEqual([[LINE.id], []]);
    expect(stdout()).toBe('');
  });

  it('U-03: say how many devices follow, and how one that is in without a user comes to', async () => {
    for (const [devices, names, said] of [
      [1, ['a'], '1 device follows in a moment'],
      [1, ['a', 'b'], '2 devices follow in a moment'],
      [0, ['a'], 'no device is this user yet; one that is in without a user comes under it by: vestibule device retry'],
      [0, ['a', 'b'], 'no device is any of these users yet; one that'],
    ] as const) {
      const { answers } = keepingOf(devices, [user('a'), user('b')]);
      const { context, stderr } = fakeContext({ ...answers, showTenant: () => tenant('off') });
      await changeUsers(context, 'revoke', names, { ...acme, method: ['certificate'] });

      expect(stderr()).toContain(said);
      expect(stderr().includes('are not looked at')).toBe(devices === 0);
    }
  });

  it('of nothing, or of nobody, are wrong command lines', async () => {
    const { context, asked } = fakeContext({});
    await expect(changeUsers(context, 'grant', ['a'], acme)).rejects.toMatchObject({ exitCode: 2 });
    await expect(changeUsers(context, 'revoke', [], { ...acme, role: ['line-1'] })).rejects.toMatchObject({
      exitCode: 2,
    });
    const from = join(folder, 'empty.txt');
    writeFileSync(from, '# nobody\n');
    await expect(changeUsers(context, 'grant', [], { ...acme, role: ['x'], from })).rejects.toMatchObject({
      code: 'USER_LIST',
    });
    const odd = join(folder, 'odd.txt');
    writeFileSync(odd, 'a\nb c\n');
    await expect(changeUsers(context, 'grant', [], { ...acme, role: ['x'], from: odd })).rejects.toMatchObject({
      code: 'USER_LIST',
      message: expect.stringContaining('number 2 is none'),
    });
    expect(asked).toEqual([]);
  });

  it.each([
    ['create', 'a b', '--tenant', 'acme'],
    ['show', 'a b', '--tenant', 'acme'],
    ['delete', 'a b', '--tenant', 'acme'],
    ['grant', 'a', 'a b', '--tenant', 'acme', '--method', 'certificate'],
    ['revoke', 'a', '--tenant', 'acme', '--role', 'line-1', 'a b'],
  ])('with a name that none can have are wrong command lines: user %s', async (...args) => {
    const { exitCode, stderr } = await runCommandLine(['user', ...args]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/'a b' is invalid.*Expected a (username|role's name):/),
    ]);
  });
});

describe('user delete', () => {
  it('deletes it, and says what becomes of its device', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ deleteUser: () => written('a', { devices: 1 }) });
    await deleteUser(context, 'a', acme);

    expect(asked[0]).toMatchObject({ id: 'deleteUser', params: { tenant: 'acme', username: 'a' } });
    expect(stdout()).toBe('a: deleted\n');
    expect(stderr()).toContain('1 device is suspended in a moment; a user of the same name');
  });

  it.each([
    [
      0,
      'no device was this user, so that none is suspended; one that is in without a user comes under it by: vestibule',
    ],
    [2, '2 devices are suspended in a moment; a user of the same name with the certificate grant lets them back in'],
  ])('U-03: says how many are suspended, when it is %s', async (devices, said) => {
    const { context, stderr } = fakeContext({ deleteUser: () => written('a', { devices }) });
    await deleteUser(context, 'a', acme);

    expect(stderr()).toContain(said);
  });

  it('U-04: says of the built-in user that it is as it was at first', async () => {
    const { context, stdout, stderr } = fakeContext({ deleteUser: () => written('admin', { devices: 1 }) });
    await deleteUser(context, 'admin', acme);

    expect(stdout()).toBe('admin: put back as it was at first\n');
    expect(stderr()).not.toContain('a user of the same name');
  });
});
