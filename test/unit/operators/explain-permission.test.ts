// What the management API explains of a device, by the registry as other requests left it.

import { beforeEach, describe, expect, test } from 'vitest';
import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import type { TenantName } from '#domain/ids.ts';
import { fingerprint, startOpsApi } from '#support/ops-api.ts';

const LINE_1 = [
  { resource: 'edge.cybus/#', operation: 'read' },
  { resource: 'edge.cybus/+/state', operation: 'write' },
];

const device = fingerprint(1);
let api: ReturnType<typeof startOpsApi>;
let acme: TenantName;
/** ids of the role, and of the permission set that it makes */
let role: string;
let set: string;

const change = async (changes: Partial<CertificateRecord>) => {
  const record = await api.certificates.find(device);
  if (record === null) throw new Error('expected the device to be there');
  api.certificates.records.set(device, { ...record, ...changes });
};
const explain = (action: string, resource: string, more: Record<string, string> = {}) =>
  api.call('GET', '/tenants/acme/devices/device01/explain', { query: { action, resource, ...more } });

/** A device of the user device01, which has the role line-1 and a permission of its own. */
beforeEach(async () => {
  api = startOpsApi();
  acme = api.tenant('acme', { naming: 'connectware', userMatch: 'required' });
  const created = await api.call('POST', '/tenants/acme/api/roles', { body: { name: 'line-1', permissions: LINE_1 } });
  role = String(created.body['id']);
  await api.call('POST', '/tenants/acme/api/users', {
    body: {
      username: 'device01',
      grantTypes: [{ method: 'certificate', isRequired: true }],
      roles: [role],
      permissions: [{ resource: 'own/{clientId}', operation: 'readWrite' }],
    },
  });
  set = `acme.connectware.${api.users.users.get('acme/device01')?.composition}`;
  await api.onboarded(device, acme, 'device01');
  const record = await api.certificates.find(device);
  if (record?.verdict?.kind !== 'accept') throw new Error('expected the device to be accepted');
  await change({ verdict: { ...record.verdict, permissionSet: set, user: 'device01' } });
});

describe('a device that is let in', () => {
  test('U-10: the permission, its role and the policy in IoT Core', async () => {
    expect(await explain('publish', 'edge.cybus/a/state')).toEqual({
      status: 200,
      type: 'application/json',
      body: {
        clientId: 'device01',
        action: 'publish',
        resource: 'edge.cybus/a/state',
        retain: false,
        allowed: true,
        because: 'device01 may publish to edge.cybus/a/state: role line-1 permits write on edge.cybus/+/state',
        barredBy: null,
        statement: {
          policy: `vestibule.${set}`,
          effect: 'Allow',
          action: 'iot:Publish',
          resource: 'arn:aws:iot:eu-central-1:123456789012:topic/edge.cybus/*/state',
        },
        source: {
          from: 'role line-1',
          permission: { resource: 'edge.cybus/+/state', operation: 'write', context: 'mqtt', allowRetain: false },
        },
        change: 'remove write on edge.cybus/+/state from role line-1',
        pending: null,
      },
    });
  });

  test('U-07: a permission of its own user, by the name of that user', async () => {
    expect((await explain('subscribe', 'own/device01')).body).toMatchObject({
      allowed: true,
      because:
        'device01 may subscribe to own/device01: user device01 permits readWrite on own/{clientId}, here own/device01',
    });
  });

  test('P-05: retained is asked for by the query', async () => {
    expect((await explain('publish', 'edge.cybus/a/state', { retain: 'true' })).body).toMatchObject({
      retain: true,
      allowed: false,
      change: expect.stringContaining('set allowRetain for write on edge.cybus/+/state of role line-1'),
    });
  });

  test('the operator reaches it without its tenant, and by the fingerprint', async () => {
    const query = { action: 'receive', resource: 'edge.cybus/a' };
    for (const name of ['device01', device])
      expect((await api.call('GET', `/operator/devices/${name}/explain`, { query })).body).toMatchObject({
        clientId: 'device01',
        allowed: true,
      });
  });

  test('P-12: an edit of the role is answered at once, and until IoT Core has it that is said', async () => {
    const permissions = [{ resource: 'other/#', operation: 'read' }];
    await api.call('PATCH', `/tenants/acme/api/roles/${role}`, { body: { permissions } });
    expect((await explain('receive', 'edge.cybus/a')).body).toMatchObject({
      allowed: false,
      pending: 'IoT Core is still being brought to what the permissions of the device come to now',
    });

    await api.work();
    expect((await explain('receive', 'edge.cybus/a')).body).toMatchObject({ allowed: false, pending: null });
  });

  test('says that IoT Core follows what was recorded of the device', async () => {
    await change({ settled: false });
    expect((await explain('receive', 'edge.cybus/a')).body).toMatchObject({
      allowed: true,
      pending: 'IoT Core is still being brought to what was recorded of the device',
    });
  });
});

