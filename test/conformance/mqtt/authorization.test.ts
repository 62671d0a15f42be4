// IoT policies at work over real TLS: who may connect, publish, subscribe and receive, in MQTT 3.1.1 and 5.

import {
  AddThingToThingGroupCommand,
  CreatePolicyVersionCommand,
  CreateThingGroupCommand,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { baseStatements } from '#domain/device-policy.ts';
import { tenantName } from '#domain/ids.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import type { DeviceCertificate } from '#local/iot/state.ts';
import { issueDevice, makeTenantCa, type TestDevice } from '#support/certificates.ts';
import { type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';
import { ACCOUNT, ALLOW_ALL, aBroker, allow, arn, setPolicy, type TestBroker } from '#support/mqtt-broker.ts';
import {
  connectDevice,
  type DeviceOptions,
  type MqttDevice,
  presenting,
  refusedConnect,
} from '#support/mqtt-device.ts';

let test: TestBroker;
let identity: TestDevice;

beforeAll(() => {
  identity = issueDevice(makeTenantCa({ subject: [['CN', 'acme devices CA']] }), {
    subject: [
      ['CN', 'device01'],
      ['O', 'Acme'],
      ['OU', 'first'],
      ['OU', 'second'],
    ],
  });
});
beforeEach(async () => {
  test = await aBroker();
  return () => test[Symbol.asyncDispose]();
});

const as = (clientId: string, protocolVersion: 4 | 5 = 4): DeviceOptions => ({
  ...test,
  ...presenting(identity),
  clientId,
  protocolVersion,
});
const CONNECT_ANY = allow('iot:Connect', '*');

describe('the policy of a permission set, on the thing’s group', () => {
  let certificate: DeviceCertificate;

  beforeEach(() => {
    certificate = test.admit(identity, []);
    certificate.policies.clear();
    certificate.things.set('acme_device01', 'EXCLUSIVE_THING');
    test.state.things.set('acme_device01', {
      name: 'acme_device01',
      id: 'thing-1',
      attributes: {},
      version: 1,
      groups: new Set(['set']),
    });
    test.state.groups.set('set', { name: 'set', id: 'group-1', parent: null, policies: new Set(['set']) });
    const set = permissionSetOf(tenantName('acme'), 'eu1');
    setPolicy(test.state, 'set', baseStatements(set, { partition: 'aws', ...ACCOUNT }));
  });

  it('F-03: lets the device in with its own client id, and grants its own topics', async () => {
    const device = await connectDevice(as('acme_device01'));

    expect(await device.subscribe('tc/acme/acme_device01/i/amo_v3/ms', 1)).toEqual([1]);
    await device.publish('tc/acme/acme_device01/o/mc_v3/ts', 'hello', { qos: 1 });
    test.bus.publish({
      topic: 'tc/acme/acme_device01/i/amo_v3/ms',
      payload: Buffer.from('command'),
      qos: 1,
      clientId: null,
      principal: null,
    });

    expect(await device.message()).toMatchObject({ topic: 'tc/acme/acme_device01/i/amo_v3/ms', text: 'command' });
    expect(test.events('tc/acme/acme_device01/o/#')).toHaveLength(1);
    await device.leave();
  });

  it.each(['device01', 'ACME_device01', 'acme_device02'])(
    'N-10: refuses the client id %s, and says so in connect_failed',
    async (clientId) => {
      expect(await refusedConnect(as(clientId))).toEqual({ connack: null });
      expect(await refusedConnect(as(clientId, 5))).toEqual({ connack: 0x87 });

      const failures = test.events('$aws/events/presence/connect_failed/+');
      expect(failures).toHaveLength(2);
      expect(failures[0]?.message.topic).toBe(`$aws/events/presence/connect_failed/${clientId}`);
      expect(failures[0]?.body).toEqual({
        clientId,
        thingName: 'acme_device01',
        timestamp: test.now,
        eventType: 'connect_failed',
        connectFailureReason: 'AUTHORIZATION_FAILED',
        principalIdentifier: identity.id,
        sessionIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ipAddress: '127.0.0.1',
      });
    },
  );

  it('N-10: refuses everything once the certificate is detached from its thing', async () => {
    certificate.things.clear();
    expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });
  });

  it('P-02: another device’s topics end an MQTT 3.1.1 connection, to publish as to subscribe', async () => {
    const publisher = await connectDevice(as('acme_device01'));
    await expect(publisher.publish('tc/acme/acme_device02/o/x', 'not mine', { qos: 1 })).rejects.toThrow('closed');

    const subscriber = await connectDevice(as('acme_device01'));
    await expect(subscriber.subscribe('tc/acme/acme_device02/i/x')).rejects.toThrow('closed');

    expect(test.events('tc/#')).toEqual([]);
    const reasons = test.events('$aws/events/presence/disconnected/+').map(({ body }) => body['disconnectReason']);
    expect(reasons).toEqual(['AUTH_ERROR', 'AUTH_ERROR']);
  });

  it('P-02: on MQTT 5 they are answered with 0x87, and the connection stays', async () => {
    const device = await connectDevice(as('acme_device01', 5));

    expect(await device.publish('tc/acme/acme_device02/o/x', 'not mine', { qos: 1 })).toBe(0x87);
    expect(await device.subscribe(['tc/acme/acme_device02/i/x', 'tc/acme/acme_device01/i/x'])).toEqual([0x87, 0]);

    expect(test.events('tc/#')).toEqual([]);
    await device.leave();
  });

  it('MQTT 5 has no answer to a forbidden QoS 0 publish but DISCONNECT 0x87', async () => {
    const device = await connectDevice(as('acme_device01', 5));
    await device.publish('tc/acme/acme_device02/o/x', 'not mine');
    expect(await device.closed()).toBe(0x87);
  });

  it('policies of a parent group count, and those of a group the thing is not in do not', async () => {
    test.state.groups.set('child', { name: 'child', id: 'group-2', parent: 'set', policies: new Set() });
    const thing = test.state.things.get('acme_device01');
    thing?.groups.clear();
    expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });

    thing?.groups.add('child');
    const device = await connectDevice(as('acme_device01'));
    await device.leave();
  });

  it('group policies reach a certificate that is attached, not exclusively, when the client id is the thing name', async () => {
    certificate.things.set('acme_device01', 'NON_EXCLUSIVE_THING');
    const device = await connectDevice(as('acme_device01'));
    expect(test.events('$aws/events/presence/connected/+')[0]?.body).not.toHaveProperty('thingName');
    await device.leave();

    // With another client id there is no thing, hence no group policy (AWS IoT guide, Thing policy variables).
    expect(await refusedConnect(as('acme_other'))).toEqual({ connack: null });
  });
});

