// vestibule role: what is sent for what is typed, what is printed, and how long an edit waits.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import { createRole, deleteRole, editRole, listRoles, showRole } from '#cli/commands/role.ts';
import type { RoleInUseView, RolePreview } from '#contracts/ops-api.ts';
import { runCommandLine } from '#support/command-line.ts';
import { type Answers, fakeContext } from '#support/fake-api.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vestibule-role-'));
  return () => rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const ID = '6f0ad7c5-7f0c-5f1e-9a57-0d5f6a1f3b21';
const READ = { resource: 'edge.cybus/#', operation: 'read', context: 'mqtt', allowRetain: false } as const;
const WRITE = { resource: 'edge.cybus/+/state', operation: 'write', context: 'mqtt', allowRetain: false } as const;
const SET = {
  permissionSet: 'acme.connectware.0f1e2d3c4b5a6978',
  roles: ['line-1'],
  documents: 1,
  inexact: [],
  applied: true,
};
const ROLE: RoleInUseView = {
  id: ID,
  name: 'line-1',
  permissions: [READ, WRITE],
  plusMode: 'exact',
  builtIn: false,
  createdAt: '2026-01-31T12:00:00.000Z',
  version: 1,
  inexact: [],
  permissionSets: [SET],
};
const named: Answers = {
  listRoles: ({ query }) => ({
    roles: [undefined, 'line-1'].includes(query['name[eq]']) ? [ROLE] : [],
    cursor: null,
  }),
};
const acme = { tenant: 'acme' };

describe('role create', () => {
  it('sends what the flags permit, and prints the role', async () => {
    const { context, asked, stdout } = fakeContext({ createRole: () => ({ ...ROLE, permissionSets: [] }) });
    const patterns = { read: ['edge.cybus/#'], write: ['edge.cybus/+/state', 'a'], readWrite: ['b'] };
    await createRole(context, 'line-1', { ...acme, ...patterns });

    expect(asked[0]).toMatchObject({
      id: 'createRole',
      params: acme,
      body: {
        name: 'line-1',
        permissions: [READ, WRITE, { ...WRITE, resource: 'a' }, { ...WRITE, resource: 'b', operation: 'readWrite' }],
        plusMode: 'exact',
      },
    });
    expect(stdout()).toContain('PERMITS\n  read   edge.cybus/#\n  write  edge.cybus/+/state\n');
    expect(stdout()).toContain('no user has this role');
  });

  it('takes a file as it is written by hand, and as "role show --json" prints it', async () => {
    const byHand = file('by-hand.json', '[{"resource": "edge.cybus/#", "operation": "read"}]');
    const printed = file('printed.json', JSON.stringify(ROLE));
    const { context, asked } = fakeContext({ createRole: () => ROLE });
    await createRole(context, 'line-1', { ...acme, permissions: byHand });
    await createRole(context, 'line-1', { ...acme, permissions: printed, plusMode: 'widen' });

    expect(asked.map(({ body }) => body)).toEqual([
      { name: 'line-1', permissions: [READ], plusMode: 'exact' },
      { name: 'line-1', permissions: [READ, WRITE], plusMode: 'widen' },
    ]);
  });

  it('P-09: takes plusMode from the file, unless the flag says otherwise', async () => {
    const widened = file('widened.json', JSON.stringify({ ...ROLE, plusMode: 'widen' }));
    const { context, asked } = fakeContext({ ...named, createRole: () => ROLE, editRole: () => ROLE });
    await createRole(context, 'line-1', { ...acme, permissions: widened });
    await editRole(context, ID, { ...acme, permissions: widened, wait: false });
    await editRole(context, ID, { ...acme, permissions: widened, plusMode: 'exact', wait: false });
    const list = file('list.json', '[{"resource": "edge.cybus/#", "operation": "read"}]');
    await editRole(context, ID, { ...acme, permissions: list, wait: false });

    expect(asked.map(({ body }) => body)).toEqual([
      { name: 'line-1', permissions: [READ, WRITE], plusMode: 'widen' },
      { permissions: [READ, WRITE], plusMode: 'widen', version: 1 },
      { permissions: [READ, WRITE], plusMode: 'exact', version: 1 },
      // a list says nothing of it, so that the role keeps its own
      { permissions: [READ] },
    ]);
  });

  it('P-10: refuses what is no permission before anything is sent, with its place', async () => {
    const { context, asked } = fakeContext({});
    const create = (options: Parameters<typeof createRole>[2]) => createRole(context, 'line-1', options);
    const permissions = (content: string) => ({ ...acme, permissions: file('bad.json', content) });

    await expect(create(acme)).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
    await expect(create({ ...acme, write: ['a', 'b+'] })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^--write: .*"b\+"/),
    });
    const good = '{"resource": "a", "operation": "read"}';
    await expect(create(permissions(`[${good}, {"resource": "a/*", "operation": "read"}]`))).rejects.toMatchObject({
      code: 'RESOURCE_CHARSET',
      message: expect.stringContaining('bad.json: permissions[1]: '),
    });
    await expect(create(permissions('[{"resource": "a", "operation": "publish"}]'))).rejects.toMatchObject({
      code: 'OPERATION_UNKNOWN',
    });
    await expect(create(permissions(`[${good.replace('}', ', "retain": true}')}]`))).rejects.toMatchObject({
      code: 'PERMISSION_FILE',
      message: expect.stringContaining('permissions[0]: unknown key "retain"'),
    });
    await expect(create(permissions('[{"operation": "read"}]'))).rejects.toMatchObject({
      message: expect.stringContaining('permissions[0]: expected the key "resource"'),
    });
    for (const content of ['secret', '"secret"', '{"secret": 1}'])
      await expect(create(permissions(content))).rejects.toMatchObject({
        code: 'PERMISSION_FILE',
        message: expect.not.stringContaining('secret'),
      });
    await expect(create({ ...acme, permissions: join(folder, 'none.json') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    expect(asked).toEqual([]);
  });
});

it.each(['create', 'show', 'edit', 'delete'])(
  'a name that no role can have is a wrong command line: role %s',
  async (verb) => {
    const { exitCode, stderr } = await runCommandLine(['role', verb, 'a/b', '--tenant', 'acme']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("'a/b' is invalid")]);
  },
);

