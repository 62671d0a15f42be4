// One device in the whole system: suspended, revoked, blocked, named by a revocation list, and renewed.

import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Renewal } from '#domain/tenant.ts';
import { issueDevice, makeTenantCa, type TestCa, type TestDevice } from '#support/certificates.ts';
import { createForwardClock, DAY } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import { connectDevice, type MqttDevice } from '#support/mqtt-device.ts';
import { type ListOptions, listPem, makeRevocationList } from '#support/revocation-lists.ts';
import { PATIENCE, type TrustStory, trustStory } from '#support/trust-story.ts';

const clock = createForwardClock();
let system: TestSystem;
let story: TrustStory;
let acme: TestTenant;
beforeAll(async () => {
  system = await startTestSystem({ clock: clock.now });
  story = trustStory(system, clock);
  acme = await system.tenant('acme');
});
afterAll(() => system.stop());

const refusal = (status: number, code: string) => ({ status, code });
const params = (device: string, tenant = 'acme') => ({ params: { tenant, device } });
const isIn = async (device: TestDevice, clientId: string): Promise<MqttDevice> => {
  await story.becomes(device, { state: 'ACTIVE' });
  await story.statusBecomes(device, 'ACTIVE');
  return connectDevice(system.connection(device, clientId));
};
describe('V-04: one device', () => {
  it('V-04: that is suspended loses its session and stays out until it is resumed', async () => {
    const { device, clientId, session } = await story.onboarded('acme', acme.ca, 'suspended');

    await system.api.call('suspendTenantDevice', params(clientId));

    await session.closed();
    await story.becomes(device, { state: 'SUSPENDED', causes: ['OPERATOR'] });
    expect(story.statusOf(device)).toBe('INACTIVE');
    await story.refused(device, clientId);
    await system.api.call('resumeTenantDevice', params(clientId));
    await (await isIn(device, clientId)).leave();
    await story.announces(device, ['device.onboarded', 'device.suspended', 'device.resumed']);
  });

  it('V-04: whose certificate is revoked is out for good', async () => {
    const { device, clientId, session } = await story.onboarded('acme', acme.ca, 'revoked');

    await system.api.call('revokeTenantDevice', params(device.id));

    await session.closed();
    await story.becomes(device, { state: 'REVOKED' });
    expect(story.statusOf(device)).toBe('REVOKED');
    await story.refused(device, clientId);
    await expect(system.api.call('resumeTenantDevice', params(clientId))).rejects.toMatchObject({ status: 409 });
    await story.announces(device, ['device.onboarded', 'device.revoked']);
  });

  it('V-04: that is suspended or revoked holds its new certificate: renewal undoes neither', async () => {
    for (const verb of ['suspend', 'revoke'] as const) {
      const { clientId, session } = await story.onboarded('acme', acme.ca, `barred-${verb}`);
      await system.api.call(`${verb}TenantDevice`, params(clientId));
      await session.closed();
      const renewed = acme.device(`barred-${verb}`);

      await story.refused(renewed, clientId);

      await story.becomes(renewed, { state: 'HELD', reason: 'DEVICE_BARRED' });
      await story.refused(renewed, clientId);
    }
  });

  it('V-04, R-05: is somebody of whom it is known when and from where it was seen last', async () => {
    const { clientId, session } = await story.onboarded('acme', acme.ca, 'seen');
    const presence = () =>
      expect.poll(async () => (await system.api.call('showTenantDevice', params(clientId))).presence, PATIENCE);
    await presence().toMatchObject({ connected: true, ip: expect.stringContaining('127.0.0.1') });

    await session.leave();

    await presence().toMatchObject({ connected: false, disconnectReason: 'CLIENT_INITIATED_DISCONNECT' });
  });
});

describe('X-10: a fingerprint', () => {
  it('X-10: that is blocked before it ever came is turned away, and let in once it is unblocked', async () => {
    const device = acme.device('unwanted');
    await system.api.call('blockTenantDevice', params(device.id));

    await system.firstConnect(device, 'acme_unwanted');

    await story.becomes(device, { state: 'REJECTED', reason: 'CERT_BLOCKED' });
    await story.statusBecomes(device, 'INACTIVE');
    await story.announces(device, ['device.rejected']);
    const { blocked } = await system.api.call('listBlocked', { params: { tenant: 'acme' }, query: {} });
    expect(blocked.map(({ fingerprint }) => fingerprint)).toContain(device.id);

    await system.api.call('unblockTenantDevice', params(device.id));
    await (await isIn(device, 'acme_unwanted')).leave();
  });

  it('X-10: that is blocked while it is in is out at once, with the certificate that renews it', async () => {
    const { device, clientId, session } = await story.onboarded('acme', acme.ca, 'blocked');

    await system.api.call('blockTenantDevice', params(device.id));

    await session.closed();
    await story.becomes(device, { state: 'SUSPENDED', causes: ['BLOCKED'] });
    const renewed = acme.device('blocked');
    await story.refused(renewed, clientId);
    await story.becomes(renewed, { state: 'HELD', reason: 'DEVICE_BARRED' });
  });
});