describe('P-12: rights that change under a session that is open', () => {
  let plane: RunningControlPlane;
  let device: MqttDevice;
  const CLIENT_ID = `\${iot:Connection.Thing.ThingName}`;
  const TENANT = `\${iot:Connection.Thing.Attributes[tenant]}`;

  /** Two sets: each a root group with a policy, and a leaf without one, that the thing is in the first of. */
  beforeEach(async () => {
    plane = await startControlPlane({ state: test.state });
    const certificate = test.admit(identity, []);
    certificate.policies.clear();
    certificate.things.set('acme_device01', 'EXCLUSIVE_THING');
    for (const topic of ['old', 'new']) {
      setPolicy(test.state, topic, [
        allow('iot:Connect', arn(`client/${CLIENT_ID}`)),
        allow(['iot:Publish', 'iot:Receive'], arn(`topic/${topic}/${TENANT}/${CLIENT_ID}`)),
        allow('iot:Subscribe', arn(`topicfilter/${topic}/#`)),
      ]);
      for (const [thingGroupName, parentGroupName] of [[topic], [`${topic}:leaf`, topic]])
        await plane.iot.send(new CreateThingGroupCommand({ thingGroupName, parentGroupName }));
      test.state.groups.get(topic)?.policies.add(topic);
    }
    test.state.things.set('acme_device01', {
      name: 'acme_device01',
      id: 'thing-1',
      attributes: { tenant: 'acme', cn: 'device01' },
      version: 1,
      groups: new Set(['old:leaf']),
    });
    device = await connectDevice(as('acme_device01', 5));
  });
  afterEach(async () => {
    await device.leave();
    await plane.stop();
  });

  const mine = (topic: string) => `${topic}/acme/acme_device01`;
  const mayPublish = async (topic: string) => (await device.publish(mine(topic), 'x', { qos: 1 })) === 0;
  /** Delivered in order: what came before the message that is always allowed came, what did not was kept back. */
  const fromService = (topic: string) =>
    test.bus.publish({ topic, payload: Buffer.from(topic), qos: 0, clientId: null, principal: null });

  it('variables are the thing’s own: its name, and the attribute of its tenant', async () => {
    expect(await mayPublish('old')).toBe(true);
    for (const topic of ['old/globex/acme_device01', 'old/acme/acme_device02', 'old/acme/+'])
      expect(await device.publish(topic.replace('+', 'x'), 'x', { qos: 1 })).toBe(0x87);
  });

  it('P-12: a new default version changes what is published and what is received', async () => {
    expect(await device.subscribe('old/#')).toEqual([0]);
    fromService(mine('old'));
    expect(await device.message()).toMatchObject({ topic: mine('old') });

    const statements = [allow(['iot:Connect', 'iot:Subscribe'], '*'), allow('iot:Receive', arn('topic/old/end'))];
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await plane.iot.send(new CreatePolicyVersionCommand({ policyName: 'old', policyDocument, setAsDefault: true }));

    expect(await mayPublish('old')).toBe(false);
    fromService(mine('old'));
    fromService('old/end');
    expect(await device.message()).toMatchObject({ topic: 'old/end' });
  });

  it('P-12: a version that is not the default changes nothing', async () => {
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await plane.iot.send(new CreatePolicyVersionCommand({ policyName: 'old', policyDocument }));
    expect(await mayPublish('old')).toBe(true);
  });

  it('P-12: a thing that moves to another set has the rights of both in between, then those of the new one alone', async () => {
    expect([await mayPublish('old'), await mayPublish('new')]).toEqual([true, false]);
    expect(await device.subscribe('old/#')).toEqual([0]);

    const thingName = 'acme_device01';
    await plane.iot.send(new AddThingToThingGroupCommand({ thingGroupName: 'new:leaf', thingName }));
    expect([await mayPublish('old'), await mayPublish('new')]).toEqual([true, true]);
    expect(await device.message()).toMatchObject({ topic: mine('old') });

    await plane.iot.send(new RemoveThingFromThingGroupCommand({ thingGroupName: 'old:leaf', thingName }));
    expect([await mayPublish('old'), await mayPublish('new')]).toEqual([false, true]);
    expect(await device.subscribe(['old/#', 'new/#'])).toEqual([0x87, 0]);
    // still subscribed, and no longer delivered
    fromService(mine('old'));
    fromService(mine('new'));
    expect(await device.message()).toMatchObject({ topic: mine('new') });
  });
});

