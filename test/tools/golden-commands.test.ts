// By hand: the commands that README and device guide print, run by real openssl and mosquitto clients.

import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AttachPolicyCommand, CreatePolicyCommand, IoTClient } from '@aws-sdk/client-iot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { walkThrough } from '#cli/walk-through.ts';
import { blocksOf } from '#support/document-blocks.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { requireTools } from '#support/required-tools.ts';
import { openShell, type Running, type Shell } from '#support/shell-device.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What a document cannot know. */
const here = (text: string) => text.replaceAll('-p 8883', `-p ${system.mqtt.port}`);

let system: TestSystem;
let shell: Shell;
beforeAll(async () => {
  system = await startTestSystem();
  shell = await openShell(system);
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await system.stop();
});

const fingerprintOf = async (file: string): Promise<string> =>
  new X509Certificate(await readFile(join(shell.folder, file))).fingerprint256.replaceAll(':', '').toLowerCase();
const shown = async (device: string) => {
  const { stdout } = await shell.done(`npx vestibule device show ${device} --json`);
  return JSON.parse(stdout);
};

/** J-02, J-03: a CONNECT that was closed without an answer, then one that was answered. */
const isInAfterRetry = async (client: Running) => {
  await client.line('Subscribed (mid: 1): 0');
  const packets = client.lines.flatMap((line) => /sending CONNECT|received CONNACK.*/.exec(line)?.[0] ?? []);
  expect(packets.join(', ')).toMatch(/^(sending CONNECT, ){2,}received CONNACK \(0\)$/);
};