describe('X-10: a revocation list', () => {
  let tenant: string;
  let ca: TestCa;
  const listOf = (options: ListOptions): Promise<Buffer> =>
    makeRevocationList(ca, {
      thisUpdate: new Date(clock.now() - DAY),
      nextUpdate: new Date(clock.now() + DAY),
      ...options,
    });
  const importList = (crl: string) =>
    system.api.call('importCrl', { params: { tenant, anchor: ca.id }, body: { crl } });
  const withSerial = async (serial: number) => {
    const device = issueDevice(ca, { cn: `serial${serial}`, serial });
    const clientId = `${tenant}_serial${serial}`;
    await system.firstConnect(device, clientId);
    return { device, clientId, session: await system.connect(device, clientId) };
  };
  beforeAll(async () => {
    ({ name: tenant, ca } = await system.tenant('listed'));
  });

  it('X-10: in PEM puts out whom it names, now and later, and nobody else', async () => {
    const [named, other] = [await withSerial(0x11), await withSerial(0x12)];
    const crl = listPem(await listOf({ number: 1, serials: ['11', '13'] }));
    const body = { crl };
    await expect
      .poll(() => system.api.call('previewCrl', { params: { tenant, anchor: ca.id }, body }), PATIENCE)
      .toMatchObject({ entries: 2, revokes: [{ fingerprint: named.device.id, connected: true }], releases: [] });

    await importList(crl);

    await named.session.closed();
    await story.becomes(named.device, { state: 'REVOKED', certificates: [{ causes: ['CRL_REVOKED'] }] });
    // a list may take it back, which REVOKED in IoT Core would not
    expect(story.statusOf(named.device)).toBe('INACTIVE');
    await story.refused(named.device, named.clientId);
    const later = issueDevice(ca, { cn: 'later', serial: 0x13 });
    await system.firstConnect(later, `${tenant}_later`);
    await story.becomes(later, { state: 'REJECTED', reason: 'CERT_REVOKED' });
    expect(await other.session.publish(`tc/${tenant}/${other.clientId}/o/mc_v3/ts`, '{}', { qos: 1 })).toBe(0);
    await other.session.leave();
    expect(story.announcedOf(ca)).toContain('ca.crl-imported');
    expect(await story.anchorOf(tenant, ca.id)).toMatchObject({ crl: { number: '1', entries: 2 } });
  });

  it('X-10: in DER that follows has those back that were on hold', async () => {
    const held = await withSerial(0x21);
    const onHold = [{ serial: '21', reason: 6 }];
    await importList((await listOf({ number: 2, serials: ['11', '13', ...onHold] })).toString('base64'));
    await held.session.closed();
    await story.becomes(held.device, { certificates: [{ causes: ['CRL_REVOKED'] }] });

    await importList((await listOf({ number: 3, serials: ['11', '13'] })).toString('base64'));

    await (await isIn(held.device, held.clientId)).leave();
  });

  it('X-10: that is older than the last, of another CA or over is refused, and changes nothing', async () => {
    const before = await story.anchorOf(tenant, ca.id);
    const foreign = await makeRevocationList(makeTenantCa({ subject: [['CN', 'foreign']] }), { serials: ['12'] });

    for (const [list, expected] of [
      [await listOf({ number: 1, serials: ['12'] }), refusal(409, 'CRL_STALE')],
      [foreign, refusal(400, 'CRL_FOREIGN')],
      [await listOf({ number: 9, serials: ['12'], signer: makeTenantCa() }), refusal(400, 'CRL_SIGNATURE')],
      [
        await listOf({ number: 9, serials: ['12'], nextUpdate: new Date(clock.now() - 1) }),
        refusal(400, 'CRL_EXPIRED'),
      ],
    ] as const)
      await expect(importList(listPem(list))).rejects.toMatchObject(expected);

    expect(await story.anchorOf(tenant, ca.id)).toEqual(before);
  });
});

