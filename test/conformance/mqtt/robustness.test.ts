// What must never hurt the broker: malformed packets, protocol violations, silent and slow clients, resumed TLS.

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Packet } from 'mqtt-packet';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, type DeviceOptions, presenting } from '#support/mqtt-device.ts';
import { connectPacket, rawClient } from '#support/mqtt-raw.ts';

let test: TestBroker;
let identity: TestDevice;

beforeAll(() => {
  identity = issueDevice(makeTenantCa(), { cn: 'device01' });
});
beforeEach(async () => {
  test = await aBroker({ connectTimeoutMs: 300 });
  test.admit(identity, [ALLOW_ALL]);
});
// Whatever a test did, a well-behaved device still gets its service.
afterEach(async () => {
  const device = await connectDevice(as('witness'));
  expect(await device.publish('a', 'alive', { qos: 1 })).toBe(0);
  await device.leave();
  await test[Symbol.asyncDispose]();
});

const as = (clientId: string, protocolVersion: 4 | 5 = 4): DeviceOptions => ({
  ...test,
  ...presenting(identity),
  clientId,
  protocolVersion,
});
const connected = async (protocolVersion: 4 | 5 = 4) => {
  const client = await rawClient(test, identity, { protocolVersion });
  client.send(connectPacket('subject', { protocolVersion }));
  await client.packet();
  return client;
};
const reasons = () => test.events('$aws/events/presence/disconnected/+').map(({ body }) => body['disconnectReason']);

/** SUBSCRIBE with its reserved flags unset [MQTT-3.8.1-1] */
const MALFORMED = Buffer.from([0x80, 0x02, 0x00, 0x01]);

describe('before CONNECT', () => {
  it.each([
    ['no MQTT at all', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a packet that is not CONNECT', Buffer.from([0xc0, 0x00])],
    ['a length that never ends', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['a CONNECT cut short inside', Buffer.from([0x10, 0x03, 0x00, 0x04, 0x4d])],
    ['an unknown protocol name', Buffer.from('100c00044d5154540402003c0000', 'hex').fill('X', 4, 8)],
    ['reserved flags', Buffer.from('100c00044d5154540403003c0000', 'hex')],
  ])('%s is closed without an answer', async (_, bytes) => {
    const client = await rawClient(test, identity);
    client.send(bytes);
    expect(await client.untilClosed()).toEqual([]);
    expect(test.broker.connectedClients()).toEqual([]);
  });

  it('MQTT 3.1 is answered with return code 1', async () => {
    const client = await rawClient(test, identity);
    client.send(connectPacket('old', { protocolId: 'MQIsdp', protocolVersion: 3 }));
    expect(await client.untilClosed()).toMatchObject([{ cmd: 'connack', returnCode: 1 }]);
  });

  it('a connection that stays silent is closed', async () => {
    const client = await rawClient(test, identity);
    expect(await client.untilClosed()).toEqual([]);
  });

  it('a TCP connection that never speaks TLS is closed', async () => {
    const socket = connectTcp({ port: test.port, host: '127.0.0.1' });
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    expect(test.log).toContainEqual(expect.objectContaining({ event: 'handshake-failed' }));
  });

  it('enhanced authentication of MQTT 5 is refused', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('x', { protocolVersion: 5, properties: { authenticationMethod: 'SCRAM' } }));
    expect(await client.untilClosed()).toMatchObject([{ cmd: 'connack', reasonCode: 0x8c }]);
  });

  it.each([{ receiveMaximum: 0 }, { maximumPacketSize: 0 }])('%j is a protocol error of MQTT 5', async (properties) => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('x', { protocolVersion: 5, properties }));
    expect(await client.untilClosed()).toMatchObject([{ cmd: 'connack', reasonCode: 0x82 }]);
  });

  it.each([
    ['a QoS 2 will', { topic: 'wills/x', payload: 'x', qos: 2 as const }, 0x9b],
    ['a will on a reserved topic', { topic: '$aws/x', payload: 'x', qos: 0 as const }, 0x90],
    ['a will on a wildcard', { topic: 'a/#', payload: 'x', qos: 0 as const }, 0x90],
  ])('%s is refused', async (_, will, reasonCode) => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('x', { protocolVersion: 5, will }));
    expect(await client.untilClosed()).toMatchObject([{ cmd: 'connack', reasonCode }]);
  });
});

