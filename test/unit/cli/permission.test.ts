// vestibule permission: offline by the cloud's own code, and what is asked and printed of a system.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { explainPermission } from '#cli/commands/permission.ts';
import type { ExplanationView } from '#contracts/ops-api.ts';
import { runCommandLine } from '#support/command-line.ts';
import { fakeContext } from '#support/fake-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-permission-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const READ = { resource: 'edge.cybus/#', operation: 'read' };
const WRITE = { resource: 'edge.cybus/+/state', operation: 'write' };
const LINE_1 = file('line-1.json', [READ, WRITE]);
const ROLE = file('role.json', { name: 'line-1', permissions: [READ, WRITE], id: 'ignored' });

const explain = (...args: string[]) => runCommandLine(['permission', 'explain', '--device', 'device01', ...args]);
const explained = async (path: string, ...args: string[]) => {
  const { exitCode, stdout, stderr } = await explain('--permissions', path, '--json', ...args);
  expect(stderr).toBe('');
  return { exitCode, answer: JSON.parse(stdout) as ExplanationView };
};
const failure = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await runCommandLine([...args, '--json']);
  expect(stdout).toBe('');
  return { exitCode, ...(JSON.parse(stderr).error as { code: string; message: string }) };
};

describe('permission explain, offline', () => {
  it('U-10: prints the answer with its permission, and exits with 0 when the device may', async () => {
    const { exitCode, stdout, stderr } = await explain('--permissions', ROLE, '--publish', 'edge.cybus/a/state');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        'allow  device01 may publish to edge.cybus/a/state: role line-1 permits write on edge.cybus/+/state',
        'decided by    Allow iot:Publish',
        'resource      arn:aws:iot:eu-central-1:123456789012:topic/edge.cybus/*/state',
        'policy        document 1',
        'permission    write on edge.cybus/+/state',
        'from          role line-1',
        'to refuse it  remove write on edge.cybus/+/state from role line-1',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('not known offline: whether the device is let in, and what else it was granted\n');
  });

  it('P-13: exits with 1 when it may not, and says what would let it', async () => {
    const { exitCode, stdout } = await explain('--permissions', LINE_1, '--publish', 'foo');
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      [
        'deny  device01 may not publish to foo: it has only write on edge.cybus/+/state (line-1.json)',
        'decided by   no statement: what none allows is refused',
        'to allow it  add write on foo to line-1.json',
        '',
      ].join('\n'),
    );
  });

  it('asks each of the four, and retained', async () => {
    const allowed = async (...args: string[]) => (await explained(LINE_1, ...args)).answer;
    expect(await allowed('--connect', 'device01')).toMatchObject({ action: 'connect', allowed: true });
    expect(await allowed('--subscribe', 'edge.cybus/#')).toMatchObject({ action: 'subscribe', allowed: true });
    expect(await allowed('--receive', 'edge.cybus')).toMatchObject({ action: 'receive', allowed: true });
    expect(await allowed('--publish', 'edge.cybus/a/state', '--retain')).toMatchObject({
      action: 'publish',
      retain: true,
      allowed: false,
      pending: null,
    });
  });

  it('shows what an operator typed without what a terminal would obey', async () => {
    const { stdout } = await explain('--permissions', LINE_1, '--publish', 'a\u001b[2Jb');
    expect(stdout).toContain('a\\u{1b}[2Jb');
    expect(stdout).not.toContain('\u001b');
  });

  it('P-02: has the topics of the naming profile, whose tenant may stand in the client id', async () => {
    const none = file('none.json', []);
    const asked = ['--publish', 'tc/acme/acme_device01/o/x', '--naming', 'eu1'];
    const named = await runCommandLine([
      ...['permission', 'explain', '--device', 'acme_device01', '--permissions', none, '--json'],
      ...asked,
    ]);
    expect(JSON.parse(named.stdout)).toMatchObject({ allowed: true, source: { from: 'naming profile eu1' } });
    const { answer } = await explained(
      none,
      '--publish',
      'tc/acme/device01/o/x',
      '--naming',
      'eu1',
      '--tenant',
      'acme',
    );
    expect(answer.allowed).toBe(true);
  });

  it('asks for the tenant only where its name is in the topics', async () => {
    const command = ['permission', 'explain', '--device', 'device01', '--publish', 'x'];
    const needed = { exitCode: 2, code: 'USAGE', message: expect.stringContaining('--tenant') };
    const placed = file('placed.json', [{ resource: '{tenant}/x', operation: 'read' }]);
    expect(await failure(...command, '--permissions', placed)).toMatchObject(needed);
    expect(await failure(...command, '--permissions', LINE_1, '--naming', 'eu1')).toMatchObject(needed);
    expect((await explained(LINE_1, '--publish', 'x', '--naming', 'eu2')).exitCode).toBe(1);
  });

  it('begins with the mark that Windows writes ahead of UTF-8, or not', async () => {
    const marked = file('marked.json', `\uFEFF${JSON.stringify([READ])}`);
    expect((await explained(marked, '--receive', 'edge.cybus/a')).answer.allowed).toBe(true);
  });

  it('P-11: finds too large what compile finds too large, with the same region and account', async () => {
    const literals = (count: number) =>
      file(
        `${count}.json`,
        Array.from({ length: count }, (_, n) => ({ resource: `plant/line${n}/state`, operation: 'readWrite' })),
      );
    const outcome = async (path: string, ...place: string[]) => {
      const args = [...place, '--json'];
      const ran = await Promise.all([
        runCommandLine(['permission', 'compile', path, ...args]),
        explain('--permissions', path, '--publish', 'plant/line0/state', ...args),
      ]);
      return ran.map(({ exitCode }) => exitCode);
    };
    // the longer the region's name, the less fits
    const fits = literals(134);
    expect(await outcome(fits)).toEqual([0, 0]);
    expect(await outcome(fits, '--region', 'ap-southeast-1', '--account', '210987654321')).toEqual([1, 1]);
    expect(await outcome(literals(145))).toEqual([1, 1]);
  });

  it('names region and account in the resource as they are given', async () => {
    const place = ['--region', 'cn-north-1', '--account', '210987654321'];
    const { answer } = await explained(LINE_1, '--publish', 'edge.cybus/a/state', ...place);
    expect(answer.statement?.resource).toBe('arn:aws-cn:iot:cn-north-1:210987654321:topic/edge.cybus/*/state');
  });

  it('P-09: honours the plusMode of a role', async () => {
    const permissions = [WRITE, { resource: 'edge.cybus/a/b/state', operation: 'write' }];
    const command = ['permission', 'explain', '--device', 'device01', '--publish', 'edge.cybus/1/2/state'];
    expect(await failure(...command, '--permissions', file('exact.json', { permissions }))).toMatchObject({
      exitCode: 1,
      code: 'POLICY_UNREPRESENTABLE',
      // the file, once
      message: expect.stringMatching(
        /exact\.json: edge\.cybus\/\+\/state cannot stand beside edge\.cybus\/a\/b\/state: /,
      ),
    });
    const widened = file('widen.json', { permissions, plusMode: 'widen' });
    expect((await explained(widened, '--publish', 'edge.cybus/1/2/state')).answer).toMatchObject({
      allowed: true,
      source: { from: 'widen.json' },
    });
  });
});

