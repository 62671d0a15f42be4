// Sessions over real TLS: takeover, keep-alive, wills, delivery, retained messages, lifecycle events.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, type DeviceOptions, presenting, refusedConnect } from '#support/mqtt-device.ts';
import { connectPacket, rawClient } from '#support/mqtt-raw.ts';

let test: TestBroker;
let identity: TestDevice;

beforeAll(() => {
  identity = issueDevice(makeTenantCa(), { cn: 'device01' });
});
beforeEach(async () => {
  test = await aBroker();
  test.admit(identity, [ALLOW_ALL]);
  return () => test[Symbol.asyncDispose]();
});

const as = (clientId: string, protocolVersion: 4 | 5 = 4, more: DeviceOptions['more'] = {}): DeviceOptions => ({
  ...test,
  ...presenting(identity),
  clientId,
  protocolVersion,
  more,
});
const withWill = (protocolVersion: 4 | 5 = 4) =>
  as('willing', protocolVersion, {
    will: { topic: 'wills/willing', payload: Buffer.from('gone'), qos: 1, retain: false },
  });
const DISCONNECTED = '$aws/events/presence/disconnected/+';
const reasons = () => test.events(DISCONNECTED).map(({ body }) => body['disconnectReason']);
const fromService = (topic: string, text: string, more: { qos?: 0 | 1; retain?: boolean } = {}) =>
  test.bus.publish({ topic, payload: Buffer.from(text), qos: 0, clientId: null, principal: null, ...more });

describe('presence', () => {
  it('connected and disconnected carry the fields that AWS documents, and one version number', async () => {
    const certificate = test.state.certificates.get(identity.id);
    certificate?.things.set('thing-of-its-own', 'EXCLUSIVE_THING');
    const device = await connectDevice(as('device01'));
    test.now += 1000;
    await device.leave();

    const [disconnected] = await test.eventually(DISCONNECTED);
    const [connected] = test.events('$aws/events/presence/connected/device01');
    expect(connected?.body).toEqual({
      clientId: 'device01',
      thingName: 'thing-of-its-own',
      timestamp: test.now - 1000,
      eventType: 'connected',
      sessionIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principalIdentifier: identity.id,
      ipAddress: '127.0.0.1',
      versionNumber: 0,
    });
    expect(disconnected?.body).toEqual({
      clientId: 'device01',
      thingName: 'thing-of-its-own',
      timestamp: test.now,
      eventType: 'disconnected',
      sessionIdentifier: connected?.body['sessionIdentifier'],
      principalIdentifier: identity.id,
      clientInitiatedDisconnect: true,
      disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
      versionNumber: 0,
    });
  });

  it('a lost connection is not the client’s doing', async () => {
    const device = await connectDevice(as('device01'));
    device.vanish();
    const [event] = await test.eventually(DISCONNECTED);
    expect(event?.body).toMatchObject({ clientInitiatedDisconnect: false, disconnectReason: 'CONNECTION_LOST' });
  });

  it('subscriptions are announced with their filters', async () => {
    const device = await connectDevice(as('device01'));
    await device.subscribe(['a/+', 'b']);
    await device.client.unsubscribeAsync('a/+');
    await device.leave();
    expect(test.events('$aws/events/subscriptions/subscribed/device01')[0]?.body).toMatchObject({
      eventType: 'subscribed',
      principalIdentifier: identity.id,
      topics: ['a/+', 'b'],
    });
    expect(test.events('$aws/events/subscriptions/unsubscribed/device01')[0]?.body['topics']).toEqual(['a/+']);
  });
});