describe('in a session', () => {
  it.each([
    ['a second CONNECT', connectPacket('subject')],
    ['an unsupported PUBREL', { cmd: 'pubrel', messageId: 1 }],
    ['a packet only servers send', { cmd: 'pingresp' }],
    ['a QoS 2 publish', { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, dup: false, retain: false, messageId: 1 }],
    ['a QoS 2 subscription', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 2 }] }],
    [
      'nine filters in one SUBSCRIBE',
      {
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [...'123456789'].map((topic) => ({ topic, qos: 0 as const })),
      },
    ],
    ['a filter with # in the middle', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#/b', qos: 0 }] }],
    ['a shared subscription', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$share/g/a', qos: 0 }] }],
    ['a topic with a wildcard', { cmd: 'publish', topic: 'a/+', payload: 'x', qos: 0, dup: false, retain: false }],
    [
      'a topic of eight slashes',
      { cmd: 'publish', topic: '1/2/3/4/5/6/7/8/9', payload: 'x', qos: 0, dup: false, retain: false },
    ],
    [
      'a topic of 257 bytes',
      { cmd: 'publish', topic: 'x'.repeat(257), payload: 'x', qos: 0, dup: false, retain: false },
    ],
    [
      'a payload beyond 128 KB',
      { cmd: 'publish', topic: 'a', payload: Buffer.alloc(128 * 1024 + 1), qos: 0, dup: false, retain: false },
    ],
    ['a SUBSCRIBE without packet identifier', Buffer.from([0x82, 0x06, 0x00, 0x00, 0x00, 0x01, 0x61, 0x00])],
    ['a QoS 1 publish without packet identifier', Buffer.from([0x32, 0x05, 0x00, 0x01, 0x61, 0x00, 0x00])],
    ['a filter of ill-formed UTF-8', Buffer.from([0x82, 0x06, 0x00, 0x01, 0x00, 0x01, 0xff, 0x00])],
    ['a topic of ill-formed UTF-8', Buffer.from([0x30, 0x04, 0x00, 0x01, 0xff, 0x78])],
    ['a topic with NUL', Buffer.from([0x30, 0x04, 0x00, 0x01, 0x00, 0x78])],
    ['a SUBSCRIBE without filters', Buffer.from([0x82, 0x02, 0x00, 0x01])],
    ['an UNSUBSCRIBE without filters', Buffer.from([0xa2, 0x02, 0x00, 0x01])],
    ['a malformed packet', MALFORMED],
    ['QoS 3', Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01])],
  ] satisfies [string, Packet | Buffer][])('%s ends an MQTT 3.1.1 connection as CLIENT_ERROR', async (_, packet) => {
    const client = await connected();
    client.send(packet);
    expect(await client.untilClosed()).toEqual([]);
    expect(reasons()).toEqual(['CLIENT_ERROR']);
    expect(test.events('a')).toEqual([]);
  });

  it.each([
    ['a second CONNECT', connectPacket('subject', { protocolVersion: 5 }), 0x82],
    [
      'a QoS 2 publish',
      { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, dup: false, retain: false, messageId: 1 },
      0x9b,
    ],
    [
      'a topic alias that was not offered',
      {
        cmd: 'publish',
        topic: 'a',
        payload: 'x',
        qos: 0,
        dup: false,
        retain: false,
        properties: { topicAlias: 1 },
      },
      0x94,
    ],
    [
      'a subscription identifier',
      {
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: 'a', qos: 0 }],
        properties: { subscriptionIdentifier: 1 },
      },
      0xa1,
    ],
    [
      'a payload beyond 128 KB',
      { cmd: 'publish', topic: 'a', payload: Buffer.alloc(128 * 1024 + 1), qos: 0, dup: false, retain: false },
      0x97,
    ],
    ['a SUBSCRIBE without filters', Buffer.from([0x82, 0x03, 0x00, 0x01, 0x00]), 0x82],
    ['a malformed packet', MALFORMED, 0x81],
  ] satisfies [string, Packet | Buffer, number][])(
    '%s ends an MQTT 5 connection with its reason',
    async (_, packet, reasonCode) => {
      const client = await connected(5);
      client.send(packet);
      expect(await client.untilClosed()).toMatchObject([{ cmd: 'disconnect', reasonCode }]);
      expect(reasons()).toEqual(['CLIENT_ERROR']);
    },
  );

  it('MQTT 5 is told what is wrong with each filter', async () => {
    const device = await connectDevice(as('subject', 5));
    expect(await device.subscribe(['ok', '$share/g/a', `${'x/'.repeat(8)}x`], 1)).toEqual([1, 0x9e, 0x8f]);
    expect(await device.subscribe([...'123456789'])).toEqual(Array(9).fill(0x97));
    await device.leave();
  });

  it('a fifty-first subscription is beyond the quota', async () => {
    const device = await connectDevice(as('subject', 5));
    for (let packet = 0; packet < 7; packet += 1) {
      await device.subscribe([...'1234567'].map((name) => `${packet}/${name}`));
    }
    expect(await device.subscribe(['last', 'one-more', '0/1'])).toEqual([0, 0, 0]);
    expect(await device.subscribe(['and-another', '0/1'])).toEqual([0x97, 0]);
    await device.leave();
  });

  it('packets behind the one that ended the connection are not looked at', async () => {
    const client = await connected();
    const publish = { cmd: 'publish', topic: 'a', payload: 'late', qos: 0, dup: false, retain: false } as const;
    client.send({ cmd: 'disconnect' }, publish);
    await client.untilClosed();
    expect(test.events('a')).toEqual([]);
  });

  it('a packet that announces more than the limit is cut before it is complete', async () => {
    const client = await connected();
    client.send(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    const more = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < 4; sent += 1) client.send(more);
    expect(await client.untilClosed()).toEqual([]);
    expect(test.log).toContainEqual(expect.objectContaining({ event: 'malformed', clientId: 'subject' }));
  });

  it('a client that does not read is cut before what waits for it fills the memory', async () => {
    const client = await connected();
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flood', qos: 0 }] });
    await client.packet();
    client.socket.pause();
    const payload = Buffer.alloc(100 * 1024);
    let sent = 0;
    while (test.broker.connectedClients().length > 0 && sent < 1000) {
      test.bus.publish({ topic: 'flood', payload, qos: 0, clientId: null, principal: null });
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(1000);
    expect(reasons()).toEqual(['CONNECTION_LOST']);
    client.socket.destroy();
  });

  it('a failure inside the service closes that one connection', async () => {
    const stop = test.bus.subscribe(({ topic }) => {
      if (topic === 'boom') throw new Error('a rule fell over');
    });
    const client = await connected();
    client.send({ cmd: 'publish', topic: 'boom', payload: 'x', qos: 0, dup: false, retain: false });
    await client.untilClosed();
    stop();
    expect(reasons()).toEqual(['SERVER_ERROR']);
    expect(test.log).toContainEqual({ event: 'failed', detail: expect.stringContaining('a rule fell over') });
  });
});