describe('the README', () => {
  it('J-02 J-03 J-14 X-05: its walk-through ends with a device that is in and has its topic', async () => {
    const [block = ''] = await blocksOf('README.md', '## Try it by hand', '## The command line');
    const [before = '', connect = '', after = ''] = here(block).split(/(^mosquitto_sub(?:.*\\\n)*.*\n)/m);

    const made = await shell.done(before);
    expect(made.stdout).toMatch(/✓ readable +X\.509 v1\n/);
    expect(made.stdout).toMatch(/^accept$/m);

    await using client = shell.start(`cd .vestibule/try\n${connect}`);
    await isInAfterRetry(client);
    await vi.waitFor(
      async () => {
        const { stdout } = await shell.done(after);
        expect(stdout).toMatch(/^state +ACTIVE$/m);
        expect(stdout).toMatch(/^session +connected/m);
      },
      { timeout: 10_000, interval: 100 },
    );
  });

  it('U-01 P-12: its roles and permissions end with a topic that an edited role permits', async () => {
    const [block = ''] = await blocksOf('README.md', '## Roles and permissions', '## The command line');
    // an answer of no is an exit code of 1
    const ran = await shell.run(`set +e\n${here(block)}`);

    expect(ran.exitCode).toBe(0);
    expect(ran.stderr.match(/Not authorized/g)).toHaveLength(1);
    const [deny = '', allow = ''] = await blocksOf(
      'README.md',
      'Of what that prints, the two explanations:',
      '## The command line',
      'console',
    ).then(([printed = '']) => printed.split('\n\n'));
    expect(ran.stdout).toContain(deny);
    expect(ran.stdout).toContain(allow);
  });

  it('and npm start print the same commands', async () => {
    const [block = ''] = await blocksOf('README.md', '## Try it by hand', '## The command line');
    const printed = walkThrough({ mqtt: { host: 'localhost', port: 8883 }, serverCaFile: 'server-ca.pem' });
    const commandsOf = (text: string) =>
      text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => /^(mkdir|openssl|cat|npx|mosquitto)/.test(line));

    // npm start knows the file that `vestibule broker` would write
    const wanted = commandsOf(block).filter((line) => !line.startsWith('npx vestibule broker'));
    expect(commandsOf(printed)).toEqual(wanted);
  });

  it('calls the command line as npx finds it, below the folder of the project', async () => {
    // npm would leave its compile cache in the temporary folder
    const options = { cwd: join(ROOT, 'test/tools'), env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } };
    const { stdout } = await promisify(execFile)('npx', ['vestibule', '--version'], options);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('the device guide', () => {
  let making: string;
  let checking: string;
  let showing: string;
  let connecting: string;
  /** The guide's text for another tenant and device. */
  const about = (text: string, cn: string) => text.replaceAll('acme', 'globex').replaceAll('device01', cn);
  const make = (cn: string) => shell.done(about(making, cn));
  /** The guide's mosquitto_sub; later flags win. */
  const connect = (cn: string, flags = '') =>
    shell.start(`export HOST=localhost\n${about(connecting, cn).trimEnd()} ${flags}`);
  const publish = (cn: string, topic: string, flags = '') =>
    shell.run(
      `mosquitto_pub --cafile server-ca.pem --cert ${cn}.pem --key ${cn}.key -h localhost -p ${system.mqtt.port} ` +
        `-i globex_${cn} -t ${topic} -m hello -q 1 -d ${flags}`,
    );
  const onboarded = async (cn: string) => {
    await make(cn);
    await vi.waitFor(
      async () => expect(await publish(cn, `tc/globex/globex_${cn}/o/mc_v3/ts`)).toMatchObject({ exitCode: 0 }),
      { timeout: 10_000, interval: 100 },
    );
  };

  beforeAll(async () => {
    const linux = await blocksOf('docs/device-guide.md', '### Linux and macOS', '### Windows (cmd.exe)');
    const [check = ''] = await blocksOf('docs/device-guide.md', '### Check before you ship', '## Connecting');
    const [first = '', show = ''] = await blocksOf('docs/device-guide.md', '## Connecting', '## Topics');
    const [ca = '', device = ''] = linux;
    [making, checking, connecting, showing] = [device, check, here(first), show];
    await shell.done(`${about(ca, '')}
      npx vestibule tenant create globex --naming eu1
      npx vestibule anchor register globex.pem --tenant globex
      npx vestibule broker --server-ca server-ca.pem`);
  });

  it('X-05: makes a certificate of X.509 v1, which the check command accepts', async () => {
    await make('device01');

    const { stdout } = await shell.done(`${about(checking.trimEnd(), 'device01')} --json`);

    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'accept', reason: null, clientId: 'globex_device01' });
    expect(JSON.parse(stdout).rules).toContainEqual({ rule: 'readable', ok: true, seen: 'X.509 v1' });
  });

  it('N-02: makes the CN of eu2 by the line that it says', async () => {
    const eu2 = making.replace(/# (export CN="\$\{TENANT\}_)/, '$1');
    expect(eu2).not.toBe(making);
    await shell.done(about(eu2, 'device02'));

    const check = about(checking.trimEnd(), 'device02').replace('--naming eu1', '--naming eu2');
    const { stdout } = await shell.done(`${check} --json`);

    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'accept', clientId: 'globex_device02' });
  });

  it.each([
    ['MQTT 3.1.1 with its chain', 'device03', ''],
    ['MQTT 5 with its chain', 'device04', '-V mqttv5'],
    ['MQTT 3.1.1 with the leaf alone', 'device05', '--cert device05.pem'],
    ['MQTT 5 with the leaf alone', 'device06', '-V mqttv5 --cert device06.pem'],
  ])('J-02 J-03 J-10: lets a device in on %s, and a message reaches it', async (_, cn, flags) => {
    await make(cn);
    await using client = connect(cn, flags);
    await isInAfterRetry(client);

    await backendPublishes(`tc/globex/globex_${cn}/i/amo_v3/ms`, flags.includes('mqttv5') ? '-V mqttv5' : '');

    await client.line(`received PUBLISH (d0, q0, r0, m0, 'tc/globex/globex_${cn}/i/amo_v3/ms'`);
    await client.line('hello');
  });

  /** Devices may not publish what others receive: the platform does, with a policy of its own. */
  const backendPublishes = async (topic: string, flags: string) => {
    if (!system.iot.things.has('globex_backend')) {
      await onboarded('backend');
      const { region, accountId, endpoint } = system.aws;
      const arn = (resource: string) => `arn:aws:iot:${region}:${accountId}:${resource}`;
      const iot = new IoTClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
      const statement = { Effect: 'Allow', Action: 'iot:Publish', Resource: arn('topic/tc/globex/*/i/*') };
      const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      await iot.send(new CreatePolicyCommand({ policyName: 'backend', policyDocument }));
      const target = arn(`cert/${await fingerprintOf('backend.pem')}`);
      await iot.send(new AttachPolicyCommand({ policyName: 'backend', target }));
      iot.destroy();
    }
    expect(await publish('backend', topic, flags)).toMatchObject({ exitCode: 0 });
  };

  it('N-10: shows a wrong client id at the device that tried it', async () => {
    await onboarded('device07');
    await using client = connect('device07', '-i device07');
    await client.line('sending CONNECT', 2);
    expect(client.lines.filter((line) => line.includes('CONNACK'))).toEqual([]);

    await using on5 = connect('device07', '-i globex_device7 -V mqttv5');
    await on5.line('received CONNACK (135)');
    expect(await on5.ended()).toBe(135);

    await vi.waitFor(
      async () => {
        const { stdout } = await shell.done(about(showing, 'device07'));
        // by client id, then by fingerprint
        expect(stdout.match(/^wrong id +CLIENT_ID_MISMATCH: tried "(globex_device7|device07)"/gm)).toHaveLength(2);
      },
      { timeout: 10_000, interval: 100 },
    );
    expect(await shown('globex_device07')).toMatchObject({ state: 'ACTIVE', certificates: [{ state: 'ACTIVE' }] });
    expect(system.iot.things.has('device07')).toBe(false);
  });

  it('F-01: turns a device of a CA away that nobody registered, and keeps no trace of it', async () => {
    // a CA of the same name
    await shell.done(`mkdir foreign; cd foreign; openssl genrsa -out globex.key 2048
      openssl req -x509 -new -nodes -key globex.key -sha256 -days 365 -subj "/C=DE/O=Acme/CN=globex-ca" -out globex.pem
      ${about(making, 'device08')}`);
    await using client = connect('device08', '--cert foreign/device08_chain.pem --key foreign/device08.key');

    await client.line('sending CONNECT', 2);

    expect(client.lines.filter((line) => line.includes('CONNACK'))).toEqual([]);
    const fingerprint = await fingerprintOf('foreign/device08.pem');
    expect(system.iot.certificates.has(fingerprint)).toBe(false);
    for (const device of [fingerprint, 'globex_device08']) {
      const ran = await shell.run(`npx vestibule device show ${device} --json`);
      expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
      expect(JSON.parse(ran.stderr).error.code).toBe('DEVICE_UNKNOWN');
    }
    const { stdout } = await shell.done('npx vestibule rejected list --json');
    expect(stdout).not.toContain(fingerprint);
  });

  it("P-02: refuses other devices' topics", async () => {
    await onboarded('device09');
    const others = 'tc/globex/globex_device03/o/mc_v3/ts';

    const on4 = await publish('device09', others);
    expect(on4).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('The connection was lost') });
    expect(on4.stdout).not.toContain('PUBACK');
    expect((await publish('device09', others, '-V mqttv5')).stderr).toContain('Publish 1 failed: Not authorized');

    await using sub4 = connect('device09', '-t "tc/globex/+/i/#"');
    await sub4.line('sending CONNECT', 2);
    expect(sub4.lines.filter((line) => line.includes('SUBACK'))).toEqual([]);
    await using sub5 = connect('device09', '-V mqttv5 -t "tc/globex/+/i/#"');
    expect(await sub5.line('Subscribed (mid: 1)')).toMatch(/: 0, 135$/);
  });

  it('J-12: registers nothing for a handshake of openssl s_client without a CONNECT', async () => {
    await make('device10');

    const { stdout } = await shell.done(
      `openssl s_client -connect localhost:${system.mqtt.port} -CAfile server-ca.pem ` +
        '-cert device10.pem -key device10.key </dev/null',
    );
    expect(stdout).toContain('Verify return code: 0 (ok)');

    // the next device goes the whole way behind it
    await onboarded('device11');
    expect(system.iot.certificates.has(await fingerprintOf('device11.pem'))).toBe(true);
    const fingerprint = await fingerprintOf('device10.pem');
    expect(system.iot.certificates.has(fingerprint)).toBe(false);
    expect(await shell.run(`npx vestibule device show ${fingerprint}`)).toMatchObject({ exitCode: 1 });
  });
});

it('U-02 U-07: the policies page says how curl finds a role by its name and makes a user', async () => {
  const [block = ''] = await blocksOf('docs/iam-policies.md', '## Without the command line', null);
  await shell.done('npx vestibule tenant create plant-9 --naming connectware');
  const { stdout } = await shell.done(block.replaceAll('plant-8', 'plant-9'));

  expect(stdout).toContain('"name":"connectware-admin"');
  expect(stdout).toContain('"username":"device001"');
  expect(stdout).toContain('ADMIN_ROLE_ASSIGNED');
});

describe('a program that is missing', () => {
  it('fails the run with the package to install', () => {
    expect(() => requireTools('/nonexistent')).toThrow(
      'mosquitto_sub, mosquitto_pub not found: install with "apt-get install bash coreutils openssl curl mosquitto-clients"',
    );
  });
});