describe('a question that cannot be asked', () => {
  const online = ['permission', 'explain', '--device', 'device01', '--publish', 'a'];
  const offline = ['permission', 'explain', '--device', 'device01', '--permissions', LINE_1];

  it.each([
    ['none of the four', offline, 'got none'],
    ['several of them', [...offline, '--publish', 'a', '--receive', 'b', '--connect', 'c'], 'got 3'],
    ['--retain of a subscription', [...offline, '--subscribe', 'a', '--retain'], '--publish only'],
    ['a file and a system', [...offline, '--publish', 'a', '--stack', 'x'], 'give one of them'],
    ['a naming of a system', [...online, '--naming', 'eu1'], '--naming goes with --permissions'],
    ['an account of a system', [...online, '--account', '210987654321'], '--account goes with --permissions'],
    ['no device', ['permission', 'explain', '--publish', 'a'], '--device'],
    ['a naming that is none', [...offline, '--publish', 'a', '--naming', 'connectwear'], 'did you mean "connectware"?'],
  ])('%s is a wrong command line', async (_what, args, told) => {
    expect(await failure(...args)).toMatchObject({
      exitCode: 2,
      code: 'USAGE',
      message: expect.stringContaining(told),
    });
  });

  it.each([
    ['is not there', join(folder, 'nothing.json'), 'FILE_NOT_FOUND', 'there is no such file'],
    ['is no JSON', file('text.json', 'plant/#'), 'PERMISSION_FILE', 'it is not JSON'],
    ['is other JSON', file('other.json', { roles: [] }), 'PERMISSION_FILE', 'it is other JSON'],
    ['has another plusMode', file('mode.json', { permissions: [], plusMode: 'no' }), 'PERMISSION_FILE', 'other JSON'],
    [
      'has an entry of another shape',
      file('shape.json', [READ, { ...READ, resource: 1 }]),
      'PERMISSION_FILE',
      'permissions[1].resource: expected a text, got 1',
    ],
    [
      'has an entry that is none',
      file('entry.json', [READ, 'plant/#']),
      'PERMISSION_FILE',
      'permissions[1]: expected resource, operation, context and allowRetain alone, got "plant/#"',
    ],
    [
      'has a misspelt key',
      file('typo.json', [READ, { resource: 'a', oparation: 'read' }]),
      'PERMISSION_FILE',
      'permissions[1]: unknown key "oparation", expected resource, operation, context and allowRetain alone',
    ],
    [
      'lacks a key',
      file('lacking.json', [READ, { resource: 'a' }]),
      'PERMISSION_FILE',
      'permissions[1]: expected the key "operation"',
    ],
    ['P-06: has an unknown operation', file('op.json', [{ ...READ, operation: 'all' }]), 'OPERATION_UNKNOWN', 'all'],
    [
      'P-10: has a wildcard inside of a level',
      file('w.json', [{ ...READ, resource: 'a+' }]),
      'RESOURCE_WILDCARD',
      'a+',
    ],
  ])('a file that %s', async (_what, path, code, told) => {
    const args = ['permission', 'explain', '--device', 'device01', '--publish', 'a', '--permissions', path];
    expect(await failure(...args)).toMatchObject({ exitCode: 1, code, message: expect.stringContaining(told) });
  });
});

