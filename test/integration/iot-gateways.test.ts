import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotIssuedCertificates } from '#adapters/iot-issued-certificates.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
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

describe('a trust anchor', () => {
  const gateway = () => iotAnchorGateway(plane.iot);
  const registration = {
    pem: ca.pem,
    tenant: acme,
    certificateMode: 'SNI_ONLY',
    verificationCertificate: null,
  } as const;

  test('CA-04: is registered closed, opened last, and both can be repeated', async () => {
    for (const _ of [1, 2]) expect(await gateway().register(registration)).toBe(ca.id);
    expect(plane.state.cas.get(ca.id)).toMatchObject({
      mode: 'SNI_ONLY',
      status: 'ACTIVE',
      autoRegistration: 'DISABLE',
    });
    for (const _ of [1, 2]) await gateway().enableRegistration(ca.id);
    await gateway().register(registration);
    expect(plane.state.cas.get(ca.id)).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
  });

  test("CA-04: is registered in the mode DEFAULT with a certificate over the account's code, and with no other", async () => {
    const byProof = makeTenantCa({ subject: [['CN', 'by-proof']] });
    const proofOver = (cn: string) => issueDevice(byProof, { subject: [['CN', cn]] }).pem;
    const proved = (verificationCertificate: string) =>
      gateway().register({ pem: byProof.pem, tenant: acme, certificateMode: 'DEFAULT', verificationCertificate });
    await expect(proved(proofOver('another code'))).rejects.toMatchObject({ code: 'CA_REFUSED' });
    expect(await proved(proofOver(await gateway().registrationCode()))).toBe(byProof.id);
    expect(plane.state.cas.get(byProof.id)).toMatchObject({ mode: 'DEFAULT', autoRegistration: 'DISABLE' });
    await expect(gateway().register({ ...registration, pem: byProof.pem })).rejects.toMatchObject({ code: 'CA_MODE' });
  });

  test('CA-06: is closed, then deleted; neither minds that it is gone', async () => {
    const goes = makeTenantCa({ subject: [['CN', 'goes']] });
    await gateway().enableRegistration(await gateway().register({ ...registration, pem: goes.pem }));
    await expect(gateway().remove(goes.id)).rejects.toThrow();
    await gateway().disable(goes.id);
    expect(plane.state.cas.get(goes.id)).toMatchObject({ status: 'INACTIVE', autoRegistration: 'DISABLE' });
    for (const _ of [1, 2]) await gateway().remove(goes.id);
    expect(plane.state.cas.has(goes.id)).toBe(false);
    await gateway().disable(goes.id);
  });

  test('V-01: names the certificates that it signed, page by page; none when it is gone', async () => {
    const issued = iotIssuedCertificates(plane.iot);
    expect(await issued.ofAnchor(ca.id, null)).toEqual({
      items: [{ id: device.id, status: 'PENDING_ACTIVATION' }],
      cursor: null,
    });
    expect(await issued.ofAnchor(anchorId('ff'.repeat(32)), null)).toEqual({ items: [], cursor: null });
  });
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

/** @param ids the document of each policy says which it is */
const documentsOf = (...ids: string[]) => ids.map((Id) => JSON.stringify({ Version: '2012-10-17', Id, Statement: [] }));
const policiesOf = (group: string) => [...(plane.state.groups.get(group)?.policies ?? [])];
const documentOf = (name: string) => {
  const policy = plane.state.policies.get(name);
  return policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document;
};

describe('a device is let in', () => {
  const set = permissionSetOf(acme, 'eu1');

  test('P-12: its permission set is one root group with one policy, whose document follows, with five versions at most', async () => {
    const gateway = iotPermissionSetGateway(plane.iot, arn);
    for (const _ of [1, 2]) await gateway.ensure(set, documentsOf('first'));
    expect([...plane.state.groups.keys()]).toEqual(['vestibule:acme:eu1']);
    expect(policiesOf('vestibule:acme:eu1')).toEqual(['vestibule.acme.eu1']);
    const policy = plane.state.policies.get('vestibule.acme.eu1');
    expect(policy?.versions).toHaveLength(1);
    // two more than the versions that a policy can have
    for (const n of [2, 3, 4, 5, 6, 7]) {
      await gateway.ensure(set, documentsOf(`edit ${n}`));
      expect([documentOf('vestibule.acme.eu1')]).toEqual(documentsOf(`edit ${n}`));
    }
    expect(policy?.versions.map(({ id }) => id)).toEqual(['3', '4', '5', '6', '7']);
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

describe('a permission set with roles', () => {
  const set = permissionSetOf(acme, 'eu1', '0123456789abcdef');
  const group = 'vestibule:acme:eu1:0123456789abcdef';
  const policy = 'vestibule.acme.eu1.0123456789abcdef';
  const groups = [group, `${group}:2`, `${group}:3`, `${group}:4`, `${group}:5`];
  const all = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
  const attached = () => groups.map(policiesOf);

  test('grows to ten documents in five groups and shrinks again, and its things stay where they are', async () => {
    const sets = iotPermissionSetGateway(plane.iot, arn);
    const things = iotThingGateway(plane.iot, arn);
    await sets.ensure(set, documentsOf('1'));
    expect(attached()).toEqual([[policy], [], [], [], []]);
    expect(groups.map((name) => plane.state.groups.get(name)?.parent)).toEqual([null, ...groups.slice(0, -1)]);
    await things.joinPermissionSet(thing, set.id);

    await sets.ensure(set, documentsOf(...all));
    expect(attached().map((policies) => policies.length)).toEqual([2, 2, 2, 2, 2]);
    expect(all.map((n) => documentOf(n === '1' ? policy : `${policy}.${n}`))).toEqual(documentsOf(...all));

    await sets.ensure(set, documentsOf('1', '2', 'third'));
    expect(attached()).toEqual([[policy, `${policy}.2`], [`${policy}.3`], [], [], []]);
    await sets.ensure(set, documentsOf('1', '2', 'third', '4', 'fifth'));
    expect(attached()[2]).toEqual([`${policy}.5`]);
    expect([documentOf(`${policy}.5`)]).toEqual(documentsOf('fifth'));
    expect(plane.state.things.get(thing)?.groups).toContain(`${group}:5`);
  });

  test('any two that apply it at the same time leave it whole', async () => {
    const sets = iotPermissionSetGateway(plane.iot, arn);
    const other = permissionSetOf(acme, 'eu1', 'fedcba9876543210');
    const applied = await Promise.allSettled(['a', 'b', 'c'].map((n) => sets.ensure(other, documentsOf(n, n, n))));
    expect(applied.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(policiesOf('vestibule:acme:eu1:fedcba9876543210')).toHaveLength(2);
    expect(policiesOf('vestibule:acme:eu1:fedcba9876543210:2')).toHaveLength(1);
    await sets.remove(other);
  });

  test('a thing leaves it, also when it is in it no longer, or never was there', async () => {
    const things = iotThingGateway(plane.iot, arn);
    for (const _ of [1, 2]) await things.leavePermissionSet(thing, set.id);
    await things.leavePermissionSet(clientId('acme_unknown'), set.id);
    await things.leavePermissionSet(thing, 'acme.eu1.0000000000000000');
    expect(plane.state.things.get(thing)?.groups).toEqual(new Set(['vestibule:acme:eu1']));
  });

  test('is removed with all its policies and versions, with a thing in it, and when it is gone already', async () => {
    await iotThingGateway(plane.iot, arn).joinPermissionSet(thing, set.id);
    for (const _ of [1, 2]) await iotPermissionSetGateway(plane.iot, arn).remove(set);
    expect([...plane.state.groups.keys()]).toEqual(['vestibule:acme:eu1']);
    expect([...plane.state.policies.keys()]).toEqual(['vestibule.acme.eu1']);
    expect(plane.state.things.get(thing)?.groups).toEqual(new Set(['vestibule:acme:eu1']));
  });
});

test('CA-11: the broker is where IoT Core says', async () => {
  expect(await iotBrokerGateway(plane.iot, null).host()).toBe('broker.localhost');
});
