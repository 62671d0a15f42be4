// A device onboards itself: real TLS, real MQTT, the real SDK clients, and the deployed template as the wiring.

import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateId } from '#domain/ids.ts';
import { AwsFault } from '#local/http/aws-fault.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import { connectDevice, refusedConnect } from '#support/mqtt-device.ts';

let system: TestSystem;
let acme: TestTenant;
beforeAll(async () => {
  system = await startTestSystem();
  acme = await system.tenant('acme');
});
afterAll(() => system.stop());

const onboardDevice = () => {
  const found = system.functions().find(({ name }) => name === 'onboard-device');
  if (found === undefined) throw new Error('the stacks have no function onboard-device');
  return found;
};
/** The announcement is the last effect that can be seen: everything before it has happened then. */
const isOnboarded = (id: CertificateId) =>
  expect.poll(() => system.announced(id), { timeout: 5_000 }).toContain('device.onboarded');

describe('the first connect', () => {
  it.each([
    ['F-03 J-02 J-03 J-10 N-01: eu1 with the CA in its chain', 'device01', 4, true],
    ['J-10: the leaf alone', 'device02', 4, false],
    ['J-03: MQTT 5', 'device03', 5, true],
  ] as const)('%s: is closed without CONNACK, and a retry is let in', async (_, cn, protocolVersion, withChain) => {
    const device = acme.device(cn);
    const options = { protocolVersion, cert: withChain ? device.chainPem : device.pem };

    await system.firstConnect(device, `acme_${cn}`, options);
    const connected = await system.connect(device, `acme_${cn}`, options);

    expect(await connected.subscribe(`tc/acme/acme_${cn}/i/amo_v3/ms`)).toEqual([0]);
    await connected.leave();
  });

  it('J-06: leaves an active device that operators can see, with its thing', async () => {
    const device = acme.device('seen');
    await system.firstConnect(device, 'acme_seen');
    await isOnboarded(device.id);

    const view = await system.api.call('showDevice', { params: { device: 'acme_seen' } });

    expect(view).toMatchObject({
      clientId: 'acme_seen',
      tenant: 'acme',
      thingName: 'acme_seen',
      reason: null,
      certificates: [{ fingerprint: device.id, anchor: acme.ca.id, state: 'ACTIVE' }],
    });
    expect(system.iot.things.get('acme_seen')?.attributes).toEqual({ tenant: 'acme', cn: 'seen' });
    expect(system.announced(device.id)).toEqual(['device.onboarded']);
  });

  it('J-03: is followed by a session within five seconds, ten times out of ten', async () => {
    for (let n = 0; n < 10; n += 1) {
      const device = acme.device(`again${n}`);
      await system.firstConnect(device, `acme_again${n}`);
      const connected = await system.connect(device, `acme_again${n}`);
      await connected.leave();
    }
  });

  it('J-04 J-09: repeated while it is onboarded makes one device, one thing and one announcement', async () => {
    const device = acme.device('eager');
    const attempt = () => refusedConnect(system.connection(device, 'acme_eager')).catch(() => 'in');

    await Promise.all([attempt(), attempt(), attempt(), attempt(), attempt()]);
    const connected = await system.connect(device, 'acme_eager');

    await connected.leave();
    await isOnboarded(device.id);
    expect([...(system.iot.certificates.get(device.id)?.things ?? [])]).toEqual([['acme_eager', 'EXCLUSIVE_THING']]);
    expect(system.announced(device.id)).toEqual(['device.onboarded']);
    expect(onboardDevice().failures).toEqual([]);
  });

  it('J-12: a handshake without CONNECT registers nothing', async () => {
    const device = acme.device('silent');
    const { port } = system.mqtt;
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: system.serverCaPem,
      cert: device.chainPem,
      key: device.keyPem,
    });
    await once(socket, 'secureConnect');
    socket.end();
    await once(socket, 'close');

    // the next device goes the whole way behind it
    const other = acme.device('after-silent');
    await system.firstConnect(other, 'acme_after-silent');
    await isOnboarded(other.id);

    expect(system.iot.certificates.has(device.id)).toBe(false);
    expect(await system.view(device.id)).toBeNull();
  });

  it('J-05: attaches everything before it activates the certificate', async () => {
    const calls: string[] = [];
    const end = system.hooks.intercept({
      after: ({ service, operation, caller }) => {
        if (service === 'iot' && caller === onboardDevice().functionName) calls.push(operation);
      },
    });
    const device = acme.device('ordered');
    await system.firstConnect(device, 'acme_ordered');
    await isOnboarded(device.id);
    end();

    expect([calls.slice(0, 2), calls.slice(2, 4).toSorted(), calls.slice(4)]).toEqual([
      ['DescribeCertificate', 'CreateThing'],
      ['AddThingToThingGroup', 'AttachThingPrincipal'],
      ['UpdateCertificate'],
    ]);
  });
});