describe('role show, list and delete', () => {
  it('find the role by its name, or take its id', async () => {
    const { context, asked } = fakeContext({ ...named, showRole: () => ROLE, deleteRole: () => ROLE });
    await showRole(context, 'line-1', acme);
    await showRole(context, ID, acme);
    await deleteRole(context, 'line-1', acme);

    expect(asked.map(({ id, params, query }) => [id, params['role'], query['name[eq]']])).toEqual([
      ['listRoles', undefined, 'line-1'],
      ['showRole', ID, undefined],
      ['showRole', ID, undefined],
      ['listRoles', undefined, 'line-1'],
      ['deleteRole', ID, undefined],
    ]);
  });

  it('suggest the name that was meant', async () => {
    const { context, asked } = fakeContext(named);

    await expect(deleteRole(context, 'lin-1', acme)).rejects.toMatchObject({
      code: 'ROLE_UNKNOWN',
      message: 'acme has no role "lin-1" (did you mean "line-1"?)',
    });
    expect(asked.map(({ id }) => id)).toEqual(['listRoles', 'listRoles']);
  });

  it('say in which permission sets IoT Core has it, and what is not exact', async () => {
    const alone = {
      from: 'role line-1',
      resource: '+/x/#',
      kind: 'narrower' as const,
      because: 'one level more is refused',
    };
    const inexact = [alone, { ...alone, from: 'role line-2' }];
    const permissionSets = [
      { ...SET, inexact },
      { ...SET, permissionSet: 'acme.connectware.aa', applied: false, documents: 3, inexact },
    ];
    const role = { ...ROLE, inexact: [alone], permissionSets };
    const { context, stdout } = fakeContext({ ...named, showRole: () => role });
    await showRole(context, 'line-1', acme);

    expect(stdout()).toMatch(/acme\.connectware\.0f1e2d3c4b5a6978 +line-1 +1 +yes/);
    expect(stdout()).toMatch(/acme\.connectware\.aa +line-1 +3 +not yet/);
    for (const name of ['line-1', 'line-2'])
      expect(stdout().split(`+/x/# (role ${name}): one level more is refused`)).toHaveLength(2);
  });

  it('say what is not exact of a role that nobody has yet', async () => {
    const because = 'one level more is refused';
    const inexact = [{ from: 'role line-1', resource: '+/x/#', kind: 'narrower' as const, because }];
    const answer = { ...ROLE, inexact, permissionSets: [] };
    const { context, stdout } = fakeContext({
      createRole: () => answer,
      previewRole: () => ({ role: 'line-1', plusMode: 'exact', inexact, permissionSets: [] }),
      ...named,
    });
    await createRole(context, 'line-1', { ...acme, readWrite: ['+/x/#'] });
    await editRole(context, 'line-1', { ...acme, readWrite: ['+/x/#'], dryRun: true, wait: true });

    expect(stdout().split('NOT EXACT\n  +/x/# (role line-1): one level more is refused\n')).toHaveLength(3);
  });

  it('list names with the number of permissions', async () => {
    const { context, stdout } = fakeContext(named);
    await listRoles(context, acme);

    expect(stdout()).toMatch(new RegExp(`line-1 +2 +exact +2026-01-31 12:00:00Z +${ID}`));
  });
});