describe('what is not explained by a permission', () => {
  test.each<readonly [Cause, string]>([
    ['GRANT_REMOVED', 'give its user the certificate grant again, or create the user again'],
    ['OPERATOR', 'resume the device'],
  ])('V-08: a device that is barred by %s', async (cause, advice) => {
    await change({ causes: [cause] });
    expect((await explain('publish', 'edge.cybus/a/state')).body).toMatchObject({
      clientId: 'device01',
      allowed: false,
      because: `device01 may not even connect: it is SUSPENDED for ${cause}`,
      barredBy: cause,
      statement: null,
      source: null,
      change: advice,
    });
  });

  test('a certificate without a client id goes by its fingerprint', async () => {
    const unnamed = await api.decided(fingerprint(2), acme, 'reject', null);
    const query = { action: 'connect', resource: 'x' };
    expect((await api.call('GET', `/operator/devices/${unnamed}/explain`, { query })).body).toMatchObject({
      clientId: unnamed,
      allowed: false,
    });
  });

  test("R-07: an unknown device, and another tenant's", async () => {
    api.tenant('globex');
    const query = { action: 'publish', resource: 'a' };
    for (const path of ['/tenants/globex/devices/device01/explain', '/operator/devices/nobody/explain'])
      expect(await api.call('GET', path, { query })).toMatchObject({ status: 404, body: { code: 'DEVICE_UNKNOWN' } });
  });

  test('a set that the registry has not', async () => {
    api.permissionSets.sets.clear();
    expect(await explain('publish', 'a')).toMatchObject({
      status: 409,
      body: { code: 'PERMISSION_SET_MISSING', detail: expect.stringContaining(set) },
    });
  });

  test('a set that cannot be compiled', async () => {
    const stored = api.roles.roles.get(`acme/${role}`);
    if (!stored) throw new Error('expected the role to be there');
    const write = { operation: 'write', context: 'mqtt', allowRetain: false } as const;
    const permissions = ['a/+/b', 'a/x/y/b'].map((resource) => ({ ...write, resource }));
    api.roles.roles.set(`acme/${role}`, { ...stored, permissions });
    expect(await explain('publish', 'a')).toMatchObject({ status: 409, body: { code: 'POLICY_UNREPRESENTABLE' } });
  });

  test('P-11: a topic that is too long is told its bytes', async () => {
    expect(await explain('publish', 'ä'.repeat(300))).toMatchObject({
      status: 400,
      body: { detail: 'query of the request: resource: expected at most 256 bytes, got 600' },
    });
  });

  test('a question of another shape', async () => {
    for (const query of [{ action: 'read', resource: 'a' }, { action: 'publish' }, { action: 'publish', resource: '' }])
      expect(await api.call('GET', '/operator/devices/device01/explain', { query })).toMatchObject({ status: 400 });
  });
});
