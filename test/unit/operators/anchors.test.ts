import { beforeEach, describe, expect, test } from 'vitest';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { NOW, OPERATOR, startOpsApi } from '#support/ops-api.ts';

const ca = makeTenantCa({ validFrom: new Date(NOW - 86_400_000), validTo: new Date(NOW + 86_400_000) });
let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  api = startOpsApi();
  api.tenant('acme');
  api.tenant('globex');
});
const register = (certificate: unknown, tenant = 'acme') =>
  api.call('POST', `/operator/tenants/${tenant}/anchors`, { body: { certificate } });

describe('register', () => {
  test('the operator vouches for it: registered, recorded, and only then open to devices', async () => {
    const { create } = api.anchors;
    api.anchors.create = async (anchor) => {
      expect(api.iot).toEqual(['register']);
      return create(anchor);
    };
    const answer = await register(ca.pem);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        fingerprint: ca.id,
        tenant: 'acme',
        state: 'ACTIVE',
        proof: 'OPERATOR',
        registeredAt: '2026-01-31T12:00:00.000Z',
        registeredBy: OPERATOR,
      },
    });
    expect(api.iot).toEqual(['register', `enable ${ca.id}`]);
  });

  test('a repeat is a conflict, and opens what an earlier attempt left closed', async () => {
    await register(ca.pem);
    api.iot.length = 0;
    expect(await register(ca.pem)).toMatchObject({ status: 409, body: { code: 'ANCHOR_EXISTS' } });
    expect(api.iot).toEqual([`enable ${ca.id}`]);
  });

  test('a repeat does not open an anchor that was revoked', async () => {
    await register(ca.pem);
    const [anchor] = api.anchors.anchors.values();
    if (anchor) api.anchors.anchors.set(anchor.id, { ...anchor, state: 'REVOKED' });
    api.iot.length = 0;
    expect(await register(ca.pem)).toMatchObject({ status: 409 });
    expect(api.iot).toEqual([]);
  });

  test("CA-02: another tenant's CA is a conflict and stays that tenant's", async () => {
    await register(ca.pem);
    expect(await register(ca.pem, 'globex')).toMatchObject({ status: 409, body: { code: 'ANCHOR_OF_OTHER_TENANT' } });
    expect(await api.anchors.find(ca.id)).toMatchObject({ tenant: 'acme' });
    expect(api.iot).toHaveLength(2);
  });

  test('of two tenants that register one CA at once the second does not open it', async () => {
    const { find } = api.anchors;
    await register(ca.pem);
    api.iot.length = 0;
    api.anchors.find = async () => {
      api.anchors.find = find;
      return null;
    };
    expect(await register(ca.pem, 'globex')).toMatchObject({ status: 409, body: { code: 'ANCHOR_OF_OTHER_TENANT' } });
    expect(api.iot).toEqual(['register']);
  });

  const leaf = issueDevice(ca, { cn: 'device01' });
  test.each([
    ['a device certificate', leaf.pem, 'NOT_A_CA'],
    ['a private key', ca.keyPem, null],
    ['a certificate with its private key', `${ca.pem}${ca.keyPem}`, null],
    ['two certificates', ca.pem + ca.pem, 'MORE_THAN_ONE_CERTIFICATE'],
    ['no PEM', 'hello', null],
    [
      'an expired CA',
      makeTenantCa({ validFrom: new Date(NOW - 2_000), validTo: new Date(NOW - 1_000) }).pem,
      'CA_EXPIRED',
    ],
    ['a number', 7, 'REQUEST_INVALID'],
    ['a megabyte', 'x'.repeat(1_000_000), 'REQUEST_INVALID'],
  ])('%s is refused, changes nothing and is not repeated in the answer', async (_, certificate, code) => {
    const answer = await register(certificate);
    expect(answer).toMatchObject({ status: 400, body: code === null ? {} : { code } });
    expect(JSON.stringify(answer.body) + api.logged.join()).not.toMatch(/MI[GI]|x{100}/);
    expect(api.iot).toEqual([]);
    expect(api.anchors.anchors.size).toBe(0);
  });

  test('for an unknown tenant is not found', async () => {
    expect(await register(ca.pem, 'umbrella')).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
    expect(api.iot).toEqual([]);
  });
});

describe('read', () => {
  test("R-07: a tenant sees its own anchors and never another's", async () => {
    await register(ca.pem);
    const mine = await api.call('GET', '/tenants/acme/anchors');
    expect(mine).toMatchObject({ status: 200, body: { anchors: [{ fingerprint: ca.id, pem: ca.pem }], cursor: null } });
    expect((await api.call('GET', '/tenants/globex/anchors')).body).toEqual({ anchors: [], cursor: null });
    expect(await api.call('GET', `/tenants/acme/anchors/${ca.id}`)).toMatchObject({ status: 200 });
    const foreign = await api.call('GET', `/tenants/globex/anchors/${ca.id}`);
    const unknown = await api.call('GET', `/tenants/globex/anchors/${'0'.repeat(64)}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
    expect(JSON.stringify(foreign).replace(ca.id, '0'.repeat(64))).toBe(JSON.stringify(unknown));
  });
});