describe('N-09: a second connection with the same client id', () => {
  it.each([4, 5] as const)(
    'MQTT version %i: takes over, and the first is closed as DUPLICATE_CLIENTID',
    async (protocolVersion) => {
      const first = await connectDevice(as('device01', protocolVersion));
      const second = await connectDevice(as('device01', protocolVersion));

      expect(await first.closed()).toBe(protocolVersion === 5 ? 0x8e : null);
      expect(test.broker.connectedClients()).toHaveLength(1);
      expect(await second.publish('a', 'alive', { qos: 1 })).toBe(0);
      expect(
        test.events('$aws/events/presence/#').map(({ body }) => [body['eventType'], body['versionNumber']]),
      ).toEqual([
        ['connected', 0],
        ['disconnected', 0],
        ['connected', 1],
      ]);
      expect(reasons()).toEqual(['DUPLICATE_CLIENTID']);
      await second.leave();
    },
  );

  it('is no takeover when it is refused', async () => {
    const first = await connectDevice(as('device01'));
    const stranger = issueDevice(makeTenantCa({ subject: [['CN', 'other']] }), { cn: 'device01' });
    await refusedConnect({ ...as('device01'), ...presenting(stranger) });

    expect(await first.publish('a', 'alive', { qos: 1 })).toBe(0);
    await first.leave();
  });
});

describe('keep-alive', () => {
  it.each([4, 5] as const)(
    'MQTT version %i: a client that falls silent is cut after one and a half periods',
    async (protocolVersion) => {
      const client = await rawClient(test, identity, { protocolVersion });
      const started = performance.now();
      client.send(connectPacket('silent', { protocolVersion, keepalive: 1 }));

      const packets = await client.untilClosed();

      const elapsed = performance.now() - started;
      expect(elapsed).toBeGreaterThan(1400);
      expect(elapsed).toBeLessThan(4000);
      expect(packets.map(({ cmd }) => cmd)).toEqual(protocolVersion === 5 ? ['connack', 'disconnect'] : ['connack']);
      expect(packets[1]).toEqual(protocolVersion === 5 ? expect.objectContaining({ reasonCode: 0x8d }) : undefined);
      expect(reasons()).toEqual(['MQTT_KEEP_ALIVE_TIMEOUT']);
    },
  );

  it('PINGREQ keeps the session alive', async () => {
    const client = await rawClient(test, identity);
    client.send(connectPacket('pinging', { keepalive: 1 }));
    await client.packet();
    const started = performance.now();
    const beat = setInterval(() => client.send({ cmd: 'pingreq' }), 300);
    while (performance.now() - started < 1800) expect((await client.packet()).cmd).toBe('pingresp');
    clearInterval(beat);
    expect(test.broker.connectedClients().map(({ clientId }) => clientId)).toEqual(['pinging']);
    client.socket.destroy();
    await test.eventually(DISCONNECTED);
  });

  it('MQTT 5 clients are told the limit of AWS when they ask for none', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('sleepy', { protocolVersion: 5, keepalive: 0 }));
    expect(await client.packet()).toMatchObject({
      cmd: 'connack',
      properties: { serverKeepAlive: 1200, maximumQoS: 1, retainAvailable: true, sharedSubscriptionAvailable: false },
    });
    client.socket.destroy();
  });
});

describe('wills', () => {
  const wills = () => test.events('wills/#').map(({ body }) => body['text']);

  it('are published when the connection is lost', async () => {
    const device = await connectDevice(withWill());
    device.vanish();
    await test.eventually('wills/willing');
    expect(wills()).toEqual(['gone']);
  });

  it('are published when the session is taken over', async () => {
    await connectDevice(withWill());
    const second = await connectDevice(as('willing'));
    expect(wills()).toEqual(['gone']);
    await second.leave();
  });

  it.each([4, 5] as const)('MQTT version %i: are discarded by DISCONNECT', async (protocolVersion) => {
    const device = await connectDevice(withWill(protocolVersion));
    await device.leave();
    await test.eventually(DISCONNECTED);
    expect(wills()).toEqual([]);
  });

  it('MQTT 5: are published by DISCONNECT 0x04', async () => {
    const device = await connectDevice(withWill(5));
    await device.client.endAsync(false, { reasonCode: 4 });
    await test.eventually('wills/willing');
    expect(reasons()).toEqual(['CLIENT_INITIATED_DISCONNECT']);
  });

  it('are not published once the policies forbid it', async () => {
    const device = await connectDevice(withWill());
    test.state.certificates.get(identity.id)?.policies.clear();
    device.vanish();
    await test.eventually(DISCONNECTED);
    expect(wills()).toEqual([]);
  });
});