describe('role edit', () => {
  /** A clock that a pause moves by one millisecond. */
  const paceOf = (patienceMs: number) => {
    let time = 0;
    const pause = async () => {
      time += 1;
    };
    return { patienceMs, now: () => time, pause };
  };
  const pending = { ...ROLE, permissionSets: [SET, { ...SET, permissionSet: 'acme.eu1.2', applied: false }] };

  it('P-12: waits until IoT Core has it in every permission set', async () => {
    const answers = [pending, pending, { ...ROLE, version: 2 }];
    const { context, asked, stdout, stderr } = fakeContext({
      ...named,
      editRole: () => pending,
      showRole: () => answers.shift() ?? pending,
    });
    await editRole(context, 'line-1', { ...acme, read: ['a'], wait: true }, paceOf(60_000));

    expect(asked.map(({ id }) => id)).toEqual(['listRoles', 'editRole', 'showRole', 'showRole', 'showRole']);
    expect(asked[1]).toMatchObject({
      params: { tenant: 'acme', role: ID },
      query: { disconnect: 'false' },
      body: { permissions: [{ ...READ, resource: 'a' }] },
    });
    expect(stdout()).toMatch(/version +2/);
    expect(stdout()).not.toContain('not yet');
    expect(stderr()).toContain('6 to 8 minutes');
  });

  it('gives up when nothing moves for a while, and says how far it came', async () => {
    const { context } = fakeContext({ ...named, editRole: () => pending, showRole: () => pending });
    const edit = editRole(context, 'line-1', { ...acme, read: ['a'], wait: true }, paceOf(5));

    await expect(edit).rejects.toMatchObject({
      code: 'NOT_APPLIED_YET',
      message: expect.stringContaining('in 1 of 2 permission sets'),
    });
  });

  it('has patience as long as one set after the other gets it', async () => {
    const sets = (applied: number) =>
      Array.from({ length: 30 }, (_, at) => ({ ...SET, permissionSet: `acme.eu1.${at}`, applied: at < applied }));
    let applied = 0;
    const { context, stdout } = fakeContext({
      ...named,
      editRole: () => ({ ...ROLE, permissionSets: sets(0) }),
      showRole: () => {
        applied += 1;
        return { ...ROLE, permissionSets: sets(applied) };
      },
    });
    // thirty pauses are more than the patience, which each set begins anew
    await editRole(context, 'line-1', { ...acme, read: ['a'], wait: true }, paceOf(5));

    expect(stdout()).not.toContain('not yet');
  });

  it('does not wait when it is told so, and hands over --disconnect and --plus-mode', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ ...named, editRole: () => pending }, true);
    await editRole(context, ID, { ...acme, plusMode: 'widen', disconnect: true, wait: false });

    expect(asked).toEqual([
      {
        id: 'editRole',
        params: { tenant: 'acme', role: ID },
        query: { disconnect: 'true' },
        body: { plusMode: 'widen' },
      },
    ]);
    expect(JSON.parse(stdout())).toEqual(pending);
    expect(stderr()).toBe('');
  });

  it('--dry-run changes nothing, and says which devices gain and lose what', async () => {
    const { applied: _, ...applied } = SET;
    const set = { ...applied, becomesInexact: [], becomesExact: [] };
    const preview: RolePreview = {
      role: 'line-1',
      plusMode: 'exact',
      inexact: [],
      permissionSets: [
        { ...set, gains: [READ], loses: [WRITE], devices: ['machine-4', 'machine-5'], more: true },
        { ...set, permissionSet: 'acme.eu1.2', documents: 2, gains: [], loses: [], devices: [], more: false },
      ],
    };
    const { context, asked, stdout, stderr } = fakeContext({ ...named, previewRole: () => preview });
    await editRole(context, 'line-1', { ...acme, read: ['edge.cybus/#'], dryRun: true, wait: true });

    expect(asked.map(({ id }) => id)).toEqual(['listRoles', 'previewRole']);
    expect(stdout()).toBe(
      [
        'acme.connectware.0f1e2d3c4b5a6978  roles line-1; 1 document',
        '  devices: machine-4, machine-5, and more',
        '  + read  edge.cybus/#',
        '  - write  edge.cybus/+/state',
        'acme.eu1.2  roles line-1; 2 documents',
        '  no device yet',
        '  no change',
        '',
      ].join('\n'),
    );
    expect(stderr()).toContain('nothing was changed');
  });

  it('P-09: --dry-run says what stops and starts being exact, also where no permission changes', async () => {
    const { applied: _, ...set } = SET;
    const inexact = (resource: string, kind: 'wider' | 'narrower') => ({
      from: 'role line-1',
      resource,
      kind,
      because: 'of a Deny',
    });
    const becomesInexact = [inexact('edge.cybus/+/state', 'wider'), inexact('+/x/#', 'narrower')];
    const changes = { gains: [], loses: [], becomesInexact, becomesExact: [inexact('a/+/b', 'wider')] };
    const preview: RolePreview = {
      role: 'line-1',
      plusMode: 'widen',
      inexact: [],
      permissionSets: [{ ...set, ...changes, devices: ['machine-4'], more: false }],
    };
    const { context, stdout } = fakeContext({ ...named, previewRole: () => preview });
    await editRole(context, 'line-1', { ...acme, plusMode: 'widen', dryRun: true, wait: true });

    expect(stdout().split('\n').slice(2)).toEqual([
      '  ~ edge.cybus/+/state (role line-1): its + stands for several levels now',
      '  ~ +/x/# (role line-1): refuses some of its own topics now',
      '  ~ a/+/b (role line-1): exact again',
      '',
    ]);
  });

  it('P-09: says that a widened role stays so when what is given says nothing of it', async () => {
    const widened = { ...ROLE, plusMode: 'widen' as const };
    const told = async (options: object) => {
      const { context, stderr } = fakeContext({
        ...named,
        editRole: () => widened,
        previewRole: () => ({ role: 'line-1', plusMode: 'widen', inexact: [], permissionSets: [] }),
      });
      await editRole(context, 'line-1', { ...acme, wait: false, ...options });
      return stderr().includes('plus mode stays widen (--plus-mode exact to change)\n');
    };
    const list = file('plain.json', '[{"resource": "edge.cybus/#", "operation": "read"}]');

    expect(await told({ permissions: list })).toBe(true);
    expect(await told({ permissions: list, dryRun: true })).toBe(true);
    expect(await told({ permissions: list, plusMode: 'widen' })).toBe(false);
    expect(await told({ permissions: file('role.json', JSON.stringify(widened)) })).toBe(false);
  });

  it('U-10: of what "role show --json" printed names the version, so that no later edit of others is overwritten', async () => {
    const printed = file('mine.json', JSON.stringify({ ...ROLE, version: 7 }));
    const other = file('other.json', JSON.stringify({ ...ROLE, version: 7, id: ID.replace('6', '7') }));
    const bare = file('bare.json', JSON.stringify({ ...ROLE, version: undefined }));
    const refused = new ApiFailure('ROLE_CHANGED', 'version 7 is old', 409);
    const { context, asked } = fakeContext({
      ...named,
      previewRole: () => ({ role: 'line-1', plusMode: 'exact', inexact: [], permissionSets: [] }),
      editRole: ({ body }) => {
        if (body !== null && typeof body === 'object' && 'version' in body) throw refused;
        return ROLE;
      },
    });
    const edit = (permissions: string, more = {}) =>
      editRole(context, 'line-1', { ...acme, permissions, wait: false, ...more });

    await edit(printed, { dryRun: true });
    await expect(edit(printed)).rejects.toBe(refused);
    await edit(other);
    await edit(bare);

    const sent = asked.filter(({ id }) => id !== 'listRoles').map(({ body }) => body);
    const content = { permissions: [READ, WRITE], plusMode: 'exact' };
    expect(sent).toEqual([{ ...content, version: 7 }, { ...content, version: 7 }, content, content]);
  });

  it('of nothing is a wrong command line', async () => {
    const { context, asked } = fakeContext(named);
    await expect(editRole(context, 'line-1', { ...acme, wait: true })).rejects.toMatchObject({ exitCode: 2 });
    expect(asked).toEqual([]);
  });
});
