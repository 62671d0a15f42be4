// Bad input over the real roads: messages on the queue, certificates over TLS and MQTT, files and words at the command line.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTClient, RegisterCACertificateCommand } from '@aws-sdk/client-iot';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceSystem } from '#cli/running-system.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { basicConstraints, issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { runCommandLine } from '#support/command-line.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import type { DeviceOptions } from '#support/mqtt-device.ts';

let folder: string;
let system: TestSystem;
let acme: TestTenant;
let iot: IoTClient;
let sqs: SQSClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-bad-input-'));
  system = await startTestSystem();
  announceSystem(folder).ready({ ...system, credentials: system.credentials.operator });
  acme = await system.tenant('acme');
  const client = { ...system.aws, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  iot = new IoTClient(client);
  sqs = new SQSClient(client);
});
afterAll(async () => {
  for (const client of [iot, sqs]) client.destroy();
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const cli = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await runCommandLine([...args, '--json'], folder);
  return { exitCode, answer: JSON.parse(exitCode === 0 ? stdout : stderr) };
};
const queueUrl = (output: string): string => {
  const url = system.outputs.get(STACK.onboarding)?.get(output);
  if (url === undefined) throw new Error(`the stack has no output ${output}`);
  return url;
};
/** Counts all there is: what a step must not change. */
const everything = async () => ({
  certificates: system.iot.certificates.size,
  cas: system.iot.cas.size,
  things: system.iot.things.size,
  groups: system.iot.groups.size,
  announced: system.events().length,
  tenants: (await cli('tenant', 'list')).answer.tenants,
  anchors: (await cli('anchor', 'list', '--tenant', 'acme')).answer,
  devices: (await cli('device', 'list', '--tenant', 'acme')).answer,
});

describe('a message on the onboarding queue', () => {
  const event = (more: object = {}) => ({
    certificateId: '0'.repeat(64),
    caCertificateId: acme.ca.id,
    timestamp: Date.now(),
    certificateStatus: 'PENDING_ACTIVATION',
    awsAccountId: system.aws.accountId,
    certificateRegistrationTimestamp: null,
    eventId: crypto.randomUUID(),
    ...more,
  });
  const send = (MessageBody: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(OUTPUT.onboardingQueueUrl), MessageBody }));
  const rejected = (id: string) =>
    expect.poll(
      async () => {
        await system.hooks.redeliverFailed();
        return (await cli('rejected', 'show', id)).answer;
      },
      { timeout: 10_000 },
    );
  const waiting = async (output: string) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl(output), AttributeNames: ['All'] }),
    );
    return (
      Number(Attributes?.['ApproximateNumberOfMessages']) +
      Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'])
    );
  };
  /** Takes the next dead letter: it must be this one. */
  const deadLetter = async (id: string) => {
    const QueueUrl = queueUrl(OUTPUT.onboardingDeadLettersUrl);
    await expect
      .poll(
        async () => {
          await system.hooks.redeliverFailed();
          return waiting(OUTPUT.onboardingDeadLettersUrl);
        },
        { timeout: 10_000 },
      )
      .toBe(1);
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(message?.Body).toContain(id);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  };

  it.each([
    [
      'that misses the fields of the event',
      { certificateId: undefined, timestamp: 'now' },
      'MALFORMED_EVENT',
      /certificateId: .*; timestamp: /,
    ],
    ['whose certificate id is none', { certificateId: 'A'.repeat(64) }, 'MALFORMED_EVENT', /64 lower-case hex digits/],
    ['of another account', { awsAccountId: '210987654321' }, 'FOREIGN_ACCOUNT', /000000000000, got 210987654321/],
  ])('%s is refused at once, kept with its reason, and changes nothing', async (_, more, code, reason) => {
    const before = await everything();
    const message = event(more);

    await send(JSON.stringify(message));

    await rejected(message.eventId).toMatchObject({
      id: message.eventId,
      source: 'onboard-device',
      code,
      reason: expect.stringMatching(reason),
      body: JSON.stringify(message),
    });
    const { answer } = await cli('rejected', 'list');
    expect(answer.events.map(({ id }: { id: string }) => id)).toContain(message.eventId);
    await expect.poll(() => waiting(OUTPUT.onboardingQueueUrl)).toBe(0);
    expect(await waiting(OUTPUT.onboardingDeadLettersUrl)).toBe(0);
    expect(await everything()).toEqual(before);
  });

  it('that is no JSON is refused at once, under the id of its message', async () => {
    const { MessageId = '' } = await send('{"certificateId":');

    await rejected(MessageId).toMatchObject({
      code: 'MALFORMED_EVENT',
      reason: 'expected JSON, got {"certificateId":',
    });
  });

  it('of a certificate that is no more is tried again, and ends as a dead letter with its reason', async () => {
    const before = await everything();
    const message = event();

    await send(JSON.stringify(message));

    await rejected(message.eventId).toMatchObject({
      code: 'CERTIFICATE_NOT_FOUND',
      reason: expect.stringContaining('it was deleted'),
    });
    await deadLetter(message.eventId);
    expect(await waiting(OUTPUT.onboardingQueueUrl)).toBe(0);
    expect(await everything()).toEqual(before);
  });

  it('of a certificate that somebody else deactivated is refused, and the certificate stays as it is', async () => {
    const device = acme.device('deactivated');
    system.iot.certificates.set(device.id, {
      id: device.id,
      pem: device.pem,
      caId: acme.ca.id,
      status: 'INACTIVE',
      createdAt: 0,
      lastModifiedAt: 0,
      policies: new Set(),
      things: new Map(),
    });
    const message = event({ certificateId: device.id });

    await send(JSON.stringify(message));

    await rejected(message.eventId).toMatchObject({
      code: 'UNEXPECTED_STATUS',
      reason: expect.stringContaining('got INACTIVE'),
    });
    expect(system.iot.certificates.get(device.id)).toMatchObject({ status: 'INACTIVE', lastModifiedAt: 0 });
  });

  it('of a CA that is not in the registry is tried again, ends as a dead letter, and the device waits for the CA', async () => {
    const ca = makeTenantCa({ subject: [['CN', 'registered by hand']] });
    const request = {
      caCertificate: ca.pem,
      certificateMode: 'SNI_ONLY',
      setAsActive: true,
      allowAutoRegistration: true,
    } as const;
    await iot.send(new RegisterCACertificateCommand(request));
    const device = issueDevice(ca, { cn: 'early' });
    await system.firstConnect(device, 'acme_early');
    const found = async () => {
      await system.hooks.redeliverFailed();
      const { answer } = await cli('rejected', 'list');
      return answer.events.find(({ body }: { body: string }) => body.includes(device.id));
    };

    await expect.poll(found, { timeout: 10_000 }).toMatchObject({
      code: 'ANCHOR_NOT_REGISTERED',
      reason: expect.stringContaining(ca.id),
    });
    await deadLetter(device.id);
    expect(system.iot.certificates.get(device.id)).toMatchObject({ status: 'PENDING_ACTIVATION', things: new Map() });

    await writeFile(join(folder, 'late.pem'), ca.pem);
    expect(await cli('anchor', 'register', join(folder, 'late.pem'), '--tenant', 'acme')).toMatchObject({
      exitCode: 0,
    });
    const connected = await system.connect(device, 'acme_early');
    await connected.leave();
  });
});