describe('a thing with a policy on its group, and none on the certificate', () => {
  let certificate: DeviceCertificate;

  beforeEach(() => {
    certificate = test.admit(identity, []);
    certificate.policies.clear();
    setPolicy(test.state, 'group', [ALLOW_ALL]);
    test.state.groups.set('group', { name: 'group', id: 'group-1', parent: null, policies: new Set(['group']) });
    const thing = { name: 'acme_device01', id: 'thing-1', attributes: {}, version: 1, groups: new Set(['group']) };
    test.state.things.set(thing.name, thing);
  });

  it('lets nobody in whose certificate is not attached, though the client id is the name of the thing', async () => {
    expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });
    certificate.things.set('acme_device01', 'NON_EXCLUSIVE_THING');
    await (await connectDevice(as('acme_device01'))).leave();
  });

  it('lets its exclusive certificate in with any client id that the policy allows', async () => {
    certificate.things.set('acme_device01', 'EXCLUSIVE_THING');
    await (await connectDevice(as('another-id'))).leave();
  });
});

it('IsAttached is false for a thing that only has the name of the client id', async () => {
  const attached = { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } };
  const certificate = test.admit(identity, [allow('iot:Connect', '*', attached)]);
  const thing = { name: 'acme_device01', id: 'thing-1', attributes: {}, version: 1, groups: new Set<string>() };
  test.state.things.set(thing.name, thing);
  expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });

  certificate.things.set('acme_device01', 'NON_EXCLUSIVE_THING');
  await (await connectDevice(as('acme_device01'))).leave();
});