describe('permission explain, of a system', () => {
  const VIEW: ExplanationView = {
    clientId: 'device01',
    action: 'publish',
    resource: 'a',
    retain: true,
    allowed: false,
    because: 'device01 may not publish retained messages to a: role line-1 permits write on a, but not retained',
    barredBy: null,
    statement: null,
    source: null,
    change: 'publish it without retain',
    pending: 'IoT Core is still being brought to what the permissions of the device come to now',
  };

  it('V-08: says of a device that is not let in that the registry decides, and why', async () => {
    const { context, stdout } = fakeContext({ explainDevice: () => ({ ...VIEW, barredBy: 'USER_NOT_FOUND' }) });
    await explainPermission(context, { device: 'device01', publish: 'a' });

    expect(stdout()).toContain('decided by   the registry: USER_NOT_FOUND\n');
  });

  it("asks the operator's route, or with --tenant the tenant's, and prints what is pending", async () => {
    const { context, asked, stdout, stderr } = fakeContext({
      explainDevice: () => VIEW,
      explainTenantDevice: () => VIEW,
    });
    const options = { device: 'device01', publish: 'a', retain: true };
    expect(await explainPermission(context, options)).toBe(1);
    expect(await explainPermission(context, { ...options, retain: false, tenant: 'acme' })).toBe(1);

    expect(asked).toEqual([
      {
        id: 'explainDevice',
        params: { device: 'device01' },
        query: { action: 'publish', resource: 'a', retain: 'true' },
        body: null,
      },
      {
        id: 'explainTenantDevice',
        params: { tenant: 'acme', device: 'device01' },
        query: { action: 'publish', resource: 'a', retain: 'false' },
        body: null,
      },
    ]);
    expect(stdout()).toContain('not yet      IoT Core is still being brought to');
    expect(stderr()).toBe('');
  });

  it('P-09: names the flag where the answer speaks of plusMode', async () => {
    const change = 'set plusMode widen on role a, whose + then stands for several levels too';
    const { context, stderr } = fakeContext({ explainTenantDevice: () => ({ ...VIEW, change }) });
    await explainPermission(context, { device: 'device01', publish: 'a', tenant: 'acme' });
    expect(stderr()).toBe('plusMode widen: vestibule role edit <role> --tenant acme --plus-mode widen\n');
  });

  it('prints with --json what the API answered', async () => {
    const { context, stdout } = fakeContext({ explainDevice: () => ({ ...VIEW, allowed: true }) }, true);
    expect(await explainPermission(context, { device: 'device01', publish: 'a' })).toBe(0);
    expect(JSON.parse(stdout())).toEqual({ ...VIEW, allowed: true });
  });
});

