// DeleteConnection of the embedded IoT data plane, through the real SDK client, on sessions over real TLS.

import { DeleteConnectionCommand, GetConnectionCommand, IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import { createIotDataPlane } from '#local/iot/data-plane/data-plane.ts';
import { startIotEndpoint } from '#local/iot/rest-json/endpoint.ts';
import { startServices } from '#local/services.ts';
import { createSystemLog } from '#local/system-log.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { ALLOW_ALL, aBroker, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, type DeviceOptions, presenting } from '#support/mqtt-device.ts';

const account = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
};

let test: TestBroker;
let identity: TestDevice;
let ends: (() => unknown)[];

beforeAll(() => {
  identity = issueDevice(makeTenantCa(), { cn: 'device01' });
});
beforeEach(async () => {
  ends = [];
  test = await aBroker();
  ends.push(() => test[Symbol.asyncDispose]());
  test.admit(identity, [ALLOW_ALL]);
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

const startDataPlane = async (quotas = false): Promise<IoTDataPlaneClient> => {
  const { broker } = test;
  const door = await startIotEndpoint(
    createIotDataPlane({ clock: () => test.now, quotas, disconnect: (...client) => broker.disconnect(...client) }),
  );
  const data = new IoTDataPlaneClient({ ...account, endpoint: door.url });
  ends.push(() => door.stop());
  ends.push(() => data.destroy());
  return data;
};
const as = (clientId: string, protocolVersion: 4 | 5 = 4): DeviceOptions => ({
  ...test,
  ...presenting(identity),
  clientId,
  protocolVersion,
  more: { will: { topic: 'wills/device01', payload: Buffer.from('gone'), qos: 0, retain: false } },
});
const notConnected = { name: 'ResourceNotFoundException', $metadata: expect.objectContaining({ httpStatusCode: 404 }) };
const throttled = { name: 'ThrottlingException', $metadata: expect.objectContaining({ httpStatusCode: 429 }) };

describe('DeleteConnection', () => {
  it.each([
    { protocolVersion: 4, code: null },
    { protocolVersion: 5, code: 0x98 },
  ] as const)(
    'P-12: MQTT version $protocolVersion: ends the session at once, says so in the lifecycle event, and the client may come back',
    async ({ protocolVersion, code }) => {
      const data = await startDataPlane();
      // percent-encoded in the path
      const clientId = 'acme/device 01ä';
      const [device, other] = await Promise.all([
        connectDevice(as(clientId, protocolVersion)),
        connectDevice(as('other', protocolVersion)),
      ]);

      await data.send(new DeleteConnectionCommand({ clientId, cleanSession: false }));

      expect(await device.closed()).toBe(code);
      expect(test.broker.connectedClients().map((client) => client.clientId)).toEqual(['other']);
      const [event] = test.events('$aws/events/presence/disconnected/#');
      expect(event?.body).toMatchObject({
        clientId,
        eventType: 'disconnected',
        clientInitiatedDisconnect: false,
        disconnectReason: 'API_INITIATED_DISCONNECT',
      });
      const again = await connectDevice(as(clientId, protocolVersion));
      await again.leave();
      await other.leave();
    },
  );

  it('publishes the will unless it is told to prevent it', async () => {
    const data = await startDataPlane();
    const ended = async (preventWillMessage?: boolean) => {
      const device = await connectDevice(as('device01'));
      await data.send(new DeleteConnectionCommand({ clientId: 'device01', preventWillMessage }));
      await device.closed();
      return test.events('wills/#').length;
    };

    expect(await ended(true)).toBe(0);
    expect(await ended(false)).toBe(1);
    expect(await ended()).toBe(2);
  });

  it('cleanSession finds nothing to remove: a session ends with its connection', async () => {
    const data = await startDataPlane();
    for (const cleanSession of [true, false]) {
      const device = await connectDevice({ ...as('device01'), more: { clean: false } });
      await data.send(new DeleteConnectionCommand({ clientId: 'device01', cleanSession }));
      await device.closed();
    }
    await expect(
      data.send(new DeleteConnectionCommand({ clientId: 'device01', cleanSession: true })),
    ).rejects.toMatchObject(notConnected);
  });

  it('answers 404 for a client that is not connected, and 400 for what is no client id', async () => {
    const data = await startDataPlane();
    const remove = (clientId: string) => data.send(new DeleteConnectionCommand({ clientId }));
    await expect(remove('device01')).rejects.toMatchObject(notConnected);
    for (const clientId of ['$aws', 'x'.repeat(129)])
      await expect(remove(clientId)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('with the quotas of AWS is granted once a second for one client, and a hundred times for all', async () => {
    const data = await startDataPlane(true);
    const remove = (clientId: string) => data.send(new DeleteConnectionCommand({ clientId }));
    await expect(remove('client')).rejects.toMatchObject(notConnected);
    await expect(remove('client')).rejects.toMatchObject(throttled);
    for (let n = 0; n < 98; n += 1) await expect(remove(`client${n}`)).rejects.toMatchObject(notConnected);
    await expect(remove('one too many')).rejects.toMatchObject(throttled);

    test.now += 1000;
    await expect(remove('client')).rejects.toMatchObject(notConnected);
  });
});

it('an operation of the data plane that is not emulated is named', async () => {
  const data = await startDataPlane();
  await expect(data.send(new GetConnectionCommand({ clientId: 'device01' }))).rejects.toMatchObject({
    name: 'NotEmulatedException',
    message: 'operation GetConnection of the data plane is not emulated',
  });
});

it('the one URL of the AWS APIs leads to it, by the name that its requests are signed with', async () => {
  const folder = await openDataFolder(null);
  ends.push(() => folder.close());
  const log = createSystemLog(() => {});
  const services = await startServices({ folder, log, clock: Date.now, mqttPort: 0, awsPort: 0, quotas: false });
  ends.push(() => services.stop());
  const calls: string[] = [];
  services.interceptors.add({
    before: ({ service, operation }) => {
      calls.push(`${service}:${operation}`);
    },
  });
  const data = new IoTDataPlaneClient({ ...account, endpoint: services.endpoint });
  ends.push(() => data.destroy());

  await expect(data.send(new DeleteConnectionCommand({ clientId: 'device01' }))).rejects.toMatchObject(notConnected);
  expect(calls).toEqual(['iotdata:DeleteConnection']);
});
