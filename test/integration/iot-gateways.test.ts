import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { policyDocument } from '#domain/device-policy.ts';
import { certificateId, clientId, tenantName } from '#domain/ids.ts';
import { namingOf } from '#domain/naming.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const arn = { partition: 'aws', region: REGION, accountId: ACCOUNT };
const ca = makeTenantCa();
const device = issueDevice(ca, { cn: 'device01' });
const acme = tenantName('acme');
const thing = clientId('acme_device01');

let plane: RunningControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({ endpointAddress: 'broker.localhost' });
  plane.state.certificates.set(device.id, {
    id: device.id,
    pem: device.pem,
    caId: ca.id,
    status: 'PENDING_ACTIVATION',
    createdAt: 0,
    lastModifiedAt: 0,
    policies: new Set(),
    things: new Map(),
  });
});
afterAll(async () => {
  await plane.stop();
});

test('CA-04: a CA is registered closed, opened last, and both can be repeated', async () => {
  const gateway = iotAnchorGateway(plane.iot);
  expect([await gateway.register(ca.pem), await gateway.register(ca.pem)]).toEqual([ca.id, ca.id]);
  expect(plane.state.cas.get(ca.id)).toMatchObject({ mode: 'SNI_ONLY', status: 'ACTIVE', autoRegistration: 'DISABLE' });
  for (const _ of [1, 2]) await gateway.enableRegistration(ca.id);
  await gateway.register(ca.pem);
  expect(plane.state.cas.get(ca.id)).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
});

test('a certificate is described as it is, and an unknown one is null', async () => {
  const gateway = iotCertificateGateway(plane.iot);
  expect(await gateway.describe(device.id)).toEqual({
    id: device.id,
    pem: device.pem,
    anchorId: ca.id,
    status: 'PENDING_ACTIVATION',
  });
  expect(await gateway.describe(certificateId('0'.repeat(64)))).toBeNull();
});

describe('a device is let in', () => {
  const set = permissionSetOf(acme, namingOf('eu1'));
  const document = policyDocument(set, arn);

  test('its permission set is one root group with one policy, whose document follows', async () => {
    const gateway = iotPermissionSetGateway(plane.iot, arn);
    for (const _ of [1, 2]) await gateway.ensure(set, document);
    expect([...plane.state.groups.keys()]).toEqual(['vestibule:acme:eu1']);
    expect([...(plane.state.groups.get('vestibule:acme:eu1')?.policies ?? [])]).toEqual(['vestibule.acme.eu1']);
    const policy = plane.state.policies.get('vestibule.acme.eu1');
    expect(policy?.versions).toHaveLength(1);
    // two more than the versions that a policy can have
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const next = JSON.stringify({ Version: '2012-10-17', Id: `${n}`, Statement: [] });
      await gateway.ensure(set, next);
      const current = policy?.versions.find(({ id }) => id === policy.defaultVersionId);
      expect(current?.document).toBe(next);
    }
    await gateway.ensure(set, document);
  });

  test('J-12: thing, certificate and group can each be repeated, and a thing of other attributes is taken', async () => {
    const gateway = iotThingGateway(plane.iot, arn);
    for (const _ of [1, 2]) {
      expect(await gateway.create({ name: thing, tenant: acme, cn: 'device01' })).toBe('ready');
      await gateway.attachCertificate(thing, device.id);
      await gateway.joinPermissionSet(thing, set.id);
      await iotCertificateGateway(plane.iot).setStatus(device.id, 'ACTIVE');
    }
    expect(await gateway.create({ name: thing, tenant: tenantName('globex'), cn: 'device01' })).toBe('taken');
    expect(plane.state.things.get(thing)).toMatchObject({
      attributes: { tenant: 'acme', cn: 'device01' },
      groups: new Set(['vestibule:acme:eu1']),
    });
    expect(plane.state.certificates.get(device.id)).toMatchObject({
      status: 'ACTIVE',
      things: new Map([[thing, 'EXCLUSIVE_THING']]),
    });
  });
});

test('CA-11: the broker is where IoT Core says', async () => {
  expect(await iotBrokerGateway(plane.iot).host()).toBe('broker.localhost');
});
