// The embedded system as a library: state that lasts, clear errors, and nothing left behind.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { IoTClient, ListThingsCommand } from '@aws-sdk/client-iot';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import { startLocalSystem } from '#local/system.ts';
import { tenantKey } from '#names/keys.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { startTestSystem } from '#support/local-system.ts';
import { connectDevice } from '#support/mqtt-device.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-data-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a data folder', () => {
  it('keeps tenants, devices and the CA of the broker over a restart', async () => {
    const first = await startTestSystem({ dataFolder: folder });
    const acme = await first.tenant('acme');
    const device = acme.device('d1');
    await first.firstConnect(device, 'acme_d1');
    const connected = await first.connect(device, 'acme_d1');
    await connected.leave();
    await first.stop();

    const second = await startTestSystem({ dataFolder: folder });
    try {
      const again = await connectDevice(second.connection(device, 'acme_d1'));
      await again.leave();
      expect(second.serverCaPem).toBe(first.serverCaPem);
      expect(await second.view(device.id)).toMatchObject({ state: 'ACTIVE', clientId: 'acme_d1' });
      // and what waits in the queues of the template is still handled
      const other = acme.device('d2');
      await second.firstConnect(other, 'acme_d2');
      const newcomer = await second.connect(other, 'acme_d2');
      await newcomer.leave();
    } finally {
      await second.stop();
    }
  });

  it.each(['iot.json', 'server-identity.json'])(
    'that is damaged in %s is named, and nothing is started',
    async (file) => {
      await writeFile(join(folder, file), '{"version":1,"cas":[');

      await expect(startLocalSystem({ dataFolder: folder })).rejects.toThrow(join(folder, file));
    },
  );

  it('that another system uses is named, and what that one wrote stays', async () => {
    const first = await startLocalSystem({ dataFolder: folder });
    try {
      const before = await stat(join(folder, 'iot.json'));

      await expect(startLocalSystem({ dataFolder: folder })).rejects.toThrow(/cannot open the DynamoDB folder/);

      expect((await stat(join(folder, 'iot.json'))).ino).toBe(before.ino);
    } finally {
      await first.stop();
    }
  });

  it('that cannot be made is named', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    await expect(startLocalSystem({ dataFolder: join(file, 'below') })).rejects.toThrow(
      /cannot use .*below as data folder/,
    );
  });
});

describe('a port', () => {
  it.each([
    ['port', 'MQTT'],
    ['apiPort', 'the management API'],
    ['awsPort', 'the AWS APIs'],
  ] as const)('that is in use for %s is named with what it is for', async (option, what) => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await expect(startLocalSystem({ [option]: port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
      message: expect.stringContaining(`port ${port} on 127.0.0.1, for ${what}, is in use`),
    });

    await new Promise((resolve) => holder.close(resolve));
  });
});

describe('one endpoint', () => {
  it('serves every AWS API to the SDK clients', async () => {
    const system = await startTestSystem();
    const client = {
      endpoint: system.aws.endpoint,
      region: system.aws.region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    };
    const [dynamo, iot, sqs] = [new DynamoDBClient(client), new IoTClient(client), new SQSClient(client)];
    try {
      await system.tenant('acme');
      const { pk, sk } = tenantKey(tenantName('acme'));
      const TableName = system.outputs.get(STACK.registry)?.get(OUTPUT.registryTable);
      const QueueUrl = system.outputs.get(STACK.onboarding)?.get(OUTPUT.onboardingQueueUrl);

      const item = await dynamo.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }));
      const things = await iot.send(new ListThingsCommand({}));
      const queue = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }));

      expect(item.Item?.['tenant']).toEqual({ S: 'acme' });
      expect(things.things).toEqual([]);
      expect(queue.Attributes?.['RedrivePolicy']).toMatch(/maxReceiveCount/);
    } finally {
      for (const one of [dynamo, iot, sqs]) one.destroy();
      await system.stop();
    }
  });
});

describe('stop', () => {
  it('leaves no process, timer, socket or file: the process that started the system ends by itself', async () => {
    const script = `
      import { startLocalSystem } from '#local/system.ts';
      const system = await startLocalSystem();
      await fetch(system.api.url + '/nowhere');
      console.log(system.serverCaFile);
      await system.stop();
    `;
    const root = fileURLToPath(new URL('../../', import.meta.url));

    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      timeout: 60_000,
      env: { ...process.env, TMPDIR: folder },
    });

    expect(stdout.trim()).toMatch(/server-ca\.pem$/);
    expect(existsSync(stdout.trim())).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});
