// Just-in-time registration over real TLS: what a first CONNECT does, and what leaves no trace.

import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestCa, type TestDevice } from '#support/certificates.ts';
import { ACCOUNT, ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, presenting, refusedConnect } from '#support/mqtt-device.ts';

const REGISTERED = '$aws/events/certificates/registered/+';

let test: TestBroker;
let ca: TestCa;

beforeAll(async () => {
  test = await aBroker();
  ca = makeTenantCa();
  test.trust(ca);
});
afterAll(() => test[Symbol.asyncDispose]());

const eventsOf = (certificateId: string) =>
  test.events(REGISTERED).filter(({ body }) => body['certificateId'] === certificateId);

describe.each([4, 5] as const)('MQTT version %i', (protocolVersion) => {
  it('J-02: the first connection of an unknown device is closed without CONNACK, its certificate pending and announced', async () => {
    const device = issueDevice(ca, { cn: 'device01' });

    const { connack } = await refusedConnect({
      ...test,
      ...presenting(device),
      clientId: 'acme_device01',
      protocolVersion,
    });

    expect(connack).toBeNull();
    expect(test.state.certificates.get(device.id)).toMatchObject({
      status: 'PENDING_ACTIVATION',
      caId: ca.id,
      createdAt: test.now,
    });
    expect(eventsOf(device.id)).toEqual([
      {
        message: expect.objectContaining({
          topic: `$aws/events/certificates/registered/${ca.id}`,
          clientId: 'acme_device01',
          principal: null,
        }),
        body: {
          certificateId: device.id,
          caCertificateId: ca.id,
          timestamp: test.now,
          certificateStatus: 'PENDING_ACTIVATION',
          awsAccountId: ACCOUNT.accountId,
          certificateRegistrationTimestamp: null,
        },
      },
    ]);
    expect(test.events('$aws/events/presence/+/acme_device01')).toEqual([]);
  });

  it('J-04: a retry while pending is closed again and announced again, with the time of registration', async () => {
    const device = issueDevice(ca, { cn: 'impatient' });
    const options = { ...test, ...presenting(device), clientId: 'acme_impatient', protocolVersion };
    const registeredAt = test.now;

    await refusedConnect(options);
    test.now += 200;
    const { connack } = await refusedConnect(options);

    expect(connack).toBeNull();
    expect(
      eventsOf(device.id).map(({ body }) => [body['timestamp'], body['certificateRegistrationTimestamp']]),
    ).toEqual([
      [registeredAt, null],
      [registeredAt + 200, String(registeredAt)],
    ]);
    expect(test.state.certificates.get(device.id)?.status).toBe('PENDING_ACTIVATION');
  });

  it('J-03: after activation the same device gets CONNACK 0', async () => {
    const device = issueDevice(ca, { cn: 'patient' });
    const options = { ...test, ...presenting(device), clientId: 'acme_patient', protocolVersion };
    await refusedConnect(options);

    test.admit(device, [ALLOW_ALL]);

    const connected = await connectDevice(options);
    expect(eventsOf(device.id)).toHaveLength(1);
    await connected.leave();
  });
});

it('J-10: a leaf that comes with its CA registers as one that comes alone does', async () => {
  const device = issueDevice(ca, { cn: 'chained' });

  await refusedConnect({ ...test, ...presenting(device), cert: device.chainPem, clientId: 'acme_chained' });

  expect(test.state.certificates.get(device.id)?.status).toBe('PENDING_ACTIVATION');
});

it('J-12: a TLS handshake without CONNECT registers nothing', async () => {
  const device = issueDevice(ca, { cn: 'scanner' });
  const socket = connectTls({
    port: test.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ...presenting(device),
    ca: test.ca,
  });
  await once(socket, 'secureConnect');

  socket.end();
  await once(socket, 'close');

  expect(test.state.certificates.has(device.id)).toBe(false);
  expect(eventsOf(device.id)).toEqual([]);
});

it('a registration is announced once it is durable; one that cannot be kept is announced when the device comes back', async () => {
  const saves: { keep(): void; fail(): void }[] = [];
  await using slow = await aBroker({
    onChange: () =>
      new Promise((resolve, reject) => saves.push({ keep: resolve, fail: () => reject(new Error('disk full')) })),
  });
  slow.trust(ca);
  const [kept, lost] = ['kept', 'lost'].map((cn) => {
    const device = issueDevice(ca, { cn });
    return { ...device, connection: { ...slow, ...presenting(device), clientId: `acme_${cn}` } };
  });
  if (!kept || !lost) throw new Error('two devices were issued');

  await refusedConnect(kept.connection);
  expect(slow.events(REGISTERED)).toEqual([]);
  saves[0]?.keep();
  await slow.eventually(REGISTERED);

  await refusedConnect(lost.connection);
  saves[1]?.fail();
  await refusedConnect(lost.connection);
  const [, repeat] = await slow.eventually(REGISTERED, 2);
  expect(repeat?.body).toMatchObject({ certificateId: lost.id, certificateRegistrationTimestamp: String(slow.now) });
  expect(slow.log).toContainEqual({ event: 'failed', certificateId: lost.id, detail: 'Error: disk full' });
});

