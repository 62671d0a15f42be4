import { beforeEach, describe, expect, test } from 'vitest';
import { REASONS } from '#domain/reasons.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { ADMIN, NOW, startTrustApi } from '#support/trust-api.ts';

const DAY = 86_400_000;
const PRIVATE_CA =
  'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/01234567-89ab-cdef-0123-456789abcdef';
const ca = makeTenantCa({ validFrom: new Date(NOW - DAY), validTo: new Date(NOW + DAY) });
const SWEPT = { pass: 2, seen: 0, changed: 0, startedAt: NOW, completedAt: NOW };

let api: ReturnType<typeof startTrustApi>;
beforeEach(() => {
  api = startTrustApi();
  api.tenant('acme');
  api.tenant('globex');
});
const register = (certificate: unknown, tenant = 'acme') =>
  api.call('POST', `/operator/tenants/${tenant}/anchors`, { body: { certificate } });
const unchanged = () => {
  expect(api.iot).toEqual([]);
  expect(api.anchors.anchors.size).toBe(0);
  expect(api.places.places.size).toBe(0);
  expect(api.events.published).toEqual([]);
  expect(api.commands).toEqual([]);
};

describe('register', () => {
  test('CA-04: the operator vouches for it: in IoT Core, with a place, in the registry, and only then open', async () => {
    const steps: string[] = [];
    const { put } = api.places;
    const { create } = api.anchors;
    api.places.put = async (place) => {
      steps.push(`${api.iot.length} calls, place ${place.upload ? 'taken' : 'kept'}`);
      await put(place);
    };
    api.anchors.create = async (anchor) => {
      steps.push(`${api.iot.length} calls, record`);
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
        certificateMode: 'SNI_ONLY',
        registeredAt: '2026-01-31T12:00:00.000Z',
        registeredBy: ADMIN,
        changedAt: '2026-01-31T12:00:00.000Z',
        challenge: null,
        privateCaArn: null,
        sweep: null,
      },
    });
    expect(api.iot).toEqual(['register acme SNI_ONLY', `enable ${ca.id}`]);
    expect(steps).toEqual(['1 calls, place taken', '1 calls, record', '2 calls, place kept']);
    expect(api.events.published).toEqual([
      {
        type: 'ca.verified',
        id: `${ca.id}.verified.${NOW}`,
        at: NOW,
        tenant: 'acme',
        anchorId: ca.id,
        actor: ADMIN,
        proof: 'OPERATOR',
      },
    ]);
    expect(api.commands).toMatchObject([{ act: 'truststore' }]);
  });

  test('I-05: a CA in AWS Private CA is registered by its ARN, which is recorded as the proof', async () => {
    api.privateCas.set(PRIVATE_CA, ca.pem);
    const answer = await api.call('POST', '/operator/tenants/acme/anchors', { body: { privateCaArn: PRIVATE_CA } });
    expect(answer).toMatchObject({
      status: 201,
      body: { fingerprint: ca.id, proof: 'ACM_PCA', privateCaArn: PRIVATE_CA, state: 'ACTIVE' },
    });
  });

  test('I-05: a private CA that AWS does not have, and a body with both, change nothing', async () => {
    const of = (body: unknown) => api.call('POST', '/operator/tenants/acme/anchors', { body });
    expect(await of({ privateCaArn: PRIVATE_CA })).toMatchObject({ status: 400, body: { code: 'PRIVATE_CA_UNKNOWN' } });
    for (const body of [{ privateCaArn: 'arn:x' }, { privateCaArn: PRIVATE_CA, certificate: ca.pem }, {}])
      expect(await of(body)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    unchanged();
  });

  test('a repeat is a conflict, and does what an earlier attempt left undone', async () => {
    await register(ca.pem);
    api.iot.length = 0;
    expect(await register(ca.pem)).toMatchObject({ status: 409, body: { code: 'ANCHOR_EXISTS' } });
    expect(api.iot).toEqual([`enable ${ca.id}`]);
    expect(api.events.distinct()).toHaveLength(1);
    expect(api.commands).toHaveLength(2);
  });

  test.each(['ACTIVE', 'REVOKED'])(
    'a repeat gives a place to an anchor of a release that knew none, %s',
    async (state) => {
      await register(ca.pem);
      if (state === 'REVOKED') await api.call('POST', `/tenants/acme/anchors/${ca.id}/revoke`);
      api.places.places.clear();
      expect(await register(ca.pem)).toMatchObject({ status: 409, body: { code: 'ANCHOR_EXISTS' } });
      expect((await api.call('GET', '/tenants/acme/anchors')).body).toMatchObject({
        anchors: [{ fingerprint: ca.id }],
      });
    },
  );

  test('a repeat does not open an anchor that was revoked', async () => {
    await register(ca.pem);
    await api.call('POST', `/tenants/acme/anchors/${ca.id}/revoke`);
    api.iot.length = 0;
    expect(await register(ca.pem)).toMatchObject({
      status: 409,
      body: { code: 'ANCHOR_EXISTS', detail: expect.stringMatching(/REVOKED; restore it$/) },
    });
    expect(api.iot).toEqual([]);
  });

  test('V-05: one that is revoked while it is opened is closed again', async () => {
    const { enableRegistration } = api.deps.gateway;
    api.deps.gateway.enableRegistration = async (id) => {
      await api.call('POST', `/tenants/acme/anchors/${id}/revoke`);
      await api.deps.gateway.disable(id);
      return enableRegistration(id);
    };
    await register(ca.pem);
    expect(api.anchors.anchors.get(ca.id)).toMatchObject({ state: 'REVOKED' });
    expect(api.deps.gateway.cas.get(ca.id)).toMatchObject({ active: false, registration: false });
    expect(api.events.published).toMatchObject([{ type: 'ca.revoked' }]);
  });

  test('V-05: one that was revoked before it is known to be recorded is not opened at all', async () => {
    const { create } = api.anchors;
    api.anchors.create = async (anchor) => {
      await create(anchor);
      await api.call('POST', `/tenants/acme/anchors/${anchor.id}/revoke`);
      return false;
    };
    expect(await register(ca.pem)).toMatchObject({ status: 201, body: { state: 'REVOKED' } });
    expect(api.iot).toEqual(['register acme SNI_ONLY']);
  });

  test("CA-02: another tenant's CA is a conflict and stays that tenant's", async () => {
    await register(ca.pem);
    expect(await register(ca.pem, 'globex')).toMatchObject({ status: 409, body: { code: 'CA_OWNED_BY_OTHER_TENANT' } });
    expect(await api.anchors.find(ca.id)).toMatchObject({ tenant: 'acme' });
    expect(api.iot).toHaveLength(2);
    expect(api.places.places.size).toBe(1);
  });

  test('CA-02: of two tenants that register one CA at once the second gets neither the CA nor a place', async () => {
    const { find } = api.anchors;
    await register(ca.pem);
    api.iot.length = 0;
    api.anchors.find = async () => {
      api.anchors.find = find;
      return null;
    };
    expect(await register(ca.pem, 'globex')).toMatchObject({ status: 409, body: { code: 'CA_OWNED_BY_OTHER_TENANT' } });
    expect(api.iot).toEqual(['register globex SNI_ONLY']);
    expect([...api.places.places.keys()]).toEqual([`acme#${ca.id}`]);
  });

  test('CA-02: who loses the race keeps what it had uploaded', async () => {
    const { find } = api.anchors;
    await api.call('POST', '/tenants/globex/anchors', { body: { certificate: ca.pem } });
    await register(ca.pem);
    api.anchors.find = async () => {
      api.anchors.find = find;
      return null;
    };
    expect(await register(ca.pem, 'globex')).toMatchObject({ status: 409 });
    expect(api.places.places.get(`globex#${ca.id}`)).toMatchObject({ upload: { tenant: 'globex' } });
  });

  test('CA-03: what an operator registers counts as well', async () => {
    await register(makeTenantCa({ subject: [['CN', 'first']] }).pem);
    await register(makeTenantCa({ subject: [['CN', 'second']] }).pem);
    api.iot.length = 0;
    expect(await register(ca.pem)).toMatchObject({ status: 409, body: { code: 'CA_LIMIT' } });
    expect(api.iot).toEqual([]);
    api.tenant('acme', { anchorLimit: 3 });
    expect(await register(ca.pem)).toMatchObject({ status: 201 });
  });

  test('an operator vouches for what a tenant uploaded and did not prove', async () => {
    api.tenant('acme', { anchorLimit: 1 });
    await api.call('POST', '/tenants/acme/anchors', { body: { certificate: ca.pem } });
    expect(await register(ca.pem)).toMatchObject({ status: 201, body: { proof: 'OPERATOR', challenge: null } });
    expect([...api.places.places.values()]).toEqual([{ tenant: 'acme', id: ca.id, upload: null }]);
  });

  const leaf = issueDevice(ca, { cn: 'device01' });
  test.each([
    ['a private key', ca.keyPem, 'PRIVATE_KEY_IN_UPLOAD'],
    ['a certificate with its private key', `${ca.pem}${ca.keyPem}`, 'PRIVATE_KEY_IN_UPLOAD'],
    ['two certificates', ca.pem + ca.pem, 'MORE_THAN_ONE_CERTIFICATE'],
    ['no PEM', 'hello', 'NOT_PEM'],
    ['a number', 7, 'REQUEST_INVALID'],
    ['a megabyte', 'x'.repeat(1_000_000), 'REQUEST_INVALID'],
  ])('R-06: %s is refused, changes nothing and is not repeated in answer or log', async (_, certificate, code) => {
    const answer = await register(certificate);
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(JSON.stringify(answer.body) + api.logged.join()).not.toMatch(/MI[GI]|x{100}/);
    unchanged();
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
      unchanged();
    },
  );

  test('CA-05: a tenant with strict rules has them for what its operator registers as well', async () => {
    api.tenant('acme', { anchorRules: 'strict' });
    expect(await register(ca.pem)).toMatchObject({ status: 400, body: { code: 'CA_KEY_USAGE' } });
    unchanged();
  });

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

  test('CA-09: an operator vouches for an intermediate CA by itself', async () => {
    const intermediate = makeTenantCa({ subject: [['CN', 'acme-line-1']], issuer: ca });
    expect(await register(intermediate.pem)).toMatchObject({ status: 201 });
  });

  test('for an unknown tenant is not found', async () => {
    expect(await register(ca.pem, 'umbrella')).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
    unchanged();
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

  test('CA-06: uploads and anchors are one list, page by page', async () => {
    await register(ca.pem);
    const other = makeTenantCa({ subject: [['CN', 'other']] });
    await api.call('POST', '/tenants/acme/anchors', { body: { certificate: other.pem } });
    const seen: unknown[] = [];
    let cursor: unknown = null;
    do {
      const query = { limit: '1', ...(typeof cursor === 'string' && { cursor }) };
      const { body } = await api.call('GET', '/tenants/acme/anchors', { query });
      expect(body['anchors']).toHaveLength(1);
      seen.push(...(body['anchors'] as unknown[]));
      cursor = body['cursor'];
    } while (cursor !== null);
    const expected = [
      { fingerprint: ca.id, state: 'ACTIVE' },
      { fingerprint: other.id, state: 'PENDING_VERIFICATION' },
    ].toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    expect(seen).toMatchObject(expected);
    expect(await api.call('GET', '/tenants/umbrella/anchors')).toMatchObject({ status: 404 });
  });

  test('CA-07: is EXPIRED after its validity, though nothing was written', async () => {
    await register(ca.pem);
    api.time.now = NOW + DAY + 1_000;
    expect(await api.call('GET', `/tenants/acme/anchors/${ca.id}`)).toMatchObject({ body: { state: 'EXPIRED' } });
    expect(api.anchors.anchors.get(ca.id)).toMatchObject({ state: 'ACTIVE' });
  });

  test('shows how far the work on its present state is, and nothing of a former one', async () => {
    await register(ca.pem);
    await api.call('POST', `/tenants/acme/anchors/${ca.id}/revoke`);
    const show = async () => (await api.call('GET', `/tenants/acme/anchors/${ca.id}`)).body['sweep'];
    expect(await show()).toBeNull();
    await api.anchors.noteSweep(ca.id, { ...SWEPT, version: 1, completedAt: null });
    expect(await show()).toEqual({
      pass: 2,
      seen: 0,
      changed: 0,
      startedAt: '2026-01-31T12:00:00.000Z',
      completedAt: null,
    });
    await api.anchors.noteSweep(ca.id, { ...SWEPT, version: 1 });
    await api.call('POST', `/tenants/acme/anchors/${ca.id}/restore`);
    expect(await show()).toBeNull();
  });

  test('shows the revocation list that was taken in last', async () => {
    await register(ca.pem);
    const [thisUpdate, nextUpdate, importedAt] = [NOW - DAY, NOW + DAY, NOW];
    await api.anchors.noteCrl(ca.id, {
      number: '7',
      thisUpdate,
      nextUpdate,
      entries: 3,
      importedAt,
      importedBy: ADMIN,
    });
    expect((await api.call('GET', `/tenants/acme/anchors/${ca.id}`)).body['crl']).toEqual({
      number: '7',
      thisUpdate: '2026-01-30T12:00:00.000Z',
      nextUpdate: '2026-02-01T12:00:00.000Z',
      entries: 3,
      importedAt: '2026-01-31T12:00:00.000Z',
      importedBy: ADMIN,
    });
  });
});
