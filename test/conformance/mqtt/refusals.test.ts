// P-13, F-02: the two ways of the embedded broker to say no: as AWS IoT does, and as brokers that tell.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestCa, type TestDevice } from '#support/certificates.ts';
import { aBroker, allow, arn, type TestBroker } from '#support/mqtt-broker.ts';
import { connectDevice, type DeviceOptions, presenting, refusedConnect } from '#support/mqtt-device.ts';

const MAY_ONLY = [
  allow('iot:Connect', arn('client/device01')),
  allow('iot:Subscribe', arn('topicfilter/mine')),
  allow(['iot:Publish', 'iot:Receive'], arn('topic/mine')),
];

let ca: TestCa;
let identity: TestDevice;
let test: TestBroker;

beforeAll(() => {
  ca = makeTenantCa();
  identity = issueDevice(ca, { cn: 'device01' });
});
afterEach(() => test[Symbol.asyncDispose]());

const as = (clientId: string, protocolVersion: 4 | 5 = 4): DeviceOptions => ({
  ...test,
  ...presenting(identity),
  clientId,
  protocolVersion,
});
const published = () => test.events('#').map(({ message }) => message.topic);

describe('mode aws, which is the default', () => {
  beforeEach(async () => {
    test = await aBroker();
    test.admit(identity, MAY_ONLY);
  });

  it('P-13: on MQTT 3.1.1 a forbidden subscribe or publish drops the connection', async () => {
    for (const forbidden of [
      (device: Awaited<ReturnType<typeof connectDevice>>) => device.subscribe(['mine', 'foreign']),
      (device: Awaited<ReturnType<typeof connectDevice>>) => device.publish('foreign', 'x', { qos: 1 }),
    ]) {
      const device = await connectDevice(as('device01'));
      await expect(forbidden(device)).rejects.toThrow('closed');
    }
    expect(published()).not.toContain('foreign');
  });

  it('F-02: a forbidden connect closes without CONNACK, whether policy or certificate forbids it', async () => {
    expect(await refusedConnect(as('device02'))).toEqual({ connack: null });
    test.admit(identity, MAY_ONLY, 'INACTIVE');
    expect(await refusedConnect(as('device01'))).toEqual({ connack: null });
  });
});

describe('mode seed', () => {
  beforeEach(async () => {
    test = await aBroker({ refusals: 'seed' });
    test.admit(identity, MAY_ONLY);
  });

  it('P-13: on MQTT 3.1.1 a forbidden filter is answered with SUBACK 0x80 and granted nothing, and the others are granted', async () => {
    const device = await connectDevice(as('device01'));
    expect(await device.subscribe(['mine', 'foreign', '$SYS/#'], 1)).toEqual([1, 0x80, 0x80]);
    for (const topic of ['foreign', 'mine'])
      test.bus.publish({ topic, payload: Buffer.from(topic), qos: 0, clientId: null, principal: null });
    expect(await device.message()).toMatchObject({ topic: 'mine' });
    await device.leave();
  });

  it.each([0, 1] as const)(
    'P-13: on MQTT 3.1.1 a forbidden publish of QoS %i goes nowhere, and the connection stays',
    async (qos) => {
      const device = await connectDevice(as('device01'));
      expect(await device.publish('foreign', 'x', { qos })).toBe(0);
      expect(await device.publish('mine', 'x', { qos: 1 })).toBe(0);
      expect(published()).not.toContain('foreign');
      expect(published()).toContain('mine');
      await device.leave();
    },
  );

  it('P-13: on MQTT 5 both are answered with 0x87, and QoS 0 with nothing', async () => {
    const device = await connectDevice(as('device01', 5));
    expect(await device.subscribe(['foreign', 'mine'])).toEqual([0x87, 0]);
    expect(await device.publish('foreign', 'x', { qos: 1 })).toBe(0x87);
    expect(await device.publish('foreign', 'x', { qos: 0 })).toBe(0);
    expect(await device.publish('mine', 'x', { qos: 1 })).toBe(0);
    expect(published()).not.toContain('foreign');
    await device.leave();
  });

  it('P-13: what no policy could allow ends the connection as ever', async () => {
    const device = await connectDevice(as('device01'));
    await expect(device.publish('$aws/events/x', 'x', { qos: 1 })).rejects.toThrow('closed');
  });

  it('F-02: a connect that the policies forbid is answered with CONNACK 5, on MQTT 5 with 0x87', async () => {
    expect(await refusedConnect(as('device02'))).toEqual({ connack: 5 });
    expect(await refusedConnect(as('device02', 5))).toEqual({ connack: 0x87 });
    expect(test.events('$aws/events/presence/connect_failed/device02')).toHaveLength(2);
  });

  it.each(['INACTIVE', 'PENDING_ACTIVATION', 'REVOKED'] as const)(
    'F-02: a certificate that is %s is answered with CONNACK 5, on MQTT 5 with 0x87',
    async (status) => {
      test.admit(identity, MAY_ONLY, status);
      expect(await refusedConnect(as('device01'))).toEqual({ connack: 5 });
      expect(await refusedConnect(as('device01', 5))).toEqual({ connack: 0x87 });
    },
  );

  it('F-02: the first connect of a device is told so too, and registers it all the same', async () => {
    test.trust(ca);
    const device = issueDevice(ca, { cn: 'device02' });
    expect(await refusedConnect({ ...as('device02'), ...presenting(device) })).toEqual({ connack: 5 });
    expect(test.state.certificates.get(device.id)?.status).toBe('PENDING_ACTIVATION');
  });

  it('F-01: a certificate of a CA that nobody registered is closed without CONNACK', async () => {
    const stranger = issueDevice(makeTenantCa(), { cn: 'device01' });
    expect(await refusedConnect({ ...as('device01'), ...presenting(stranger) })).toEqual({ connack: null });
    expect(test.state.certificates.has(stranger.id)).toBe(false);
  });
});
