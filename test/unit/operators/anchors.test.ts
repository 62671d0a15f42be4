import { beforeEach, describe, expect, test } from 'vitest';
import { REASONS } from '#domain/reasons.ts';
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
    ['a private key', ca.keyPem, null],
    ['a certificate with its private key', `${ca.pem}${ca.keyPem}`, null],
    ['two certificates', ca.pem + ca.pem, 'MORE_THAN_ONE_CERTIFICATE'],
    ['no PEM', 'hello', null],
    ['a number', 7, 'REQUEST_INVALID'],
    ['a megabyte', 'x'.repeat(1_000_000), 'REQUEST_INVALID'],
  ])('%s is refused, changes nothing and is not repeated in the answer', async (_, certificate, code) => {
    const answer = await register(certificate);
    expect(answer).toMatchObject({ status: 400, body: code === null ? {} : { code } });
    expect(JSON.stringify(answer.body) + api.logged.join()).not.toMatch(/MI[GI]|x{100}/);
    expect(api.iot).toEqual([]);
    expect(api.anchors.anchors.size).toBe(0);
  });

  test.each([
    ['NOT_A_CA', 'not a CA', leaf],
    ['CA_SUBJECT_EMPTY', 'an empty subject', makeTenantCa({ subject: [] })],
    ['SIG_ALG_WEAK', 'rsa-sha1', makeTenantCa({ key: 'rsa-2048', digest: 'sha1' })],
    ['SIG_ALG_UNSUPPORTED', '1.2.840.113549.1.1.14', makeTenantCa({ key: 'rsa-2048', digest: 'sha224' })],
    ['KEY_TOO_SMALL', 'RSA 1024', makeTenantCa({ key: 'rsa-1024' })],
    ['KEY_TYPE', 'EC secp256k1', makeTenantCa({ key: 'secp256k1' })],
    ['CA_EXPIRED', 'to 2026-01-31T11:59:59Z', makeTenantCa({ validTo: new Date(NOW - 1_000) })],
    [
      'CA_NOT_YET_VALID',
      '2026-01-31T12:00:01Z to 2049-12-31T00:00:00Z',
      makeTenantCa({ validFrom: new Date(NOW + 1_000) }),
    ],
  ] as const)(
    'CA-05: %s is refused with what was seen and what to do, and changes nothing',
    async (code, seen, { pem }) => {
      const answer = await register(pem);
      expect(answer).toMatchObject({ status: 400, body: { code } });
      expect(answer.body['detail']).toContain(`${seen}): ${REASONS[code].action}`);
      expect(api.iot).toEqual([]);
      expect(api.anchors.anchors.size).toBe(0);
    },
  );

  test.each(['rsa-2048', 'p256', 'p384', 'p521'] as const)(
    'CA-05: a CA with a %s key, without Key Usage and in the first second of its validity, is registered',
    async (key) => {
      expect(await register(makeTenantCa({ key, validFrom: new Date(NOW) }).pem)).toMatchObject({ status: 201 });
    },
  );

  test.each(['x', 'device01', 'globex'])('CA-08: a CA by the name of %s is registered', async (cn) => {
    expect(await register(makeTenantCa({ subject: [['CN', cn]] }).pem)).toMatchObject({
      status: 201,
      body: { tenant: 'acme', subject: `CN=${cn}` },
    });
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