describe('a certificate that TLS itself refuses', () => {
  /** A way to the broker that overwrites bytes of what the client sends: in TLS 1.2 its certificate is in the clear. */
  const overwriting = async (from: string, to: Uint8Array) => {
    let overwritten = 0;
    const server = createServer((client) => {
      const broker = connectSocket(system.mqtt.port, '127.0.0.1');
      broker.pipe(client).on('error', () => broker.destroy());
      client.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(from); at >= 0; at = chunk.indexOf(from, at + to.length)) {
          chunk.set(to, at);
          overwritten += 1;
        }
        broker.write(chunk);
      });
      broker.on('error', () => client.destroy());
      client.on('close', () => broker.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      overwritten: () => overwritten,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await once(server, 'close');
      },
    };
  };
  const behind = ['one', 'two', 'three', 'four'].values();
  /** The device is refused, and behind it another one goes the whole way. */
  const leavesNoTrace = async (device: TestDevice, more: Partial<DeviceOptions> = {}) => {
    const { certificates } = await everything();

    await system.firstConnect(device, 'acme_refused', more);

    const cn = `behind-${behind.next().value}`;
    const good = acme.device(cn);
    await system.firstConnect(good, `acme_${cn}`);
    const connected = await system.connect(good, `acme_${cn}`);
    await connected.leave();
    expect(system.iot.certificates.has(device.id)).toBe(false);
    expect(system.iot.certificates.size).toBe(certificates + 1);
    expect(await system.view(device.id)).toBeNull();
  };

  it('X-08: with a name that is no valid UTF-8 is closed in the handshake, and leaves no trace', async () => {
    await using road = await overwriting('overwritten', Buffer.from('ab\xff\xfe567890c', 'latin1'));

    await leavesNoTrace(acme.device('overwritten'), { port: road.port, more: { maxVersion: 'TLSv1.2' } });

    expect(road.overwritten()).toBe(1);
    expect(system.logs().map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/handshake-failed.*invalid utf8string/),
    );
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'X-06: with a key on secp256k1 leaves no trace, on %s',
    async (maxVersion) => {
      await leavesNoTrace(issueDevice(acme.ca, { cn: 'secp256k1', key: 'secp256k1' }), { more: { maxVersion } });
    },
  );

  it('X-05: with an extension that is there twice leaves no trace', async () => {
    const extensions = [basicConstraints(false), basicConstraints(false)];
    await leavesNoTrace(issueDevice(acme.ca, { cn: 'twice', extensions }));
  });
});