describe('delivery', () => {
  it('reaches every subscriber at the lower of both QoS, and its publisher too', async () => {
    const [publisher, at0, at1] = await Promise.all([
      connectDevice(as('publisher')),
      connectDevice(as('at0', 5)),
      connectDevice(as('at1', 5)),
    ]);
    await publisher.subscribe('t/+', 1);
    await at0.subscribe('t/#', 0);
    await at1.subscribe('t/x', 1);

    await publisher.publish('t/x', 'hello', { qos: 1 });

    expect((await publisher.message()).packet).toMatchObject({ qos: 1 });
    expect((await at0.message()).packet).toMatchObject({ qos: 0 });
    expect((await at1.message()).packet).toMatchObject({ qos: 1 });
    await Promise.all([publisher, at0, at1].map((device) => device.leave()));
  });

  it('gives one copy to a client whose subscriptions overlap, at the highest QoS', async () => {
    const device = await connectDevice(as('device01'));
    await device.subscribe('t/#', 0);
    await device.subscribe('t/+', 1);
    fromService('t/x', 'once', { qos: 1 });
    fromService('t/end', 'end');
    expect((await device.message()).packet).toMatchObject({ qos: 1 });
    expect((await device.message()).text).toBe('end');
    await device.leave();
  });

  it('stops with UNSUBSCRIBE', async () => {
    const device = await connectDevice(as('device01'));
    await device.subscribe(['a', 'b']);
    await device.client.unsubscribeAsync('a');
    fromService('a', 'no');
    fromService('b', 'yes');
    expect((await device.message()).text).toBe('yes');
    await device.leave();
  });

  it('carries the MQTT 5 properties of the publisher', async () => {
    const device = await connectDevice(as('device01', 5));
    await device.subscribe('t');
    const properties = {
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: Buffer.from('42'),
      userProperties: { a: ['1', '2'], b: '3' },
    };
    await device.client.publishAsync('t', '{}', { qos: 1, properties });
    expect((await device.message()).packet).toMatchObject({ properties });
    await device.leave();
  });

  it('drops a property that was cut short or came twice, rather than stumble over it', async () => {
    const device = await connectDevice(as('device01', 5));
    await device.subscribe('t');
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('odd', { protocolVersion: 5 }));
    await client.packet();
    // PUBLISH to `t` with content type `a`, then content type `b`
    client.send(Buffer.from('300d00017408030001610300016278', 'hex'));
    const { packet } = await device.message();
    expect(packet).not.toHaveProperty('properties.contentType');
    client.socket.destroy();
    await device.leave();
  });

  it('leaves out what is larger than the Maximum Packet Size of MQTT 5', async () => {
    const device = await connectDevice(as('device01', 5, { properties: { maximumPacketSize: 100 } }));
    await device.subscribe('t');
    fromService('t', 'x'.repeat(100));
    fromService('t', 'small');
    expect((await device.message()).text).toBe('small');
    await device.leave();
  });

  it('honours Retain As Published of MQTT 5', async () => {
    const device = await connectDevice(as('device01', 5));
    await device.client.subscribeAsync({ kept: { qos: 0, rap: true }, plain: { qos: 0 } });
    for (const topic of ['kept', 'plain']) fromService(topic, 'x', { retain: true });
    expect([(await device.message()).retain, (await device.message()).retain]).toEqual([true, false]);
    await device.leave();
  });

  it('honours No Local of MQTT 5', async () => {
    const device = await connectDevice(as('device01', 5));
    await device.client.subscribeAsync('t', { qos: 0, nl: true });
    await device.publish('t', 'own', { qos: 1 });
    test.bus.publish({ topic: 't', payload: Buffer.from('about it'), qos: 0, clientId: 'device01', principal: null });
    expect((await device.message()).text).toBe('about it');
    await device.leave();
  });

  it('keeps within the Receive Maximum of MQTT 5, and goes on with each PUBACK', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('narrow', { protocolVersion: 5, properties: { receiveMaximum: 2 } }), {
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 't', qos: 1 }],
    });
    await client.packet();
    await client.packet();
    for (const text of ['1', '2', '3']) fromService('t', text, { qos: 1 });
    client.send({ cmd: 'pingreq' });

    const arrived = [await client.packet(), await client.packet(), await client.packet()];
    expect(arrived.map(({ cmd }) => cmd)).toEqual(['publish', 'publish', 'pingresp']);
    client.send({ cmd: 'puback', messageId: arrived[0]?.messageId ?? 0, reasonCode: 0 });
    expect(await client.packet()).toMatchObject({ cmd: 'publish', messageId: 3 });
    client.socket.destroy();
  });

  it('cuts a client that acknowledges nothing once too much waits for it', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('deaf', { protocolVersion: 5 }), {
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 't', qos: 1 }],
    });
    await client.packet();
    await client.packet();
    for (let count = 0; count < 1101; count += 1) fromService('t', String(count), { qos: 1 });
    const packets = await client.untilClosed();
    expect(packets.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x97 });
    expect(reasons()).toEqual(['THROTTLED']);
  });
});

