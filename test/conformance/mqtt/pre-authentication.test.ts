// The pre-authentication hook over real TLS: what the broker asks, when, and what becomes of a connection meanwhile.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PreAuthenticationEvent } from '#contracts/pre-authentication.ts';
import type { BrokerOptions } from '#local/iot/broker/broker.ts';
import { issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';
import { ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, presenting, refusedConnect } from '#support/mqtt-device.ts';
import { connectPacket, rawClient } from '#support/mqtt-raw.ts';

type Ask = (event: PreAuthenticationEvent) => Promise<unknown>;

const YES = { isAuthenticated: true };
const REGISTERED = '$aws/events/certificates/registered/+';
let ca: TestCa;
let asked: PreAuthenticationEvent[];

beforeAll(() => {
  ca = makeTenantCa();
});
beforeEach(() => {
  asked = [];
});

const gated = async (ask: Ask, options: Partial<BrokerOptions> = {}): Promise<TestBroker> => {
  const test = await aBroker({
    preAuthentication: () => (event) => {
      asked.push(event);
      return ask(event);
    },
    ...options,
  });
  onTestFinished(() => test[Symbol.asyncDispose]());
  test.trust(ca);
  return test;
};
/** Answers that are given by hand. */
const byHand = () => {
  const waiting: ((answer: unknown) => void)[] = [];
  const ask: Ask = () => new Promise((resolve) => waiting.push(resolve));
  return { ask, waiting };
};
const leavesNoTrace = (test: TestBroker, id: string) => {
  expect(test.state.certificates.has(id)).toBe(false);
  expect(test.events('$aws/events/#')).toEqual([]);
  expect(test.broker.connectedClients()).toEqual([]);
};

describe.each([4, 5] as const)('MQTT version %i', (protocolVersion) => {
  it('A11: who is authenticated goes on, to a session as to registration', async () => {
    const test = await gated(async () => YES);
    const known = issueDevice(ca, { cn: 'known' });
    const stranger = issueDevice(ca, { cn: 'stranger' });
    test.admit(known, [ALLOW_ALL]);

    const device = await connectDevice({ ...test, ...presenting(known), clientId: 'known', protocolVersion });
    await device.leave();
    await refusedConnect({ ...test, ...presenting(stranger), clientId: 'stranger', protocolVersion });

    expect(test.state.certificates.get(stranger.id)?.status).toBe('PENDING_ACTIVATION');
    expect(await test.eventually(REGISTERED)).toMatchObject([{ body: { certificateId: stranger.id } }]);
    expect(asked.map(({ principalId }) => principalId)).toEqual([known.id, stranger.id]);
  });

  it.each<readonly [what: string, ask: Ask]>([
    ['says no', async () => ({ isAuthenticated: false })],
    ['says something else', async () => ({ isAuthenticated: 'true' })],
    ['says nothing', async () => undefined],
    ['says null', async () => null],
    [
      'fails',
      async () => {
        throw new Error('out of order');
      },
    ],
    ['does not answer in time', () => new Promise(() => undefined)],
  ])('F-01: a function that %s closes the connection: no CONNACK, no registration, no event', async (_, ask) => {
    const test = await gated(ask, { preAuthenticationTimeoutMs: 100 });
    const stranger = issueDevice(ca, { cn: 'stranger' });

    const { connack } = await refusedConnect({
      ...test,
      ...presenting(stranger),
      clientId: 'stranger',
      protocolVersion,
    });

    expect(connack).toBeNull();
    expect(asked).toHaveLength(1);
    leavesNoTrace(test, stranger.id);
    expect(test.log).toContainEqual({
      event: 'pre-authentication-refused',
      certificateId: stranger.id,
      detail: expect.stringMatching(/isAuthenticated|out of order|no answer within 100 ms/),
    });
  });

  it('V-01: a certificate that is ACTIVE is kept out as well', async () => {
    const test = await gated(async () => ({ isAuthenticated: false }));
    const known = issueDevice(ca, { cn: 'known' });
    test.admit(known, [ALLOW_ALL]);

    await refusedConnect({ ...test, ...presenting(known), clientId: 'known', protocolVersion });

    expect(test.events('$aws/events/#')).toEqual([]);
  });

  it('what a client sends while it waits is read after the answer, in its order', async () => {
    const { ask, waiting } = byHand();
    const test = await gated(ask);
    const known = issueDevice(ca, { cn: 'known' });
    test.admit(known, [ALLOW_ALL]);
    const client = await rawClient(test, known, { protocolVersion });
    // a client need not wait for CONNACK before it goes on ([MQTT-3.1.4-5])
    client.send(
      connectPacket('known', { protocolVersion }),
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/b', qos: 0 }] },
      { cmd: 'publish', topic: 'a/b', payload: 'one', qos: 0, dup: false, retain: false },
    );
    await expect.poll(() => waiting.length).toBe(1);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    leavesNoTrace(test, 'nobody');

    waiting[0]?.(YES);

    expect((await client.packet()).cmd).toBe('connack');
    expect((await client.packet()).cmd).toBe('suback');
    expect(await client.packet()).toMatchObject({ cmd: 'publish', topic: 'a/b', payload: Buffer.from('one') });
    client.socket.destroy();
  });
});

it('A11: the function is told whom it is asked about as AWS IoT tells it', async () => {
  const test = await gated(async () => ({ isAuthenticated: false }));
  const root = makeTenantCa({ subject: [['CN', 'root']] });
  const intermediate = makeTenantCa({ issuer: root });
  const device = issueDevice(intermediate, { cn: 'device01' });

  await refusedConnect({ ...test, cert: device.chainPem + root.pem, key: device.keyPem, clientId: 'device01' });

  expect(asked).toEqual([
    {
      connectionMetadata: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      principalId: device.id,
      serverName: 'localhost',
      clientCertificateChain: [device.pem, intermediate.pem, root.pem],
    },
  ]);
});

it('a leaf that comes without its CA is shown alone, and a client without a name of the server with none', async () => {
  const test = await gated(async () => ({ isAuthenticated: false }));
  const device = issueDevice(ca, { cn: 'device01' });

  await refusedConnect({ ...test, ...presenting(device), clientId: 'device01', more: { servername: '' } });

  expect(asked).toMatchObject([{ serverName: null, clientCertificateChain: [device.pem] }]);
  expect(new X509Certificate(asked[0]?.clientCertificateChain[0] ?? '').fingerprint256).toBeTruthy();
});

it('is asked about a TLS handshake alone, before any packet', async () => {
  const { ask, waiting } = byHand();
  const test = await gated(ask);
  const device = issueDevice(ca, { cn: 'device01' });
  const socket = connectTls({
    host: '127.0.0.1',
    port: test.port,
    ca: test.ca,
    ...presenting(device),
    servername: 'localhost',
  });
  await once(socket, 'secureConnect');

  await expect.poll(() => waiting.length).toBe(1);

  socket.destroy();
  waiting[0]?.(YES);
});

it('is not asked about a client without a certificate, which CONNECT refuses', async () => {
  const test = await gated(async () => YES);

  expect(await refusedConnect({ ...test, clientId: 'nobody' })).toEqual({ connack: null });

  expect(asked).toEqual([]);
  expect(test.log).toMatchObject([{ event: 'connect-refused', detail: 'no client certificate' }]);
});

it('is asked nothing while no domain configuration wants it', async () => {
  const test = await gated(async () => YES, { preAuthentication: () => null });
  const known = issueDevice(ca, { cn: 'known' });
  test.admit(known, [ALLOW_ALL]);

  const device = await connectDevice({ ...test, ...presenting(known), clientId: 'known' });
  await device.leave();
});

it('a client that left before the answer does not connect, and takes nobody’s session', async () => {
  const { ask, waiting } = byHand();
  const test = await gated(ask);
  const known = issueDevice(ca, { cn: 'known' });
  test.admit(known, [ALLOW_ALL]);
  const impatient = await rawClient(test, known);
  impatient.send(connectPacket('known'));
  await expect.poll(() => waiting.length).toBe(1);
  impatient.socket.destroy();
  await once(impatient.socket, 'close');

  const patient = rawClient(test, known);
  (await patient).send(connectPacket('known'));
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]?.(YES);
  expect((await (await patient).packet()).cmd).toBe('connack');
  waiting[0]?.(YES);
  for (let turns = 0; turns < 20; turns += 1) await turn();

  expect(test.broker.connectedClients()).toHaveLength(1);
  expect(test.events('$aws/events/presence/disconnected/#')).toEqual([]);
  expect(test.events('$aws/events/presence/connected/#')).toHaveLength(1);
  (await patient).socket.destroy();
});