describe('a wrong client id', () => {
  it('N-10: is refused, and shows at the device that it should have been', async () => {
    const device = acme.device('wrong');
    await system.firstConnect(device, 'wrong');
    const connected = await system.connect(device, 'acme_wrong');
    await connected.leave();

    for (const tried of ['ACME_wrong', 'wrong']) {
      expect(await refusedConnect(system.connection(device, tried))).toEqual({ connack: null });
    }

    await expect
      .poll(async () => (await system.view(device.id))?.mismatch, { timeout: 5_000 })
      .toMatchObject({ code: 'CLIENT_ID_MISMATCH', tried: 'wrong', count: 2 });
    expect(system.iot.things.has('wrong')).toBe(false);
  });

  it('N-10: is refused on MQTT 5 too', async () => {
    const device = acme.device('wrong5');
    await system.firstConnect(device, 'acme_wrong5', { protocolVersion: 5 });
    await isOnboarded(device.id);

    expect(await refusedConnect(system.connection(device, 'acme_other', { protocolVersion: 5 }))).toEqual({
      connack: expect.toSatisfy((code: number | null) => code === null || code >= 0x80),
    });
  });
});

describe('who does not belong', () => {
  it('CA-01 F-01: a device of a CA that nobody uploaded is refused and leaves no trace', async () => {
    const device = issueDevice(makeTenantCa(), { cn: 'stranger' });

    await system.firstConnect(device, 'acme_stranger');
    await system.firstConnect(device, 'acme_stranger');

    expect(system.iot.certificates.has(device.id)).toBe(false);
    expect(await system.view(device.id)).toBeNull();
  });

  it('F-06 J-07: a refused device is announced as rejected once, a good one never', async () => {
    const good = acme.device('good');
    const bad = acme.deviceNamed([['CN', 'a b']]);

    await system.firstConnect(bad, 'acme_a b');
    await system.firstConnect(good, 'acme_good');
    await isOnboarded(good.id);
    await expect.poll(() => system.announced(bad.id), { timeout: 5_000 }).toEqual(['device.rejected']);
    await system.firstConnect(bad, 'acme_a b');

    expect(await system.view(bad.id)).toMatchObject({ reason: 'CN_CHARSET', clientId: null });
    expect(system.iot.certificates.get(bad.id)).toMatchObject({ status: 'INACTIVE', things: new Map() });
    expect(system.announced(bad.id)).toEqual(['device.rejected']);
    expect(system.announced(good.id)).toEqual(['device.onboarded']);
  });

  it("N-05: a leaf that names another tenant is its CA owner's all the same", async () => {
    const device = acme.deviceNamed([
      ['O', 'globex'],
      ['CN', 'traveller'],
    ]);
    await system.firstConnect(device, 'acme_traveller');

    const connected = await system.connect(device, 'acme_traveller');

    await connected.leave();
  });
});

describe('a session', () => {
  const onboarded = async (cn: string) => {
    const device = acme.device(cn);
    await system.firstConnect(device, `acme_${cn}`);
    return { device, connected: await system.connect(device, `acme_${cn}`) };
  };

  it('P-02: publishes under its own o/, subscribes under its own i/', async () => {
    const { connected } = await onboarded('topics');

    expect(await connected.publish('tc/acme/acme_topics/o/mc_v3/ts', '{}', { qos: 1 })).toBe(0);
    expect(await connected.subscribe('tc/acme/acme_topics/i/#', 1)).toEqual([1]);
    await connected.leave();
  });

  it.each([
    ['publishes on the topic of another device', 'publish', 'tc/acme/acme_other/o/mc_v3/ts', 'refused0'],
    ['publishes on its own incoming topic', 'publish', 'tc/acme/acme_refused1/i/cmd_v3/c', 'refused1'],
    ['subscribes to everything', 'subscribe', 'tc/#', 'refused2'],
    ['subscribes to every device of its tenant', 'subscribe', 'tc/acme/+/i/#', 'refused3'],
    ['subscribes to its own outgoing topics', 'subscribe', 'tc/acme/acme_refused4/o/#', 'refused4'],
  ])('P-02: ends when it %s', async (_, verb, topic, cn) => {
    const { connected } = await onboarded(cn);

    const attempt = verb === 'publish' ? connected.publish(topic, '{}', { qos: 1 }) : connected.subscribe(topic);

    await expect(attempt).rejects.toThrow(/connection closed/);
  });

  it('N-09: is taken over by a second one of the same device, and the takeover is announced', async () => {
    const { device, connected: first } = await onboarded('twice');

    const second = await connectDevice(system.connection(device, 'acme_twice'));

    await first.closed();
    expect(await second.publish('tc/acme/acme_twice/o/mc_v3/ts', '{}', { qos: 1 })).toBe(0);
    await expect.poll(() => system.announced(device.id), { timeout: 5_000 }).toContain('session.duplicate');
    await second.leave();
  });

  it('R-05: shows as presence in the registry', async () => {
    const { device, connected } = await onboarded('present');
    const presence = () =>
      expect.poll(async () => (await system.view(device.id))?.presence?.connected, { timeout: 5_000 });
    await presence().toBe(true);

    await connected.leave();

    await presence().toBe(false);
  });
});

