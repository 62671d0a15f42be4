// Where the embedded broker is known to differ from AWS IoT Core, or had to choose: docs/local-vs-aws.md names each test.

import { beforeAll, beforeEach, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestCa, type TestDevice } from '#support/certificates.ts';
import { ALLOW_ALL, aBroker, allow, arn, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, type DeviceOptions, presenting, refusedConnect } from '#support/mqtt-device.ts';
import { connectPacket, rawClient } from '#support/mqtt-raw.ts';

const REGISTERED = '$aws/events/certificates/registered/+';

let test: TestBroker;
let ca: TestCa;
let admitted: TestDevice;

beforeAll(() => {
  ca = makeTenantCa();
  admitted = issueDevice(ca, { cn: 'device01' });
});
beforeEach(async () => {
  test = await aBroker();
  test.trust(ca);
  return () => test[Symbol.asyncDispose]();
});

const as = (clientId: string, protocolVersion: 4 | 5 = 4, device = admitted): DeviceOptions => ({
  ...test,
  ...presenting(device),
  clientId,
  protocolVersion,
});

it.each(['PENDING_ACTIVATION', 'INACTIVE', 'REVOKED', 'unknown'] as const)(
  'MQTT 5: a certificate that is %s is closed without CONNACK too',
  async (status) => {
    if (status === 'unknown') test.state.cas.clear();
    else test.admit(admitted, [ALLOW_ALL], status);
    expect(await refusedConnect(as('device01', 5))).toEqual({ connack: null });
  },
);

it('a pending certificate is announced again though its CA has become INACTIVE', async () => {
  await refusedConnect(as('device01'));
  const registered = test.state.cas.get(ca.id);
  Object.assign(registered ?? {}, { status: 'INACTIVE', autoRegistration: 'DISABLE' });

  await refusedConnect(as('device01'));

  expect(test.events(REGISTERED)).toHaveLength(2);
});

it.each([
  ['has expired', { validTo: new Date('2021-01-01') }],
  ['is not valid yet', { validFrom: new Date('2048-01-01') }],
])('a certificate that %s registers and connects all the same', async (_, validity) => {
  const device = issueDevice(ca, { cn: 'device02', ...validity });
  await refusedConnect(as('device02', 4, device));
  expect(test.state.certificates.get(device.id)?.status).toBe('PENDING_ACTIVATION');

  test.admit(device, [ALLOW_ALL]);
  await (await connectDevice(as('device02', 4, device))).leave();
});

it('events are published also while their event messages are switched off', async () => {
  test.state.eventConfigurations.set('CA_CERTIFICATE', false).set('CERTIFICATE', false);

  await refusedConnect(as('device01'));
  expect(test.events(REGISTERED)).toHaveLength(1);

  test.admit(admitted, [ALLOW_ALL]);
  await (await connectDevice(as('device01'))).leave();
  expect(test.events('$aws/events/presence/connected/+')).toHaveLength(1);
});

it.each([
  ['no server name', { servername: '' }],
  ['a wrong server name', { servername: 'elsewhere.example' }],
  ['an ALPN protocol', { ALPNProtocols: ['x-amzn-mqtt-ca'] }],
])('a TLS client hello with %s is taken as any other', async (_, tls) => {
  test.admit(admitted, [ALLOW_ALL]);
  const client = await rawClient(test, admitted, { checkServerIdentity: () => undefined, ...tls });
  client.send(connectPacket('device01'));
  expect(await client.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  client.socket.destroy();
});

it('nothing is kept for a client that is gone: no subscription, and no message to be sent again', async () => {
  test.admit(admitted, [ALLOW_ALL]);
  const publish = () =>
    test.bus.publish({ topic: 't', payload: Buffer.from('x'), qos: 1, clientId: null, principal: null });
  const first = await rawClient(test, admitted);
  first.send(connectPacket('device01', { clean: false }));
  expect(await first.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] });
  expect((await first.packet()).cmd).toBe('suback');
  publish();
  expect((await first.packet()).cmd).toBe('publish');
  first.socket.destroy();
  await test.eventually('$aws/events/presence/disconnected/+');

  const second = await rawClient(test, admitted);
  second.send(connectPacket('device01', { clean: false }));
  expect(await second.packet()).toMatchObject({ cmd: 'connack', sessionPresent: false });
  publish();
  second.send({ cmd: 'pingreq' });
  expect((await second.packet()).cmd).toBe('pingresp');
  second.socket.destroy();
});

it('retained messages do not outlive the broker', async () => {
  test.admit(admitted, [ALLOW_ALL]);
  const device = await connectDevice(as('device01'));
  await device.publish('state', 'kept', { qos: 1, retain: true });
  await device.leave();
  await test.broker.stop();

  const next = await aBroker({ state: test.state });
  const again = await connectDevice({ ...as('device01'), port: next.port, ca: next.ca });
  await again.subscribe('state');
  next.bus.publish({ topic: 'state', payload: Buffer.from('new'), qos: 0, clientId: null, principal: null });
  expect(await again.message()).toMatchObject({ text: 'new', retain: false });
  await again.leave();
  await next.broker.stop();
});

it('a policy that does not mention iot:ConnectAttributes grants a last will and a persistent session', async () => {
  test.admit(admitted, [allow('iot:Connect', arn('client/device01')), allow('iot:Publish', arn('topic/wills'))]);
  const will = { topic: 'wills', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
  const device = await connectDevice({ ...as('device01'), more: { clean: false, will } });
  await device.leave();
});

it('a policy sees no subject alternative name, thing type or domain name', async () => {
  // GeneralNames of one dNSName, `a` (RFC 5280 §4.2.1.6)
  const alternativeName = { oid: '2.5.29.17', value: Buffer.from('3003820161', 'hex') };
  const device = issueDevice(ca, { cn: 'device01', extensions: [alternativeName] });
  const demand = (variable: string) => {
    test.admit(device, [allow('iot:Connect', '*', { StringLike: { [variable]: '*' } })]);
    return as('device01', 4, device);
  };

  await (await connectDevice(demand('iot:Certificate.Subject.CommonName'))).leave();
  for (const variable of [
    'iot:Certificate.Subject.AlternativeName.DNSName',
    'iot:Connection.Thing.ThingTypeName',
    'iot:DomainName',
  ])
    expect(await refusedConnect(demand(variable))).toEqual({ connack: null });
});

it.each(['a*', 'a+b', 'a#', 'a$', 'a?'])('a client id like %s is not put into a policy for a variable', async (id) => {
  test.admit(admitted, [allow('iot:Connect', arn(`client/\${iot:ClientId}`))]);
  await (await connectDevice(as('plain'))).leave();
  expect(await refusedConnect(as(id))).toEqual({ connack: null });
});

it('with the quotas of AWS, more than fifteen devices still register within a second', async () => {
  const limited = await aBroker({ quotas: true });
  limited.trust(ca);
  for (let count = 0; count < 16; count += 1) {
    const device = issueDevice(ca, { cn: `device${count}` });
    await refusedConnect({ ...limited, ...presenting(device), clientId: `device${count}` });
  }
  expect(limited.events(REGISTERED)).toHaveLength(16);
  await limited.broker.stop();
});
