import { beforeEach, describe, expect, test } from 'vitest';
import type { CertificateRecord } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { CertificateId, TenantName } from '#domain/ids.ts';
import { fingerprint, NOW, OPERATOR, startOpsApi } from '#support/ops-api.ts';

const [one, two, three, unseen] = [fingerprint(1), fingerprint(2), fingerprint(3), fingerprint(9)];
const NAME = 'acme_device01';
const ROUTES = ['/tenants/acme', '/operator'];

let api: ReturnType<typeof startOpsApi>;
let acme: TenantName;
beforeEach(() => {
  api = startOpsApi();
  acme = api.tenant('acme');
});

const post = (path: string) => api.call('POST', path);
const listed = async (tenant = 'acme') =>
  ((await api.call('GET', `/tenants/${tenant}/blocked`)).body['blocked'] as { fingerprint: string }[]).map(
    (line) => line.fingerprint,
  );
const device = (): Device => {
  const found = api.devices.devices.get(NAME);
  if (!found) throw new Error('expected the device');
  return found;
};
const setDevice = (changes: Partial<Device>) => api.devices.devices.set(NAME, { ...device(), ...changes });
const setRecord = (id: CertificateId, changes: Partial<CertificateRecord>) => {
  const record = api.certificates.records.get(id);
  if (record) api.certificates.records.set(id, { ...record, ...changes });
};
const asked = () => api.commands.map(({ certificateId }) => certificateId);
const followed = (...ids: readonly CertificateId[]) => {
  for (const id of ids) setRecord(id, { causes: device().causes, settled: true });
  api.commands.length = 0;
};

describe('X-10: a fingerprint that never came', () => {
  test('is blocked and unblocked by the route of its tenant; nobody is to be told', async () => {
    const path = `/tenants/acme/devices/${unseen}`;
    expect(await post(`${path}/block`)).toMatchObject({
      status: 202,
      body: { fingerprint: unseen, clientId: null, accepted: 'block' },
    });
    expect((await api.call('GET', '/tenants/acme/blocked')).body).toEqual({
      blocked: [{ fingerprint: unseen, at: '2026-01-31T12:00:00.000Z', by: OPERATOR }],
      cursor: null,
    });
    expect(await post(`${path}/block`)).toMatchObject({
      status: 409,
      body: { code: 'WRONG_STATE', detail: expect.stringContaining(`${unseen} is blocked already`) },
    });
    expect((await post(`${path}/unblock`)).status).toBe(202);
    expect(await listed()).toEqual([]);
    expect(await post(`${path}/unblock`)).toMatchObject({
      status: 409,
      body: { code: 'WRONG_STATE', detail: expect.stringMatching(/is not blocked$/) },
    });
    expect([api.commands, api.certificates.records.size]).toEqual([[], 0]);
  });

  test("needs its tenant's name on the operator's route", async () => {
    const answer = await post(`/operator/devices/${unseen}/block`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'TENANT_REQUIRED' } });
    expect(answer.body['detail']).toContain('name the tenant');
  });

  test('of a tenant that is none is refused, and a client id that is none as well', async () => {
    expect(await post(`/tenants/umbrella/devices/${unseen}/block`)).toMatchObject({
      status: 404,
      body: { code: 'TENANT_UNKNOWN' },
    });
    expect(await post('/tenants/acme/devices/acme_device09/block')).toMatchObject({
      status: 404,
      body: { code: 'DEVICE_UNKNOWN' },
    });
    expect(await api.call('GET', '/tenants/umbrella/blocked')).toMatchObject({ status: 404 });
  });

  test("R-07: another tenant's certificate is as one that never came, and is not touched", async () => {
    const globex = api.tenant('globex');
    await api.onboarded(one, globex, 'globex_pump1');
    const before = structuredClone([...api.certificates.records]);
    const [foreign, unknown] = [
      await post(`/tenants/acme/devices/${one}/block`),
      await post(`/tenants/acme/devices/${unseen}/block`),
    ];
    expect(JSON.stringify(foreign).replaceAll(one, '')).toBe(JSON.stringify(unknown).replaceAll(unseen, ''));
    expect([...api.certificates.records]).toEqual(before);
    expect([api.devices.devices.get('globex_pump1')?.causes, api.commands]).toEqual([[], []]);
    expect([await listed('acme'), await listed('globex')]).toEqual([[one, unseen], []]);
  });

  test('one that has come and is not decided is blocked by the route of its tenant alone', async () => {
    await api.certificates.claim(one, { owner: 'event', now: NOW, until: NOW });
    expect(await post(`/operator/devices/${one}/block`)).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect((await post(`/tenants/acme/devices/${one}/block`)).status).toBe(202);
    expect(await listed()).toEqual([one]);
  });
});