it('P-13: without a policy even an ACTIVE certificate is closed without CONNACK', async () => {
  test.admit(identity, []).policies.clear();
  expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });
  expect(await refusedConnect(as('acme_device01', 5))).toEqual({ connack: 0x87 });
});

it('P-13: who may connect and nothing else can neither publish nor subscribe', async () => {
  test.admit(identity, [CONNECT_ANY]);
  const device = await connectDevice(as('acme_device01', 5));
  expect(await device.publish('a/b', 'x', { qos: 1 })).toBe(0x87);
  expect(await device.subscribe('a/b')).toEqual([0x87]);
  await device.leave();
});

it('what may be subscribed to is still checked at each delivery', async () => {
  test.admit(identity, [
    allow('iot:Connect', '*'),
    allow('iot:Subscribe', arn('topicfilter/a/*')),
    allow('iot:Receive', arn('topic/a/open')),
  ]);
  const device = await connectDevice(as('acme_device01'));
  await device.subscribe('a/#');

  for (const topic of ['a/secret', 'a/open']) {
    test.bus.publish({ topic, payload: Buffer.from(topic), qos: 0, clientId: null, principal: null });
  }

  expect(await device.message()).toMatchObject({ topic: 'a/open' });
  expect(device.waiting()).toBe(0);
  await device.leave();
});

it('an edit of a policy takes effect on the sessions that are open', async () => {
  test.admit(identity, [ALLOW_ALL]);
  const device = await connectDevice(as('acme_device01', 5));
  expect(await device.publish('a/b', 'before', { qos: 1 })).toBe(0);

  setPolicy(test.state, `policy-${identity.id}`, [CONNECT_ANY]);

  expect(await device.publish('a/b', 'after', { qos: 1 })).toBe(0x87);
  await device.leave();
});

it('a policy that the evaluator does not understand allows nothing, since it might deny', async () => {
  const certificate = test.admit(identity, [ALLOW_ALL]);
  setPolicy(test.state, 'odd', [{ ...ALLOW_ALL, Condition: { NumericEquals: { 'iot:ClientId': '1' } } }]);
  certificate.policies.add('odd');
  expect(await refusedConnect(as('acme_device01'))).toEqual({ connack: null });
  expect(test.log).toContainEqual({ event: 'policy-unreadable', clientId: 'acme_device01', detail: 'odd' });
});