describe('retained messages', () => {
  it('come to a later subscriber of exactly their topic, until an empty one deletes them', async () => {
    const device = await connectDevice(as('device01'));
    await device.publish('state', 'kept', { qos: 1, retain: true });

    await device.subscribe('+');
    await device.subscribe('state');
    expect(await device.message()).toMatchObject({ topic: 'state', text: 'kept', retain: true });

    await device.publish('state', '', { qos: 1, retain: true });
    expect(await device.message()).toMatchObject({ text: '', retain: false });
    await device.subscribe('state');
    fromService('state', 'end');
    expect((await device.message()).text).toBe('end');
    await device.leave();
  });
});

it('a retained message is gone after its expiry, and Retain Handling of MQTT 5 is honoured', async () => {
  const device = await connectDevice(as('device01', 5));
  await device.client.publishAsync('state', 'brief', {
    qos: 1,
    retain: true,
    properties: { messageExpiryInterval: 10 },
  });
  await device.client.subscribeAsync('state', { qos: 0, rh: 2 });
  await device.client.subscribeAsync('state', { qos: 0, rh: 1 });
  expect(device.waiting()).toBe(0);
  await device.client.subscribeAsync('state', { qos: 0, rh: 0 });
  expect(await device.message()).toMatchObject({ text: 'brief', retain: true });

  test.now += 10_000;
  await device.client.subscribeAsync('state', { qos: 0 });
  fromService('state', 'end');
  expect((await device.message()).text).toBe('end');
  await device.leave();
});

