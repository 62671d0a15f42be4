// Just-in-time registration over real TLS: what a first CONNECT does, and what leaves no trace.

import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, refusedConnect } from '#support/mqtt-device.ts';
import { anMqttAuthority, type MqttAuthority, newKeys } from '#support/mqtt-identity.ts';

const REGISTERED = '$aws/events/certificates/registered/+';

let test: TestBroker;
let authority: MqttAuthority;

beforeAll(async () => {
  test = await aBroker();
  authority = await anMqttAuthority();
  test.trust(authority);
});
afterAll(() => test[Symbol.asyncDispose]());

const eventsOf = (certificateId: string) =>
  test.events(REGISTERED).filter(({ body }) => body['certificateId'] === certificateId);

describe.each([4, 5] as const)('MQTT version %i', (protocolVersion) => {
  it('J-02: the first connection of an unknown device is closed without CONNACK, its certificate pending and announced', async () => {
    const device = await authority.issue('CN=device01');

    const { connack } = await refusedConnect({ ...test, ...device, clientId: 'acme_device01', protocolVersion });

    expect(connack).toBeNull();
    expect(test.state.certificates.get(device.id)).toMatchObject({
      status: 'PENDING_ACTIVATION',
      caId: authority.id,
      createdAt: test.now,
    });
    expect(eventsOf(device.id)).toEqual([
      {
        message: expect.objectContaining({
          topic: `$aws/events/certificates/registered/${authority.id}`,
          clientId: 'acme_device01',
          principal: null,
        }),
        body: {
          certificateId: device.id,
          caCertificateId: authority.id,
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
    const device = await authority.issue('CN=impatient');
    const options = { ...test, ...device, clientId: 'acme_impatient', protocolVersion };
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
    const device = await authority.issue('CN=patient');
    const options = { ...test, ...device, clientId: 'acme_patient', protocolVersion };
    await refusedConnect(options);

    test.admit(device, [ALLOW_ALL]);

    const connected = await connectDevice(options);
    expect(eventsOf(device.id)).toHaveLength(1);
    await connected.leave();
  });
});

it('J-10: a leaf that comes with its CA registers as one that comes alone does', async () => {
  const device = await authority.issue('CN=chained');

  await refusedConnect({ ...test, ...device, cert: `${device.cert}\n${authority.pem}`, clientId: 'acme_chained' });

  expect(test.state.certificates.get(device.id)?.status).toBe('PENDING_ACTIVATION');
});

it('J-12: a TLS handshake without CONNECT registers nothing', async () => {
  const device = await authority.issue('CN=scanner');
  const socket = connectTls({ port: test.port, host: '127.0.0.1', servername: 'localhost', ...device, ca: test.ca });
  await once(socket, 'secureConnect');

  socket.end();
  await once(socket, 'close');

  expect(test.state.certificates.has(device.id)).toBe(false);
  expect(eventsOf(device.id)).toEqual([]);
});

describe('F-01: who is not vouched for is closed without CONNACK and leaves no trace', () => {
  const leavesNoTrace = async (device: { id: string; cert: string; key: string }) => {
    const { connack } = await refusedConnect({ ...test, ...device, clientId: 'acme_stranger' });

    expect(connack).toBeNull();
    expect(test.state.certificates.has(device.id)).toBe(false);
    expect(eventsOf(device.id)).toEqual([]);
  };

  it('a leaf of a CA that was never registered', async () => {
    const foreign = await anMqttAuthority('CN=somebody else');
    await leavesNoTrace(await foreign.issue('CN=device01'));
  });

  it('a leaf of an impostor CA with the same distinguished name', async () => {
    const impostor = await anMqttAuthority();
    await leavesNoTrace(await impostor.issue('CN=device01'));
  });

  it('a leaf whose issuer is another name of a registered CA’s key', async () => {
    const keys = await newKeys();
    test.trust(await anMqttAuthority('CN=registered name', keys));
    const renamed = await anMqttAuthority('CN=other name', keys);
    await leavesNoTrace(await renamed.issue('CN=device01'));
  });

  it('V-01: a leaf of a CA that is INACTIVE, or whose auto-registration is off', async () => {
    const resting = await anMqttAuthority('CN=resting CA');
    test.trust(resting);
    const ca = test.state.cas.get(resting.id);
    if (!ca) throw new Error('the CA was not registered');

    ca.status = 'INACTIVE';
    await leavesNoTrace(await resting.issue('CN=device01'));
    Object.assign(ca, { status: 'ACTIVE', autoRegistration: 'DISABLE' });
    await leavesNoTrace(await resting.issue('CN=device02'));
  });

  it('no certificate at all', async () => {
    const { connack } = await refusedConnect({ port: test.port, ca: test.ca, clientId: 'acme_nobody' });
    expect(connack).toBeNull();
    expect(test.log).toContainEqual(
      expect.objectContaining({ clientId: 'acme_nobody', detail: 'no client certificate' }),
    );
  });
});

it('of two registered CAs with one subject, the one that signed is named', async () => {
  const twin = await anMqttAuthority();
  test.trust(twin);
  const device = await twin.issue('CN=twin');

  await refusedConnect({ ...test, ...device, clientId: 'acme_twin' });

  expect(test.state.certificates.get(device.id)?.caId).toBe(twin.id);
});

it.each(['INACTIVE', 'REVOKED'] as const)(
  'J-07: a certificate that is %s is closed without CONNACK, and no event',
  async (status) => {
    const device = await authority.issue(`CN=${status}`);
    test.admit(device, [ALLOW_ALL], status);

    const { connack } = await refusedConnect({ ...test, ...device, clientId: 'acme_barred' });

    expect(connack).toBeNull();
    expect(eventsOf(device.id)).toEqual([]);
  },
);