describe('X-10: a certificate of a device', () => {
  beforeEach(async () => {
    await api.onboarded(one, acme, NAME);
  });

  test.each(ROUTES)('is listed, and bars its device whatever certificate that shows: by %s', async (route) => {
    expect(await post(`${route}/devices/${one}/block`)).toMatchObject({
      status: 202,
      body: { fingerprint: one, clientId: NAME, accepted: 'block' },
    });
    expect([await listed(), device().causes, asked()]).toEqual([[one], ['BLOCKED'], [one]]);
    followed(one);
    expect(await post(`${route}/devices/${one}/block`)).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });

    expect((await post(`${route}/devices/${one}/unblock`)).body).toMatchObject({ accepted: 'unblock' });
    expect([await listed(), device().causes, asked()]).toEqual([[], [], [one]]);
    followed(one);
    const again = await post(`${route}/devices/${one}/unblock`);
    expect(again).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(again.body['detail']).toContain('is not blocked; it is ACTIVE: it is let in');
  });

  test('by client id means every certificate that may be used as the device', async () => {
    await api.decided(two, acme, 'accept', NAME);
    await api.decided(three, acme, 'accept', NAME);
    setDevice({ former: { certificateId: two, until: NOW }, others: [three] });
    expect((await post(`/operator/devices/${NAME}/block`)).body).toMatchObject({ fingerprint: one });
    expect([await listed(), asked()]).toEqual([
      [one, two, three],
      [one, two, three],
    ]);
    followed(one, two, three);
    await post(`/operator/devices/${NAME}/unblock`);
    expect([await listed(), device().causes, asked()]).toEqual([[], [], [one, two, three]]);
  });

  test('by fingerprint lists that alone; another one of the device is listed beside it', async () => {
    await api.decided(two, acme, 'accept', NAME);
    setDevice({ others: [two] });
    expect((await post(`/operator/devices/${two}/block`)).body).toMatchObject({ fingerprint: two });
    expect([await listed(), device().causes, asked()]).toEqual([[two], ['BLOCKED'], [one, two]]);
    followed(one, two);
    expect((await post(`/operator/devices/${one}/block`)).status).toBe(202);
    expect([await listed(), api.commands]).toEqual([[one, two], []]);
  });

  test('the list is written before the device is barred, and that before anyone is told', async () => {
    const { setCauses } = api.devices;
    const before: unknown[] = [];
    api.deps.devices.setCauses = async (...parts) => {
      before.push(await listed());
      return setCauses(...parts);
    };
    api.deps.commands.send = async () => void before.push(device().causes);
    await post(`/operator/devices/${NAME}/block`);
    expect(before).toEqual([[one], ['BLOCKED']]);
  });

  test.each(['block', 'unblock'])('%s goes on where an attempt died after the list was written', async (verb) => {
    if (verb === 'unblock') {
      await post(`/operator/devices/${NAME}/block`);
      followed(one);
    }
    const { setCauses } = api.devices;
    api.deps.devices.setCauses = async () => Promise.reject(new Error('died'));
    expect((await post(`/operator/devices/${NAME}/${verb}`)).status).toBe(500);
    api.deps.devices.setCauses = setCauses;
    expect((await post(`/operator/devices/${NAME}/${verb}`)).status).toBe(202);
    expect([await listed(), device().causes]).toEqual(verb === 'block' ? [[one], ['BLOCKED']] : [[], []]);
    expect(asked()).toEqual([one]);
  });

  test('leaves a suspension and a revocation standing', async () => {
    setDevice({ causes: ['OPERATOR', 'REVOKED'] });
    await post(`/operator/devices/${NAME}/block`);
    expect(device().causes).toEqual(['OPERATOR', 'REVOKED', 'BLOCKED']);
    await post(`/operator/devices/${NAME}/unblock`);
    expect(device().causes).toEqual(['OPERATOR', 'REVOKED']);
  });

  test('is looked at again when others change what bars the device', async () => {
    const { setCauses } = api.devices;
    api.deps.devices.setCauses = async (...parts) => {
      api.deps.devices.setCauses = setCauses;
      setDevice({ causes: ['OPERATOR'] });
      return setCauses(...parts);
    };
    expect((await post(`/operator/devices/${NAME}/block`)).status).toBe(202);
    expect(device().causes).toEqual(['OPERATOR', 'BLOCKED']);
  });
});