describe('permission compile', () => {
  const compile = (...args: string[]) => runCommandLine(['permission', 'compile', ...args]);
  const compiled = async (...args: string[]) => JSON.parse((await compile(...args, '--json')).stdout);

  it('P-07, P-09: prints each document with its size, and that it is exact', async () => {
    const { exitCode, stdout, stderr } = await compile(LINE_1);
    expect(exitCode).toBe(0);
    const { documents } = await compiled(LINE_1);
    expect(stdout).toBe(
      `document 1 of 1  ${documents[0].size} of 2048 bytes\n${JSON.stringify(documents[0].document, null, 2)}\n\n` +
        'exact: the policies allow what the permissions say\n',
    );
    expect(stdout).toContain('arn:aws:iot:eu-central-1:123456789012:topic/edge.cybus/*/*/state');
    expect(stderr).toBe('');
  });

  it('P-11: several documents, each with the size that AWS counts', async () => {
    const many = Array.from({ length: 30 }, (_, n) => ({ resource: `plant/line-${n}/state`, operation: 'readWrite' }));
    const { documents } = await compiled(file('many.json', many));
    expect(documents.length).toBeGreaterThan(1);
    for (const { size, document } of documents) {
      expect(size).toBe(JSON.stringify(document).replaceAll(/\s/g, '').length);
      expect(size).toBeLessThanOrEqual(2_048);
    }
    expect((await compile(file('many.json', many))).stdout).toContain(`document 2 of ${documents.length}`);
  });

  it('P-09: says what is narrower or wider in the policy, and why', async () => {
    const permissions = [{ resource: '+/x/#', operation: 'read' }];
    const inexact = file('inexact.json', { name: 'line-1', permissions });
    expect((await compiled(inexact)).inexact).toEqual([
      { from: 'role line-1', resource: '+/x/#', kind: 'narrower', because: expect.stringContaining('Deny') },
    ]);
    expect((await compile(inexact)).stdout).toMatch(
      /\nnot exact:\n {2}role line-1: \+\/x\/# is narrower in the policy: .*Deny/,
    );
    const wider = file('wider.json', { permissions, plusMode: 'widen' });
    expect((await compiled(wider)).inexact).toMatchObject([{ from: 'wider.json', kind: 'wider' }]);
  });

  it.each([
    ['cn-north-1', 'arn:aws-cn:iot:cn-north-1:210987654321:'],
    ['us-gov-west-1', 'arn:aws-us-gov:iot:us-gov-west-1:210987654321:'],
    ['us-east-1', 'arn:aws:iot:us-east-1:210987654321:'],
  ])('names the region %s, its partition and the account', async (region, arn) => {
    const text = JSON.stringify(await compiled(LINE_1, '--region', region, '--account', '210987654321'));
    expect(text).toContain(`${arn}topic/edge.cybus`);
  });

  it('P-02: has the topics of the naming profile', async () => {
    expect(await failure('permission', 'compile', LINE_1, '--naming', 'eu1')).toMatchObject({ exitCode: 2 });
    const text = JSON.stringify(await compiled(LINE_1, '--naming', 'eu1', '--tenant', 'acme'));
    expect(text).toContain('topic/tc/acme/');
  });

  it('U-08: says what is for http and reaches no policy', async () => {
    const mixed = file('mixed.json', [READ, { resource: '/api', operation: 'read', context: 'http' }]);
    const { stdout, stderr } = await compile(mixed);
    expect(stdout).not.toContain('/api');
    expect(stderr).toBe('1 of 2 permissions are for http, and reach no policy\n');
  });

  it('P-11: too many permissions are an error that says so', async () => {
    const many = Array.from({ length: 300 }, (_, n) => ({ resource: `plant/line-${n}/state`, operation: 'readWrite' }));
    expect(await failure('permission', 'compile', file('300.json', many))).toMatchObject({
      exitCode: 1,
      code: 'POLICY_TOO_LARGE',
    });
  });

  it('takes regions and accounts of AWS only', async () => {
    expect(await failure('permission', 'compile', LINE_1, '--region', 'EU')).toMatchObject({ exitCode: 2 });
    expect(await failure('permission', 'compile', LINE_1, '--account', '1234')).toMatchObject({ exitCode: 2 });
  });
});

it('help of both commands has an example, and says what the exit codes mean', async () => {
  for (const command of ['explain', 'compile'])
    expect((await runCommandLine(['permission', command, '--help'])).stdout).toContain(
      `$ vestibule permission ${command}`,
    );
  expect((await runCommandLine(['permission', 'explain', '--help'])).stdout).toContain('0 allow, 1 deny');
});