describe('ends that the service decides', () => {
  it.each([4, 5] as const)(
    'V-04: MQTT version %i: a certificate that leaves ACTIVE loses its session at once',
    async (protocolVersion) => {
      const device = await connectDevice(as('device01', protocolVersion));
      const certificate = test.state.certificates.get(identity.id);
      if (!certificate) throw new Error('the certificate is gone');

      certificate.status = 'INACTIVE';
      test.broker.certificateChanged(certificate);

      expect(await device.closed()).toBe(protocolVersion === 5 ? 0x87 : null);
      expect(reasons()).toEqual(['AUTH_ERROR']);
      expect(await refusedConnect(as('device01', protocolVersion))).toEqual({ connack: null });
    },
  );

  it('a certificate that is still ACTIVE keeps its session, whatever becomes of another', async () => {
    const device = await connectDevice(as('device01'));
    test.broker.certificateChanged(identity);
    test.broker.certificateChanged({ id: 'another' });
    expect(await device.publish('a', 'alive', { qos: 1 })).toBe(0);
    await device.leave();
  });

  it('V-04: without being told, the broker notices at the next packet, and delivers nothing more', async () => {
    const [talking, listening] = await Promise.all([connectDevice(as('talking')), connectDevice(as('listening'))]);
    await listening.subscribe('t');
    test.state.certificates.delete(identity.id);

    fromService('t', 'secret');
    await expect(talking.publish('a', 'x', { qos: 1 })).rejects.toThrow('closed');
    await listening.closed();

    expect(listening.waiting()).toBe(0);
    expect(test.events('a')).toEqual([]);
  });

  it('disconnect says administrative action, and whether there was anybody', async () => {
    const device = await connectDevice(as('device01', 5));
    expect(test.broker.disconnect('device01')).toBe(true);
    expect(test.broker.disconnect('device01')).toBe(false);
    expect(await device.closed()).toBe(0x98);
    expect(reasons()).toEqual(['API_INITIATED_DISCONNECT']);
  });

  it('stop ends every session and frees the port', async () => {
    const device = await connectDevice(as('device01', 5));
    await test.broker.stop();
    expect(await device.closed()).toBe(0x8b);
    expect(reasons()).toEqual(['SERVER_INITIATED_DISCONNECT']);
    const next = await aBroker({ port: test.port });
    expect(next.port).toBe(test.port);
    await next.broker.stop();
  });
});

describe('sessions end with their connection', () => {
  it('a client that asks for a persistent one is told that there is none', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(
      connectPacket('lasting', { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 60 } }),
    );
    expect(await client.packet()).toMatchObject({
      cmd: 'connack',
      reasonCode: 0,
      sessionPresent: false,
      properties: { sessionExpiryInterval: 0 },
    });
    client.socket.destroy();
  });
});

describe('client ids', () => {
  it('N-11: username and password change nothing', async () => {
    const device = await connectDevice(as('device01', 4, { username: 'somebody', password: 'something' }));
    await device.leave();
  });

  it('who brings none is given one, and told which in MQTT 5', async () => {
    const client = await rawClient(test, identity, { protocolVersion: 5 });
    client.send(connectPacket('', { protocolVersion: 5 }));
    const connack = await client.packet();
    const [connected] = test.broker.connectedClients();
    expect(connack).toMatchObject({ properties: { assignedClientIdentifier: connected?.clientId } });
    client.socket.destroy();
  });

  it('none, with a session to be kept, is refused with 2 in MQTT 3.1.1', async () => {
    const client = await rawClient(test, identity);
    client.send(Buffer.from('100c00044d5154540400003c0000', 'hex'));
    expect(await client.untilClosed()).toMatchObject([{ cmd: 'connack', returnCode: 2 }]);
  });

  it.each(['$device', 'x'.repeat(129)])('%s is refused', async (clientId) => {
    expect(await refusedConnect(as(clientId))).toEqual({ connack: 2 });
    expect(await refusedConnect(as(clientId, 5))).toEqual({ connack: 0x85 });
  });

  it('with the quotas of AWS a client id may connect once a second', async () => {
    const limited = await aBroker({ quotas: true });
    limited.admit(identity, [ALLOW_ALL]);
    const options = { ...as('device01', 5), ...limited };
    const device = await connectDevice(options);
    expect(await refusedConnect(options)).toEqual({ connack: 0x97 });
    limited.now += 1000;
    const second = await connectDevice(options);
    expect(await device.closed()).toBe(0x8e);
    await second.leave();
    await limited.broker.stop();
  });
});
