// A device of a trusted CA that is not let in: what it is told differs by the broker's way to refuse, and never by why.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { LocalSystemOptions } from '#local/system.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { connectDevice, refusedConnect } from '#support/mqtt-device.ts';
import { startSystemProcess, vestibule } from '#support/vestibule-process.ts';

const start = async (options: LocalSystemOptions): Promise<TestSystem> => {
  const system = await startTestSystem(options);
  onTestFinished(() => system.stop());
  return system;
};

it.each([
  { refusals: 'aws', connack: null },
  { refusals: 'seed', connack: 5 },
] as const)(
  'F-02 P-13: in mode $refusals an unknown user is refused with CONNACK $connack, and the registry says USER_NOT_FOUND',
  async ({ refusals, connack }) => {
    const system = await start({ refusals });
    const acme = await system.tenant('acme', { userMatch: 'required' });
    const device = acme.device('device01');
    const connection = system.connection(device, 'acme_device01');

    expect(await refusedConnect(connection)).toEqual({ connack });
    await expect.poll(async () => (await system.view(device.id))?.state, { timeout: 5_000 }).toBe('REJECTED');
    expect(await refusedConnect(connection)).toEqual({ connack });
    expect(await system.view(device.id)).toMatchObject({ state: 'REJECTED', reason: 'USER_NOT_FOUND' });
  },
);

it.each(['aws', 'seed'] as const)(
  'F-05 P-13: in mode %s a user without permissions connects, and a forbidden topic is refused',
  async (refusals) => {
    const system = await start({ refusals });
    const acme = await system.tenant('acme', { naming: 'connectware', userMatch: 'required' });
    await system.api.call('createUser', {
      params: { tenant: 'acme' },
      body: {
        username: 'device01',
        identityProvider: 'local',
        grantTypes: [{ method: 'certificate', isRequired: false }],
        roles: [],
        permissions: [],
      },
    });
    const identity = acme.device('device01');
    await refusedConnect(system.connection(identity, 'device01'));
    const device = await system.connect(identity, 'device01');

    if (refusals === 'seed') {
      expect(await device.subscribe('edge.cybus/#')).toEqual([0x80]);
      expect(await device.publish('edge.cybus/state', 'x', { qos: 1 })).toBe(0);
      await device.leave();
    } else {
      await expect(device.subscribe('edge.cybus/#')).rejects.toThrow('closed');
      const again = await connectDevice(system.connection(identity, 'device01'));
      await expect(again.publish('edge.cybus/state', 'x', { qos: 1 })).rejects.toThrow('closed');
    }
  },
);

it.each([
  ['aws', null],
  ['seed', 5],
] as const)(
  'F-07: in mode %s nothing tells whether a user is unknown or has another grant, or a device is held, suspended or blocked',
  async (refusals, connack) => {
    const system = await start({ refusals });
    const acme = await system.tenant('acme', { naming: 'connectware', userMatch: 'required' });
    const { call } = system.api;
    const createUser = (username: string, method: 'certificate' | 'password') =>
      call('createUser', {
        params: { tenant: 'acme' },
        body: {
          username,
          identityProvider: 'local',
          grantTypes: [{ method, isRequired: false }],
          roles: [],
          permissions: [],
        },
      });
    const params = (device: string) => ({ params: { tenant: 'acme', device } });
    await createUser('wrong-grant', 'password');
    for (const name of ['suspended', 'blocked']) await createUser(name, 'certificate');
    const suspended = acme.device('suspended');
    await refusedConnect(system.connection(suspended, 'suspended'));
    await (await system.connect(suspended, 'suspended')).leave();
    await call('suspendTenantDevice', params('suspended'));
    // the fact is recorded, IoT Core follows
    await expect.poll(() => system.iot.certificates.get(suspended.id)?.status, { timeout: 5_000 }).toBe('INACTIVE');
    const blocked = acme.device('blocked');
    await call('blockTenantDevice', params(blocked.id));
    const devices = [
      ['unknown', acme.device('unknown'), 'REJECTED', 'USER_NOT_FOUND'],
      ['wrong-grant', acme.device('wrong-grant'), 'REJECTED', 'GRANT_MISSING'],
      ['suspended', suspended, 'SUSPENDED', null],
      ['suspended', acme.device('suspended'), 'HELD', 'DEVICE_BARRED'],
      ['blocked', blocked, 'REJECTED', 'CERT_BLOCKED'],
    ] as const;

    const told = [];
    for (const [clientId, device, state, reason] of devices) {
      told.push(await refusedConnect(system.connection(device, clientId)));
      await expect.poll(() => system.view(device.id), { timeout: 5_000 }).toMatchObject({ state, reason });
      told.push(await refusedConnect(system.connection(device, clientId)));
    }

    expect(told).toEqual(told.map(() => ({ connack })));
  },
);

it('F-02: vestibule local takes the mode', async () => {
  const { home, ready, stop } = await startSystemProcess(['--refusals', 'seed']);
  onTestFinished(async () => void (await stop()));
  const ca = makeTenantCa();
  const file = join(home, 'acme.pem');
  await writeFile(file, ca.pem);
  await vestibule(home, 'tenant', 'create', 'acme', '--naming', 'eu1');
  await vestibule(home, 'anchor', 'register', file, '--tenant', 'acme');

  const device = issueDevice(ca, { cn: 'device01' });
  const refused = await refusedConnect({
    port: ready.mqtt.port,
    ca: await readFile(ready.serverCaFile, 'utf8'),
    cert: device.chainPem,
    key: device.keyPem,
    clientId: 'acme_device01',
  });
  expect(refused).toEqual({ connack: 5 });
});