describe('J-11: a new certificate for a device', () => {
  const tenantWith = async (name: string, renewal: Renewal): Promise<TestTenant> => {
    const tenant = await system.tenant(name);
    await system.api.call('setTenant', { params: { tenant: name }, body: { renewal } });
    return tenant;
  };
  /** A device that is in, and a second certificate for its CN that came once. */
  const renewedIn = async (tenant: TestTenant) => {
    const first = await story.onboarded(tenant.name, tenant.ca, 'device01');
    const renewed = tenant.device('device01');
    await system.firstConnect(renewed, first.clientId);
    return { first, renewed, clientId: first.clientId };
  };

  it('J-11: replaces the former one at its first session, as the same device with the same permissions', async () => {
    const tenant = await tenantWith('replacing', 'replace');
    const { first, renewed, clientId } = await renewedIn(tenant);
    const { permissionSet } = await system.api.call('showTenantDevice', params(clientId, tenant.name));
    await story.certificateBecomes(renewed, 'ACTIVE');
    // both may be used until the new one has come
    await story.certificateBecomes(first.device, 'ACTIVE');

    const session = await system.connect(renewed, clientId);

    await first.session.closed();
    await story.certificateBecomes(first.device, 'RETIRED');
    await story.statusBecomes(first.device, 'INACTIVE');
    await story.refused(first.device, clientId);
    expect(await session.publish(`tc/replacing/${clientId}/o/mc_v3/ts`, '{}', { qos: 1 })).toBe(0);
    await session.leave();
    const view = await system.api.call('showTenantDevice', params(clientId, tenant.name));
    expect(view).toMatchObject({ state: 'ACTIVE', current: renewed.id, permissionSet, thingName: clientId });
    const { devices } = await system.api.call('listDevices', {
      params: { tenant: tenant.name },
      query: { state: 'ACTIVE' },
    });
    expect(devices).toHaveLength(1);
    await story.announces(first.device, ['device.onboarded', 'device.retired']);
  });

  it('J-11: of the second CA of its tenant renews it as well', async () => {
    const tenant = await tenantWith('rotating', 'replace');
    const second = makeTenantCa({ subject: [['CN', 'next year']] });
    await story.prove(tenant.name, second);
    const first = await story.onboarded(tenant.name, tenant.ca, 'device01');
    const renewed = issueDevice(second, { cn: 'device01' });
    await system.firstConnect(renewed, first.clientId);

    await (await system.connect(renewed, first.clientId)).leave();

    await story.certificateBecomes(first.device, 'RETIRED');
  });

  it('J-11: is used beside the former one where certificates coexist', async () => {
    const tenant = await tenantWith('coexisting', 'coexist');
    const { first, renewed, clientId } = await renewedIn(tenant);

    const second = await system.connect(renewed, clientId);

    await first.session.closed();
    await (await isIn(first.device, clientId)).leave();
    await second.closed();
    await (await isIn(renewed, clientId)).leave();
  });

  it('J-11: waits for an operator where that is asked for, and the former one goes on meanwhile', async () => {
    const tenant = await tenantWith('approving', 'approve');
    const { first, renewed, clientId } = await renewedIn(tenant);
    await story.certificateBecomes(renewed, 'HELD');
    expect(await first.session.publish(`tc/approving/${clientId}/o/mc_v3/ts`, '{}', { qos: 1 })).toBe(0);

    await system.api.call('approveTenantDevice', params(renewed.id, tenant.name));

    await story.certificateBecomes(renewed, 'ACTIVE');
    await (await system.connect(renewed, clientId)).leave();
    await story.certificateBecomes(first.device, 'RETIRED');
  });

  it('J-11: is turned away where renewal is refused, unless it is of the same key', async () => {
    const tenant = await tenantWith('refusing', 'refuse');
    const { first, renewed, clientId } = await renewedIn(tenant);
    await story.becomes(renewed, { state: 'REJECTED', reason: 'CLIENT_ID_CONFLICT' });
    expect(await first.session.publish(`tc/refusing/${clientId}/o/mc_v3/ts`, '{}', { qos: 1 })).toBe(0);
    const sameKey = issueDevice(tenant.ca, { cn: 'device01', key: createPrivateKey(first.device.keyPem) });
    await system.firstConnect(sameKey, clientId);

    await (await system.connect(sameKey, clientId)).leave();

    await story.certificateBecomes(first.device, 'RETIRED');
  });

  it('J-11: of another tenant is another device, and gets the client id of none', async () => {
    const [owner, other] = [
      await system.tenant('works-1', { naming: 'connectware' }),
      await system.tenant('works-2', { naming: 'connectware' }),
    ];
    const first = owner.device('shared');
    await system.firstConnect(first, 'shared');
    const session = await system.connect(first, 'shared');
    const newcomer = other.device('shared');

    await system.firstConnect(newcomer, 'shared');

    await story.becomes(newcomer, {
      state: 'REJECTED',
      reason: 'CLIENT_ID_CONFLICT',
      seen: 'a device of another tenant',
    });
    await story.certificateBecomes(first, 'ACTIVE');
    expect(session.client.connected).toBe(true);
    await session.leave();
  });
});

it('R-04: all that was announced is as its schema says', () => story.expectValidEvents());