describe('X-10: a certificate that is no device', () => {
  test('that is held is told, so that it is turned away, until it was', async () => {
    await api.decided(one, acme, 'hold', NAME);
    expect((await post(`/operator/devices/${NAME}/block`)).body).toMatchObject({ fingerprint: one, clientId: NAME });
    expect([await listed(), asked()]).toEqual([[one], [one]]);
    setRecord(one, { settled: true });
    expect((await post(`/operator/devices/${NAME}/block`)).status).toBe(202);
    setRecord(one, { settled: true, verdict: { kind: 'reject', clientId: null, reason: 'CERT_BLOCKED', seen: one } });
    expect(await post(`/operator/devices/${one}/block`)).toMatchObject({ status: 409 });
  });

  test('that its device was renewed from is blocked alone', async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'accept', NAME);
    setRecord(two, { causes: ['REPLACED'] });
    expect((await post(`/operator/devices/${two}/block`)).status).toBe(202);
    expect([await listed(), device().causes, asked()]).toEqual([[two], [], [two]]);
  });

  test('that was turned away for it is decided again once it is unblocked, and for another reason is not', async () => {
    await api.decided(one, acme, 'reject', NAME);
    await post(`/operator/devices/${one}/block`);
    expect((await post(`/operator/devices/${one}/unblock`)).status).toBe(202);
    expect(api.commands).toEqual([]);
    const again = await post(`/operator/devices/${one}/unblock`);
    expect(again.body['detail']).toContain('is not blocked; it is REJECTED: give the device a name of its own');

    setRecord(one, { verdict: { kind: 'reject', clientId: null, reason: 'CERT_BLOCKED', seen: one } });
    expect((await post(`/operator/devices/${one}/unblock`)).status).toBe(202);
    expect(asked()).toEqual([one]);
  });

  test('is told again when an attempt died after the list was written, or was not converged', async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'accept', NAME);
    setRecord(two, { causes: ['REPLACED'] });
    await api.blockLists.block(acme, two, { at: NOW, by: OPERATOR });
    for (const state of [{}, { causes: ['BLOCKED', 'REPLACED'] as const, settled: false }]) {
      setRecord(two, state);
      api.commands.length = 0;
      expect((await post(`/operator/devices/${two}/block`)).status).toBe(202);
      expect(asked()).toEqual([two]);
    }
    setRecord(two, { settled: true });
    expect((await post(`/operator/devices/${two}/block`)).status).toBe(409);
  });

  test('by a client id that several gave is ambiguous: the answer names them', async () => {
    await api.decided(one, acme, 'hold', NAME);
    await api.decided(two, acme, 'reject', NAME);
    const answer = await post(`/operator/devices/${NAME}/block`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'AMBIGUOUS' } });
    for (const id of [one, two]) expect(answer.body['detail']).toContain(id);
    expect([await listed(), api.commands]).toEqual([[], []]);
  });
});

test('X-10: the list comes in pages', async () => {
  for (const id of [one, two, three]) await post(`/tenants/acme/devices/${id}/block`);
  const page = async (query: Record<string, string>) =>
    (await api.call('GET', '/tenants/acme/blocked', { query })).body as { blocked: unknown[]; cursor: string | null };
  const { blocked, cursor } = await page({ limit: '2' });
  expect(blocked).toMatchObject([{ fingerprint: one }, { fingerprint: two }]);
  expect(await page({ limit: '2', cursor: cursor ?? '' })).toMatchObject({
    blocked: [{ fingerprint: three }],
    cursor: null,
  });
});