describe('an operator', () => {
  it('approves a device that waits for it, and it is let in without having come back', async () => {
    const careful = await system.tenant('careful', { admission: 'approve' });
    const device = careful.device('d1');
    await system.firstConnect(device, 'careful_d1');
    await expect.poll(async () => (await system.view(device.id))?.state, { timeout: 5_000 }).toBe('HELD');
    await system.firstConnect(device, 'careful_d1');

    await system.api.call('approveDevice', { params: { device: device.id } });

    await isOnboarded(device.id);
    const connected = await system.connect(device, 'careful_d1');
    await connected.leave();
    expect(system.announced(device.id)).toEqual(['device.held', 'device.onboarded']);
  });

  it("R-07: a tenant's admin sees its own devices, and nothing of another tenant", async () => {
    const globex = await system.tenant('globex', { naming: 'eu2' });
    const device = globex.device('globex_d1');
    await system.firstConnect(device, 'globex_d1');
    await isOnboarded(device.id);
    const admin = system.apiAs(system.credentials.tenantAdmin('acme'));

    expect(
      (await admin('listDevices', { params: { tenant: 'acme' } })).devices.every(({ tenant }) => tenant === 'acme'),
    ).toBe(true);
    await expect(admin('listDevices', { params: { tenant: 'globex' } })).rejects.toMatchObject({ status: 403 });
    await expect(admin('showDevice', { params: { device: device.id } })).rejects.toMatchObject({ status: 403 });
    await expect(admin('showTenantDevice', { params: { tenant: 'acme', device: device.id } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(
      system.apiAs({ ...system.credentials.operator, secretAccessKey: 'wrong' })('listTenants', {}),
    ).rejects.toMatchObject({ status: 403 });
  });
});

describe('J-05 J-09: what goes wrong half way', () => {
  const STEPS = [
    'DescribeCertificate',
    'CreateThing',
    'AttachThingPrincipal',
    'AddThingToThingGroup',
    'UpdateCertificate',
    'PutEvents',
    'UpdateItem',
  ];

  it.each(STEPS.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const]))(
    'a function that dies at %s, %s its effect, loses no device',
    async (step, when) => {
      const cn = `crash-${step}-${when}`;
      const device = acme.device(cn);
      const { functionName, failures } = onboardDevice();
      let died = false;
      const die = async (call: { operation: string; caller: string | null }) => {
        if (died || call.operation !== step || call.caller !== functionName) return;
        died = true;
        await system.hooks.killFunction('onboard-device');
        if (when === 'before') throw new AwsFault('ServiceUnavailable', 'nobody is left to read this', 503);
      };
      const end = system.hooks.intercept(when === 'before' ? { before: die } : { after: die });

      await system.firstConnect(device, `acme_${cn}`);
      await expect.poll(() => onboardDevice().failures.length, { timeout: 5_000 }).toBeGreaterThan(failures.length);
      end();
      await system.hooks.redeliverFailed();

      const connected = await system.connect(device, `acme_${cn}`);
      await connected.leave();
      expect([...(system.iot.certificates.get(device.id)?.things.keys() ?? [])]).toEqual([`acme_${cn}`]);
      await isOnboarded(device.id);
      const ids = system.events().flatMap(({ detail }) => {
        const { id, certificateId } = detail as { id: string; certificateId: string };
        return certificateId === device.id ? [id] : [];
      });
      // announced again or not: consumers drop what they have seen by its id
      expect(new Set(ids).size).toBe(1);
    },
  );

  it('J-13: a call that is throttled twice is made a third time', async () => {
    const device = acme.device('throttled');
    let refusals = 2;
    const end = system.hooks.intercept({
      before: ({ operation }) => {
        if (operation !== 'CreateThing' || refusals === 0) return;
        refusals -= 1;
        throw new AwsFault('ThrottlingException', 'Rate exceeded', 400);
      },
    });

    await system.firstConnect(device, 'acme_throttled');
    await isOnboarded(device.id);
    end();

    expect(refusals).toBe(0);
  });
});