it('a client that does not close after it was told to go is cut', async () => {
  const client = await rawClient(test, identity, { allowHalfOpen: true });
  const closed = client.untilClosed();
  client.send({ cmd: 'pingreq' });
  await once(client.socket, 'end');
  // Half of the connection is still open: what is written fails only once the broker has given the socket up.
  const chatter = setInterval(() => client.send({ cmd: 'pingreq' }), 50);
  await closed;
  clearInterval(chatter);
});

it('V-04: a resumed TLS session still shows its certificate, and so cannot outlive it', async () => {
  const first = await rawClient(test, identity, { maxVersion: 'TLSv1.3' });
  const [ticket] = await once(first.socket, 'session');
  first.socket.destroy();
  test.admit(identity, [ALLOW_ALL], 'REVOKED');

  const resumed = await rawClient(test, identity, { session: ticket });
  expect(resumed.socket.isSessionReused()).toBe(true);
  resumed.send(connectPacket('subject'));

  expect(await resumed.untilClosed()).toEqual([]);
  expect(test.log).toContainEqual(
    expect.objectContaining({ certificateId: identity.id, detail: 'certificate is REVOKED' }),
  );
  test.admit(identity, [ALLOW_ALL]);
});

it('TLS below 1.2 is refused', async () => {
  const attempt = rawClient(test, identity, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' });
  await expect(attempt).rejects.toThrow();
});
