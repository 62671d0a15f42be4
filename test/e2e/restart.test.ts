// `vestibule local --data`: what it knew is there again, also after a kill that gave it no time to save anything.

import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectOnce } from '#cli/demo/mqtt-device.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { runCommandLine } from '#support/command-line.ts';
import { queuesAreEmpty } from '#support/queues.ts';
import { type SystemProcess, startSystemProcess, vestibule } from '#support/vestibule-process.ts';

let folder: string;
let data: string;
let system: SystemProcess;
const acme = makeTenantCa();
const [active, held] = ['device01', 'device02'].map((cn) => issueDevice(acme, { cn })) as [TestDevice, TestDevice];

const json = async (...args: string[]) => {
  const ran = await runCommandLine([...args, '--json'], system.home);
  expect(ran).toMatchObject({ exitCode: 0 });
  return JSON.parse(ran.stdout);
};
const connect = async (device: TestDevice, clientId: string) => {
  const { mqtt, serverCaFile } = system.ready;
  const broker = { ...mqtt, serverCa: await readFile(serverCaFile, 'utf8') };
  return (await connectOnce(broker, { chain: device.chainPem, key: device.keyPem }, clientId, 4)).session;
};
const eventually = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 100 });
const inState = (device: TestDevice, state: string) =>
  eventually(async () => {
    const shown = await json('device', 'show', device.id);
    expect(shown.state).toBe(state);
    return shown;
  });

/** A function that is killed would leave its lease on the device, for half a minute. */
const allIsDone = () => queuesAreEmpty(system.ready.aws);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-restart-'));
  data = join(folder, 'data');
  await writeFile(join(folder, 'acme.pem'), acme.pem);
});
afterAll(async () => {
  if (system.child.exitCode === null) await system.stop();
  await rm(folder, { recursive: true, force: true });
});

it('tenants, CAs, devices and certificates are there again after a crash, those too that were never decided on', async () => {
  system = await startSystemProcess(['--data', data]);
  await json('tenant', 'create', 'acme', '--naming', 'eu1');
  await json('anchor', 'register', join(folder, 'acme.pem'), '--tenant', 'acme');
  expect(await connect(active, 'acme_device01')).toBeNull();
  const before = await inState(active, 'ACTIVE');
  await json('tenant', 'set', 'acme', '--admission', 'approve');
  expect(await connect(held, 'acme_device02')).toBeNull();
  await inState(held, 'HELD');
  await allIsDone();

  system.child.kill('SIGKILL');
  await once(system.child, 'exit');
  const gone = await runCommandLine(['tenant', 'list', '--json'], system.home);
  expect(gone).toMatchObject({ exitCode: 1, stdout: '' });
  expect(JSON.parse(gone.stderr).error.code).toBe('NO_TARGET');

  // beside the file of the one that was killed
  expect(await readdir(system.home)).toEqual(['local.json']);
  system = await startSystemProcess(['--data', data], system.home);

  const again = await eventually(
    async () => (await connect(active, 'acme_device01')) ?? Promise.reject(new Error('refused')),
  );
  await again.close();
  expect(await json('device', 'show', active.id)).toMatchObject({ certificates: before.certificates });
  // no device comes back for this one: its certificate must have been kept
  await json('device', 'approve', held.id);
  await inState(held, 'ACTIVE');
  expect((await json('anchor', 'list', '--tenant', 'acme')).anchors).toMatchObject([{ fingerprint: acme.id }]);
  expect(await system.stop()).toBe(0);
});

it.each([
  ['iot.json', '{"version":1,"cas":['],
  ['server-identity.json', '{}'],
  ['sqs/fauxqs.db', 'no database'],
  ['dynamodb/CURRENT', 'no manifest'],
])('a folder that is damaged in %s is refused with its name, and stays as it is', async (file, content) => {
  const damaged = join(folder, file.replace('/', '-'));
  await cp(data, damaged, { recursive: true });
  await rm(join(damaged, 'sqs/fauxqs.db-wal'), { force: true });
  await writeFile(join(damaged, file), content);

  const ran = await vestibule(
    join(folder, 'home'),
    'local',
    '--data',
    damaged,
    '--port',
    '0',
    '--api-port',
    '0',
    '--json',
  );

  expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
  const { code, message } = JSON.parse(ran.stderr).error;
  expect(code).toBe('DATA_FOLDER');
  expect(message).toContain(join(damaged, file.split('/')[0] ?? ''));
  expect(await readFile(join(damaged, file), 'utf8')).toBe(content);
  expect(await readFile(join(damaged, 'server-ca.pem'), 'utf8')).toBe(
    await readFile(join(data, 'server-ca.pem'), 'utf8'),
  );
  expect(await readdir(join(folder, 'home'))).toEqual([]);
});