describe('a file that is no CA certificate', () => {
  const ca = makeTenantCa();
  const leaf = issueDevice(ca, { cn: 'device01' });
  const expired = makeTenantCa({ validTo: new Date('2021-01-01') });

  it.each([
    ['the key', leaf.keyPem, 'PRIVATE_KEY_IN_FILE', 'PRIVATE_KEY_IN_UPLOAD'],
    ['the CA with its key', ca.pem + ca.keyPem, 'PRIVATE_KEY_IN_FILE', 'PRIVATE_KEY_IN_UPLOAD'],
    ['a request', ca.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), 'NOT_A_CERTIFICATE', null],
    ['DER', new X509Certificate(ca.pem).raw.toString('latin1'), 'NOT_PEM', null],
    ['a PEM that is cut short', ca.pem.slice(0, -30), 'NOT_PEM', null],
    ['a PEM of something else', ca.pem.replace('MII', 'AAA'), 'CERT_UNREADABLE', null],
    ['a chain', leaf.chainPem, 'MORE_THAN_ONE_CERTIFICATE', null],
    ['a device', leaf.pem, 'NOT_A_CA', null],
    ['a CA that is over', expired.pem, 'CA_EXPIRED', null],
  ])('CA-02: but %s is not registered, by the command line or by the API', async (_, text, code, codeOfApi) => {
    const before = await everything();
    const path = join(folder, 'upload.pem');
    await writeFile(path, text, 'latin1');

    const ran = await cli('anchor', 'register', path, '--tenant', 'acme');
    const upload = system.api.call('registerAnchor', { params: { tenant: 'acme' }, body: { certificate: text } });

    expect(ran).toMatchObject({ exitCode: 1, answer: { error: { code, message: expect.stringMatching(/\w{3,}/) } } });
    await expect(upload).rejects.toMatchObject({ status: 400, code: codeOfApi ?? code });
    expect(await everything()).toEqual(before);
    // not a line of the key is kept or said
    const [, secret = ''] = (text.includes('PRIVATE') ? text.slice(text.indexOf('PRIVATE')) : leaf.keyPem).split('\n');
    expect(secret).toHaveLength(64);
    expect(JSON.stringify([ran, system.logs(), await upload.catch(String)])).not.toContain(secret);
  });
});

describe('a wrong word at the command line', () => {
  it.each([
    ['an unknown tenant', 1, 'TENANT_UNKNOWN', 'did you mean "acme"?', ['device', 'list', '--tenant', 'acmee']],
    [
      'an unknown tenant for a CA',
      1,
      'TENANT_UNKNOWN',
      'did you mean "acme"?',
      ['anchor', 'register', 'ca.pem', '--tenant', 'acne'],
    ],
    ['an unknown profile', 2, 'USAGE', 'did you mean "eu1"?', ['tenant', 'set', 'acme', '--naming', 'eu7']],
    ['an unknown flag', 2, 'USAGE', '--aproval', ['tenant', 'set', 'acme', '--aproval', 'auto']],
    ['an unknown command', 2, 'USAGE', 'unknown command', ['tenant', 'delete', 'acme']],
    ['an unknown device', 1, 'DEVICE_UNKNOWN', 'acme_nobody', ['device', 'approve', 'acme_nobody']],
    ['an unknown event', 1, 'EVENT_UNKNOWN', 'nothing', ['rejected', 'show', 'nothing']],
  ])('for %s exits with %i, says what was meant, and changes nothing', async (_, exitCode, code, text, args) => {
    await writeFile(join(folder, 'ca.pem'), makeTenantCa().pem);
    const before = await everything();

    const ran = await cli(...args.map((arg) => (arg === 'ca.pem' ? join(folder, arg) : arg)));

    expect(ran).toMatchObject({ exitCode, answer: { error: { code, message: expect.stringContaining(text) } } });
    expect(await everything()).toEqual(before);
  });
});