it('a client that sends without end while it waits is cut', async () => {
  const { ask } = byHand();
  const test = await gated(ask);
  const device = issueDevice(ca, { cn: 'device01' });
  const client = await rawClient(test, device);

  client.send(Buffer.alloc(2 * 1024 * 1024));

  expect(await client.untilClosed()).toEqual([]);
  leavesNoTrace(test, device.id);
  // the question is still open
  expect(test.log).toEqual([]);
});

it('many connections wait at once, each for its own answer', async () => {
  const { ask, waiting } = byHand();
  const test = await gated(ask);
  const devices = Array.from({ length: 20 }, (_, at) => issueDevice(ca, { cn: `device${at}` }));
  for (const device of devices) test.admit(device, [ALLOW_ALL]);
  const outcomes = devices.map((device, at) =>
    connectDevice({ ...test, ...presenting(device), clientId: `device${at}` }).then(
      (connected) => ({ connected, id: device.id }),
      () => ({ connected: null, id: device.id }),
    ),
  );
  await expect.poll(() => waiting.length).toBe(devices.length);

  // answered backwards; every other one is refused
  const admitted = new Set(devices.filter((_, at) => at % 2 === 0).map(({ id }) => String(id)));
  for (let at = devices.length - 1; at >= 0; at -= 1)
    waiting[at]?.({ isAuthenticated: admitted.has(asked[at]?.principalId ?? '') });

  for (const outcome of outcomes) {
    const { connected, id } = await outcome;
    expect(connected !== null).toBe(admitted.has(id));
    await connected?.leave();
  }
  expect(admitted.size).toBe(10);
});

it('a broker that stops does not wait for an answer', async () => {
  const { ask, waiting } = byHand();
  const test = await gated(ask);
  const client = await rawClient(test, issueDevice(ca, { cn: 'device01' }));
  await expect.poll(() => waiting.length).toBe(1);

  await test.broker.stop();

  expect(await client.untilClosed()).toEqual([]);
});