describe('F-01: who is not vouched for is closed without CONNACK and leaves no trace', () => {
  const leavesNoTrace = async (device: TestDevice) => {
    const { connack } = await refusedConnect({ ...test, ...presenting(device), clientId: 'acme_stranger' });

    expect(connack).toBeNull();
    expect(test.state.certificates.has(device.id)).toBe(false);
    expect(eventsOf(device.id)).toEqual([]);
  };

  it('a leaf of a CA that was never registered', async () => {
    const foreign = makeTenantCa({ subject: [['CN', 'somebody else']] });
    await leavesNoTrace(issueDevice(foreign, { cn: 'device01' }));
  });

  it('a leaf of an impostor CA with the same distinguished name', async () => {
    const impostor = makeTenantCa();
    await leavesNoTrace(issueDevice(impostor, { cn: 'device01' }));
  });

  it('a leaf whose issuer is another name of a registered CA’s key', async () => {
    const registered = makeTenantCa({ subject: [['CN', 'registered name']] });
    test.trust(registered);
    const renamed = makeTenantCa({ subject: [['CN', 'other name']], key: registered.key });
    await leavesNoTrace(issueDevice(renamed, { cn: 'device01' }));
  });

  it('V-01: a leaf of a CA that is INACTIVE, or whose auto-registration is off', async () => {
    const resting = makeTenantCa({ subject: [['CN', 'resting CA']] });
    test.trust(resting);
    const registered = test.state.cas.get(resting.id);
    if (!registered) throw new Error('the CA was not registered');

    registered.status = 'INACTIVE';
    await leavesNoTrace(issueDevice(resting, { cn: 'device01' }));
    Object.assign(registered, { status: 'ACTIVE', autoRegistration: 'DISABLE' });
    await leavesNoTrace(issueDevice(resting, { cn: 'device02' }));
  });

  it('no certificate at all', async () => {
    const { connack } = await refusedConnect({ port: test.port, ca: test.ca, clientId: 'acme_nobody' });
    expect(connack).toBeNull();
    expect(test.log).toContainEqual(
      expect.objectContaining({ clientId: 'acme_nobody', detail: 'no client certificate' }),
    );
  });
});

describe.each([4, 5] as const)('U-05, MQTT version %i: a username and password', (protocolVersion) => {
  const credentials = { username: 'acme_device01', password: 'the right one' };

  it('without a certificate never authenticate', async () => {
    const clientId = `acme_password-${protocolVersion}`;
    const { port, ca: serverCa } = test;

    const { connack } = await refusedConnect({ port, ca: serverCa, clientId, protocolVersion, more: credentials });

    expect(connack).toBeNull();
    expect(test.log).toContainEqual(expect.objectContaining({ clientId, detail: 'no client certificate' }));
    expect(test.events(`$aws/events/presence/+/${clientId}`)).toEqual([]);
  });

  it('do not help a certificate that is barred, and do not harm one that is active', async () => {
    const clientId = `acme_both-${protocolVersion}`;
    const device = issueDevice(ca, { cn: `both-${protocolVersion}` });
    const options = { ...test, ...presenting(device), clientId, protocolVersion, more: credentials };
    const admitted = test.admit(device, [ALLOW_ALL], 'INACTIVE');
    expect(await refusedConnect(options)).toEqual({ connack: null });

    admitted.status = 'ACTIVE';
    const session = await connectDevice(options);
    await session.leave();
  });
});

it('of two registered CAs with one subject, the one that signed is named', async () => {
  const twin = makeTenantCa();
  test.trust(twin);
  const device = issueDevice(twin, { cn: 'twin' });

  await refusedConnect({ ...test, ...presenting(device), clientId: 'acme_twin' });

  expect(test.state.certificates.get(device.id)?.caId).toBe(twin.id);
});

it.each(['INACTIVE', 'REVOKED'] as const)(
  'J-07: a certificate that is %s is closed without CONNACK, and no event',
  async (status) => {
    const device = issueDevice(ca, { cn: status });
    test.admit(device, [ALLOW_ALL], status);

    const { connack } = await refusedConnect({ ...test, ...presenting(device), clientId: 'acme_barred' });

    expect(connack).toBeNull();
    expect(eventsOf(device.id)).toEqual([]);
  },
);
