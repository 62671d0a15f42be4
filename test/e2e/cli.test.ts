// The command line as processes, against one embedded system that runs as a process as well.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectOnce } from '#cli/demo/mqtt-device.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { type SystemProcess, startSystemProcess, VESTIBULE, vestibule } from '#support/vestibule-process.ts';

let system: SystemProcess;
let folder: string;
const acme = makeTenantCa();
const device01 = issueDevice(acme, { cn: 'device01', key: 'rsa-2048' });

const run = (...args: string[]) => vestibule(system.home, ...args);
const json = async (...args: string[]) => {
  const ran = await run(...args, '--json');
  expect(ran).toMatchObject({ exitCode: 0 });
  return JSON.parse(ran.stdout);
};
const failure = async (...args: string[]) => {
  const ran = await run(...args, '--json');
  expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
  return JSON.parse(ran.stderr).error as { code: string; message: string };
};
const file = async (name: string, content: string) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const connect = async (device: TestDevice, clientId: string) => {
  const { mqtt, serverCaFile } = system.ready;
  const broker = { ...mqtt, serverCa: await readFile(serverCaFile, 'utf8') };
  return connectOnce(broker, { chain: device.chainPem, key: device.keyPem }, clientId, 4);
};
/** Connects until it is let in, as a device does. */
const letIn = (device: TestDevice, clientId: string) =>
  vi.waitFor(
    async () => {
      const { session } = await connect(device, clientId);
      if (session === null) throw new Error(`${clientId} is refused`);
      return session;
    },
    { timeout: 20_000, interval: 200 },
  );
const inState = (name: string, state: string, ...flags: string[]) =>
  vi.waitFor(
    async () => {
      const device = await json('device', 'show', name, ...flags);
      expect(device.state).toBe(state);
      return device;
    },
    { timeout: 20_000, interval: 200 },
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-cli-'));
  system = await startSystemProcess();
  await json('tenant', 'create', 'acme', '--naming', 'eu1');
  await json('anchor', 'register', await file('acme.pem', acme.pem), '--tenant', 'acme');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  if (system.child.exitCode === null) await system.stop();
});

describe('vestibule local', () => {
  it('prints one line of JSON on stdout when it is ready, and keeps its file to its owner', async () => {
    expect(system.lines).toHaveLength(1);
    expect(existsSync(system.ready.serverCaFile)).toBe(true);
    expect(await readdir(system.home)).toEqual(['local.json']);
  });

  it('refuses to run twice, and a port that is taken', async () => {
    expect(await failure('local')).toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(`process ${system.child.pid}`),
    });
    const elsewhere = join(folder, 'elsewhere');
    const ran = await vestibule(elsewhere, 'local', '--json', '--port', String(system.ready.mqtt.port));
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(system.ready.mqtt.port)),
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});

describe('a command', () => {
  it('names its target on stderr', async () => {
    const { stderr } = await run('tenant', 'list');
    expect(stderr).toContain(`the embedded system at ${system.ready.api.url} (process ${system.child.pid})`);
  });

  it('suggests the tenant that was meant', async () => {
    const { code, message } = await failure('device', 'list', '--tenant', 'acm');
    expect(code).toBe('TENANT_UNKNOWN');
    expect(message).toContain('did you mean "acme"?');
  });

  it('refuses what is there already, and what is not there', async () => {
    expect(await failure('tenant', 'create', 'acme', '--naming', 'eu1')).toMatchObject({ code: 'TENANT_EXISTS' });
    expect(await failure('anchor', 'register', join(folder, 'acme.pem'), '--tenant', 'acme')).toMatchObject({
      code: 'ANCHOR_EXISTS',
    });
    expect(await failure('device', 'show', 'acme_nobody')).toMatchObject({ code: 'DEVICE_UNKNOWN' });
    expect(await failure('rejected', 'show', 'nothing')).toMatchObject({ code: 'EVENT_UNKNOWN' });
  });

  it('CA-11: tells where devices connect and whom they trust', async () => {
    const path = join(folder, 'server-ca.pem');
    const broker = await json('broker', '--server-ca', path);
    expect(broker.port).toBe(system.ready.mqtt.port);
    expect(broker.serverCaPem).toBe(await readFile(system.ready.serverCaFile, 'utf8'));
    expect(await readFile(path, 'utf8')).toBe(broker.serverCaPem);
    expect(await json('broker', '--tenant', 'acme')).toEqual(broker);
  });
});