it('variables: certificate attributes, several of one kind too, client id, source address and thing attributes', async () => {
  const certificate = test.admit(identity, [
    allow('iot:Connect', arn(`client/\${iot:Certificate.Subject.CommonName}`), {
      StringEquals: {
        'iot:Certificate.Subject.OrganizationalUnit': 'first',
        'iot:Certificate.Subject.OrganizationalUnit.1': 'second',
        'iot:Certificate.Issuer.CommonName': 'acme devices CA',
        'aws:SourceIp': '127.0.0.1',
        'iot:Connection.Thing.Attributes[tenant]': 'acme',
      },
      'ForAnyValue:StringEquals': { 'iot:Certificate.Subject.OrganizationalUnit.List': 'second' },
    }),
  ]);
  expect(await refusedConnect(as('device01'))).toEqual({ connack: null });

  test.state.things.set('device01', {
    name: 'device01',
    id: 'thing-1',
    attributes: { tenant: 'acme' },
    version: 1,
    groups: new Set(),
  });
  certificate.things.set('device01', 'NON_EXCLUSIVE_THING');

  const device = await connectDevice(as('device01'));
  await device.leave();
});

describe('iot:ConnectAttributes', () => {
  const onlyPlain = (attributes: string[]) => [
    allow('iot:Connect', '*', { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': attributes } }),
    allow('iot:Publish', arn('topic/wills/*')),
  ];
  const persistent = (protocolVersion: 4 | 5) => ({
    ...as('acme_device01', protocolVersion),
    more: protocolVersion === 4 ? { clean: false } : { clean: true, properties: { sessionExpiryInterval: 60 } },
  });

  it.each([4, 5] as const)('MQTT version %i: a persistent session needs PersistentConnect', async (protocolVersion) => {
    test.admit(identity, onlyPlain(['LastWill']));
    await refusedConnect(persistent(protocolVersion));

    test.admit(identity, onlyPlain(['PersistentConnect']));
    const device = await connectDevice(persistent(protocolVersion));
    await device.leave();
  });

  it('a will needs LastWill, iot:Publish on its topic, and iot:RetainPublish when it is retained', async () => {
    const withWill = (topic: string, retain = false) => ({
      ...as('acme_device01'),
      more: { will: { topic, payload: Buffer.from('gone'), qos: 1 as const, retain } },
    });
    test.admit(identity, onlyPlain(['PersistentConnect']));
    expect(await refusedConnect(withWill('wills/device01'))).toEqual({ connack: null });

    test.admit(identity, onlyPlain(['LastWill']));
    expect(await refusedConnect(withWill('elsewhere'))).toEqual({ connack: null });
    expect(await refusedConnect(withWill('wills/device01', true))).toEqual({ connack: null });
    expect(test.events('$aws/events/presence/connect_failed/+')).toHaveLength(3);

    const device = await connectDevice(withWill('wills/device01'));
    await device.leave();
  });
});

it('P-05: a retained publish needs iot:RetainPublish beside iot:Publish', async () => {
  test.admit(identity, [CONNECT_ANY, allow('iot:Publish', '*')]);
  const device = await connectDevice(as('acme_device01', 5));
  expect(await device.publish('a/b', 'x', { qos: 1, retain: true })).toBe(0x87);
  expect(await device.publish('a/b', 'x', { qos: 1 })).toBe(0);
  setPolicy(test.state, `policy-${identity.id}`, [CONNECT_ANY, allow(['iot:Publish', 'iot:RetainPublish'], '*')]);
  expect(await device.publish('a/b', 'x', { qos: 1, retain: true })).toBe(0);
  await device.leave();
});

it('reserved topics: $aws events are received by policy, nothing below $ is published', async () => {
  test.admit(identity, [ALLOW_ALL]);
  const device = await connectDevice(as('acme_device01', 5));
  expect(await device.subscribe('$aws/events/presence/connected/+')).toEqual([0]);
  expect(await device.subscribe('$SYS/#')).toEqual([0x8f]);
  expect(await device.publish('$aws/events/presence/connected/acme_fake', '{}', { qos: 1 })).toBe(0x90);

  test.bus.publish({
    topic: '$aws/events/presence/connected/acme_other',
    payload: Buffer.from('{}'),
    qos: 0,
    clientId: null,
    principal: null,
  });

  expect((await device.message()).topic).toBe('$aws/events/presence/connected/acme_other');
  await device.leave();
});
