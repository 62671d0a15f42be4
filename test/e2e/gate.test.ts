// The whole system with the pre-authentication gate: what the registry says counts for the next connection.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import type { AnchorId } from '#domain/ids.ts';
import type { AnchorState } from '#domain/trust-anchor.ts';
import { AwsFault } from '#local/http/aws-fault.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import { connectDevice, type MqttDevice, presenting, refusedConnect } from '#support/mqtt-device.ts';
import { connectPacket, rawClient } from '#support/mqtt-raw.ts';

let system: TestSystem;
let acme: TestTenant;
let globex: TestTenant;
let dynamo: DynamoDBClient;
let anchors: AnchorRegistry;

beforeAll(async () => {
  system = await startTestSystem({ context: { gate: 'true' } });
  acme = await system.tenant('acme');
  globex = await system.tenant('globex');
  dynamo = new DynamoDBClient({
    endpoint: system.aws.endpoint,
    region: system.aws.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  anchors = dynamoAnchorRegistry(dynamo, system.outputs.get(STACK.registry)?.get(OUTPUT.registryTable) ?? '');
});
afterAll(async () => {
  dynamo.destroy();
  await system.stop();
});

/** Writes the fact alone: nothing is told to follow it. */
const setState = async (id: AnchorId, state: AnchorState): Promise<void> => {
  const anchor = await anchors.find(id);
  if (anchor === null) throw new Error(`expected anchor ${id}`);
  const changed = await anchors.change({ ...anchor, state, version: anchor.version + 1 }, anchor.version);
  expect(changed?.state).toBe(state);
};
const onboarded = async (tenant: TestTenant, cn: string) => {
  const device = tenant.device(cn);
  const clientId = `${tenant.name}_${cn}`;
  await system.firstConnect(device, clientId);
  return { device, clientId, session: await system.connect(device, clientId) };
};
const refused = async (device: TestDevice, clientId: string) =>
  expect(await refusedConnect(system.connection(device, clientId))).toEqual({ connack: null });
const isAlive = async (session: MqttDevice, clientId: string) =>
  expect(await session.publish(`tc/acme/${clientId}/o/mc_v3/ts`, '{}', { qos: 1 })).toBe(0);
const statusOf = ({ id }: TestDevice) => system.iot.certificates.get(id)?.status;
const gateLines = (device: TestDevice) =>
  system.logs().filter(({ text }) => text.includes('connection refused') && text.includes(device.id));

it('CA-11: tenants are told the endpoint that the gate governs', async () => {
  const [configuration] = system.iot.domainConfigurations.values();
  const asked: string[] = [];
  const api = system.functions().find(({ name }) => name === 'ops-api')?.functionName;
  // others are at work as well
  const end = system.hooks.intercept({
    before: ({ caller, operation }) => {
      if (caller === api) asked.push(operation);
    },
  });

  expect(await system.api.call('showBroker', {})).toMatchObject({ host: 'localhost', port: system.mqtt.port });

  end();
  expect(asked).toEqual(['DescribeDomainConfiguration']);
  expect(configuration?.callbackArn).toMatch(/:function:/);
});

describe('an anchor that is revoked in the registry, before anything follows', () => {
  let devices: Awaited<ReturnType<typeof onboarded>>[];
  beforeAll(async () => {
    devices = [];
    for (const cn of ['one', 'two', 'three']) devices.push(await onboarded(acme, cn));
    await setState(acme.ca.id, 'REVOKED');
  });
  afterAll(async () => {
    await setState(acme.ca.id, 'ACTIVE');
    for (const { session } of devices) await session.leave();
  });

  it('V-01: lets none of its devices connect any more, from the next connect on', async () => {
    for (const { device, clientId } of devices) await refused(device, clientId);

    for (const { device } of devices) {
      // nothing has followed: IoT Core alone would have let them in
      expect(statusOf(device)).toBe('ACTIVE');
      await expect.poll(() => gateLines(device).length, { timeout: 5_000 }).toBe(1);
      expect(gateLines(device)[0]?.text).toContain('ANCHOR_NOT_ACTIVE');
    }
    expect(system.iot.cas.get(acme.ca.id)).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
  });

  it('V-01: leaves the sessions that are open, which the sweep cuts, and takes none of them over', async () => {
    for (const { session, clientId } of devices) await isAlive(session, clientId);
  });

  it('V-01: registers no certificate that it has never seen, when who issued it is shown', async () => {
    const stranger = acme.device('stranger');

    await refused(stranger, 'acme_stranger');

    expect(statusOf(stranger)).toBeUndefined();
    expect(await system.view(stranger.id)).toBeNull();
  });

  it('J-02: registers one that does not show it, and lets it in no further', async () => {
    const stranger = acme.device('bare');

    await refusedConnect({ ...system.connection(stranger, 'acme_bare'), ...presenting(stranger) });

    expect(statusOf(stranger)).toBe('PENDING_ACTIVATION');
    await refused(stranger, 'acme_bare');
  });

  it('V-01: a device of another anchor is not concerned', async () => {
    const { session } = await onboarded(globex, 'unconcerned');
    await session.leave();
  });
});

it('V-03: an anchor that is restored lets its devices connect again, at once', async () => {
  const { device, clientId, session } = await onboarded(acme, 'restored');
  await session.leave();
  await setState(acme.ca.id, 'REVOKED');
  await refused(device, clientId);

  await setState(acme.ca.id, 'ACTIVE');

  await (await connectDevice(system.connection(device, clientId))).leave();
});

it('F-01: a certificate of a CA that nobody uploaded is closed without CONNACK and leaves no trace', async () => {
  const foreign = issueDevice(makeTenantCa({ subject: [['CN', 'never uploaded']] }), { cn: 'device01' });

  await refused(foreign, 'acme_device01');

  expect(statusOf(foreign)).toBeUndefined();
  expect(await system.view(foreign.id)).toBeNull();
});

it('while the registry cannot be read nobody connects, and everybody again when it can', async () => {
  const { device, clientId, session } = await onboarded(acme, 'patient');
  await session.leave();
  const gate = system.functions().find(({ name }) => name === 'admit-connection')?.functionName;
  const end = system.hooks.intercept({
    before: ({ service, caller }) => {
      if (service === 'dynamodb' && caller === gate) throw new AwsFault('InternalServerError', 'out of order', 500);
    },
  });

  await refused(device, clientId);

  end();
  await (await connectDevice(system.connection(device, clientId))).leave();
});

describe('a tenant that wants no second session', () => {
  const setSecondSession = (secondSession: 'take-over' | 'refuse-new') =>
    system.api.call('setTenant', { params: { tenant: 'acme' }, body: { secondSession } });
  const presence = (device: TestDevice) =>
    expect.poll(async () => (await system.view(device.id))?.presence?.connected, { timeout: 5_000 });
  beforeEach(async () => {
    await setSecondSession('refuse-new');
    return async () => {
      await setSecondSession('take-over');
    };
  });

  it('N-09: keeps the first one, and lets the next one in after it', async () => {
    const { device, clientId, session: first } = await onboarded(acme, 'single');
    await presence(device).toBe(true);

    await refused(device, clientId);

    await isAlive(first, clientId);
    await first.leave();
    const second = await vi.waitFor(() => connectDevice(system.connection(device, clientId)), { timeout: 5_000 });
    await second.leave();
    expect(system.announced(device.id)).not.toContain('session.duplicate');
  });

  it('N-09: a session that is half open keeps the device out until the broker misses it', async () => {
    const { device, clientId, session } = await onboarded(acme, 'half-open');
    await session.leave();
    await presence(device).toBe(false);
    const silent = await rawClient({ port: system.mqtt.port, ca: system.serverCaPem }, device);
    silent.send(connectPacket(clientId, { keepalive: 2 }));
    await presence(device).toBe(true);

    await refused(device, clientId);

    // three seconds after its last packet ([MQTT-3.1.2-24])
    await silent.untilClosed();
    await presence(device).toBe(false);
    await (await connectDevice(system.connection(device, clientId))).leave();
  });
});