describe('a device', () => {
  it('J-06, N-10: is shown with what was decided, and with the wrong client id that was tried', async () => {
    expect((await connect(device01, 'acme_device01')).session).toBeNull();
    const session = await letIn(device01, 'acme_device01');
    expect((await connect(device01, 'device01')).session).toBeNull();

    const device = await vi.waitFor(
      async () => {
        const found = await json('device', 'show', device01.id);
        expect(found.mismatch).not.toBeNull();
        return found;
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(device).toMatchObject({
      clientId: 'acme_device01',
      tenant: 'acme',
      state: 'ACTIVE',
      reason: null,
      certificates: [{ fingerprint: device01.id, state: 'ACTIVE', reason: null }],
      mismatch: { code: 'CLIENT_ID_MISMATCH', tried: 'device01' },
    });
    expect(await json('device', 'show', 'acme_device01')).toMatchObject({ clientId: 'acme_device01', state: 'ACTIVE' });
    const { stdout } = await run('device', 'show', 'acme_device01', '--tenant', 'acme');
    expect(stdout).toMatch(/wrong id +CLIENT_ID_MISMATCH: tried "device01"/);
    const { devices, cursor } = await json('device', 'list', '--tenant', 'acme', '--state', 'ACTIVE', '--since', '1h');
    expect(devices.map((listed: { clientId: string }) => listed.clientId)).toEqual(['acme_device01']);
    expect(cursor).toBeNull();
    await session.close();
  });

  it('J-08: that was rejected is decided again once its cause is gone', async () => {
    const listed = await file('allowed.txt', 'device07\n');
    await json('tenant', 'set', 'acme', '--naming', 'eu2');
    const device = issueDevice(acme, { cn: 'device07', key: 'rsa-2048' });
    await connect(device, 'device07');
    expect(await inState(device.id, 'REJECTED')).toMatchObject({ reason: 'CN_TENANT_PREFIX', seen: 'device07' });

    await json('tenant', 'set', 'acme', '--naming', 'eu1', '--allow-cn', listed);
    await vi.waitFor(
      async () => {
        expect(await json('device', 'retry', device.id)).toMatchObject({ fingerprint: device.id, accepted: 'retry' });
        await inState(device.id, 'ACTIVE');
      },
      { timeout: 40_000 },
    );
    await (await letIn(device, 'acme_device07')).close();
    await json('tenant', 'set', 'acme', '--no-allow-cn');
  });

  it('waits for an operator where the tenant wants it so, and comes in or not as the operator says', async () => {
    const globex = makeTenantCa();
    await json('tenant', 'create', 'globex', '--naming', 'connectware', '--admission', 'approve');
    await json('anchor', 'register', await file('globex.pem', globex.pem), '--tenant', 'globex');
    const issued = (cn: string) => issueDevice(globex, { cn, key: 'rsa-2048' });
    const [wanted, unwanted] = [issued('pump1'), issued('pump2')];

    await connect(wanted, 'pump1');
    await connect(unwanted, 'pump2');
    expect(await inState('pump1', 'HELD')).toMatchObject({ reason: 'APPROVAL_REQUIRED' });
    await inState(unwanted.id, 'HELD');
    expect(await failure('device', 'retry', wanted.id)).toMatchObject({ message: expect.stringContaining('HELD') });

    await json('device', 'approve', 'pump1');
    await json('device', 'reject', 'pump2', '--tenant', 'globex');
    await inState(wanted.id, 'ACTIVE');
    await inState(unwanted.id, 'REJECTED');
    await (await letIn(wanted, 'pump1')).close();
    expect((await connect(unwanted, 'pump2')).session).toBeNull();

    const { stdout } = await run('device', 'list', '--tenant', 'globex');
    expect(stdout).toMatch(/pump1 +ACTIVE/);
    expect(stdout).toMatch(/pump2 +REJECTED +OPERATOR_REJECTED/);
    // N-04: another tenant's device is not found
    expect(await failure('device', 'show', 'pump1', '--tenant', 'acme')).toMatchObject({ code: 'DEVICE_UNKNOWN' });

    const twins = [issued('pump3'), issued('pump3')] as const;
    for (const twin of twins) {
      await connect(twin, 'pump3');
      await inState(twin.id, 'HELD');
    }
    const ambiguous = await failure('device', 'approve', 'pump3');
    expect(ambiguous.code).toBe('AMBIGUOUS');
    const { stderr } = await run('device', 'approve', 'pump3');
    for (const text of [ambiguous.message, stderr])
      expect(text.match(/\b[0-9a-f]{64}\b/g)?.toSorted()).toEqual(twins.map(({ id }) => id).toSorted());
    await json('device', 'approve', twins[0].id);
    await inState(twins[0].id, 'ACTIVE');
  });
});

describe('roles and users', () => {
  it('U-07 V-08 P-12: are made, edited, given and taken by the command line', async () => {
    await json('tenant', 'create', 'plant-8', '--naming', 'connectware', '--user-match', 'required');
    const list = await file('line-1.json', '[{"resource": "edge.cybus/#", "operation": "read"}]');
    const tenant = ['--tenant', 'plant-8'];
    await json('role', 'create', 'line-1', ...tenant, '--permissions', list);
    expect((await failure('role', 'show', 'lin-1', ...tenant)).message).toContain('did you mean "line-1"?');

    const users = await file('users.txt', 'machine-1\nmachine-2\n');
    for (const name of ['machine-1', 'machine-2']) await json('user', 'create', name, ...tenant);
    const grant = ['user', 'grant', '--from', users, ...tenant, '--role', 'line-1'];
    const both = ['machine-1', 'machine-2'];
    expect(await json(...grant)).toEqual({ changed: both, unchanged: [], devices: 0, warnings: [] });
    expect(await json(...grant)).toEqual({ changed: [], unchanged: both, devices: 0, warnings: [] });
    expect((await failure('role', 'delete', 'line-1', ...tenant)).code).toBe('ROLE_IN_USE');

    const edit = ['role', 'edit', 'line-1', ...tenant, '--write', 'edge.cybus/+/state'];
    const [preview] = (await json(...edit, '--dry-run')).permissionSets;
    expect([preview.gains, preview.loses]).toMatchObject([
      [{ resource: 'edge.cybus/+/state', operation: 'write' }],
      [{ resource: 'edge.cybus/#', operation: 'read' }],
    ]);
    const edited = await json(...edit);
    expect(edited).toMatchObject({ version: 2, permissionSets: [{ roles: ['line-1'], documents: 1, applied: true }] });
    const printed = await file('printed.json', (await run('role', 'show', 'line-1', ...tenant, '--json')).stdout);
    expect(await json('role', 'edit', 'line-1', ...tenant, '--permissions', printed)).toMatchObject({ version: 2 });
    const { stdout } = await run('user', 'list', ...tenant);
    expect(stdout).toMatch(/machine-1 +certificate +line-1 /);

    await json('user', 'revoke', ...both, ...tenant, '--role', 'line-1', '--method', 'certificate');
    expect(await json('user', 'show', 'machine-1', ...tenant)).toMatchObject({ grantTypes: [], roles: [] });
    await json('role', 'delete', 'line-1', ...tenant);
    await json('user', 'delete', 'machine-1', ...tenant);
    expect((await failure('user', 'delete', 'machine-1', ...tenant)).code).toBe('USER_UNKNOWN');
  });
});

describe('vestibule local, told to stop', () => {
  it('ends with 0, takes its file and its folders along, and no command finds it any more', async () => {
    const { serverCaFile } = system.ready;
    expect(await system.stop('SIGINT')).toBe(0);
    expect(existsSync(serverCaFile)).toBe(false);
    expect(await vestibule(folder, 'tenant', 'list')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('ends as well when npm, told to stop, ends only the shell between', async () => {
    const home = join(folder, 'npm');
    // a second command keeps the shell from becoming the process itself
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${VESTIBULE}" local --json --port 0 --api-port 0; true`], {
      env: { ...process.env, VESTIBULE_HOME: home, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(shell.stdout, 'data');
    expect(await readdir(home)).toEqual(['local.json']);
    shell.kill('SIGTERM');
    // the pipe closes with its last holder, which is the system
    await once(shell, 'close');
    expect(await readdir(home)).toEqual([]);
  });
});
