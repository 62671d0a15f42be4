import { beforeEach, describe, expect, test } from 'vitest';
import type { Tenant } from '#domain/tenant.ts';
import { TENANT_LOCK_SECONDS } from '#names/timing.ts';
import { basicConstraints, issueDevice, keyUsage, makeTenantCa, subjectKeyId } from '#support/certificates.ts';
import { REGISTRATION_CODE } from '#support/in-memory-anchors.ts';
import { signedOver } from '#support/possession.ts';
import { ADMIN, NOW, startTrustApi } from '#support/trust-api.ts';

const DAY = 86_400_000;
const ca = makeTenantCa({ validFrom: new Date(NOW - DAY), validTo: new Date(NOW + 30 * DAY) });
/** same name as `ca`, another key */
const impostor = makeTenantCa();

let api: ReturnType<typeof startTrustApi>;
beforeEach(() => {
  api = startTrustApi();
  api.tenant('acme');
  api.tenant('globex');
});
const upload = (certificate: unknown, more: object = {}, tenant = 'acme') =>
  api.call('POST', `/tenants/${tenant}/anchors`, { body: { certificate, ...more } });
const verify = (verificationCertificate: unknown, more: object = {}, tenant = 'acme') =>
  api.call('POST', `/tenants/${tenant}/anchors/${ca.id}/verify`, { body: { verificationCertificate, ...more } });
const codeOf = ({ body }: { body: Record<string, unknown> }) => (body['challenge'] as { code: string }).code;
/** everything that a request may change */
const everything = () =>
  structuredClone({
    places: api.places.places,
    anchors: api.anchors.anchors,
    events: api.events.published,
    commands: api.commands,
    iot: api.iot,
  });

describe('upload', () => {
  test('CA-02: is PENDING_VERIFICATION, with a challenge for a week; nothing is registered with IoT Core', async () => {
    expect(await upload(ca.pem)).toEqual({
      status: 201,
      type: 'application/json',
      body: {
        fingerprint: ca.id,
        tenant: 'acme',
        state: 'PENDING_VERIFICATION',
        proof: null,
        certificateMode: 'SNI_ONLY',
        subject: 'C=DE, O=Acme, CN=acme-ca',
        validFrom: '2026-01-30T12:00:00.000Z',
        validTo: '2026-03-02T12:00:00.000Z',
        registeredAt: '2026-01-31T12:00:00.000Z',
        registeredBy: ADMIN,
        changedAt: null,
        changedBy: null,
        challenge: {
          code: expect.stringMatching(/^[0-9a-f]{64}$/),
          expiresAt: '2026-02-07T12:00:00.000Z',
          registrationCode: null,
        },
        privateCaArn: null,
        crl: null,
        sweep: null,
        pem: ca.pem,
      },
    });
    expect(api.iot).toEqual([]);
    expect(api.anchors.anchors.size).toBe(0);
    expect(api.events.published).toEqual([
      {
        type: 'ca.uploaded',
        id: `${ca.id}.uploaded.acme.${NOW}`,
        at: NOW,
        tenant: 'acme',
        anchorId: ca.id,
        actor: ADMIN,
      },
    ]);
  });

  test('CA-02: the same CA twice is CA_EXISTS and keeps its challenge; its event is told again, as the same', async () => {
    const first = await upload(ca.pem);
    expect(await upload(ca.pem)).toMatchObject({ status: 409, body: { code: 'CA_EXISTS' } });
    expect(await api.call('GET', `/tenants/acme/anchors/${ca.id}`)).toMatchObject({ status: 200, body: first.body });
    expect(api.events.distinct()).toHaveLength(1);
  });

  test('CA-02: an event that was not told is told by the repeat', async () => {
    const { publish } = api.events;
    api.events.publish = async () => {
      throw new Error('the bus is away');
    };
    expect(await upload(ca.pem)).toMatchObject({ status: 500 });
    api.events.publish = publish;
    expect(await upload(ca.pem)).toMatchObject({ status: 409 });
    expect(api.events.published).toMatchObject([{ type: 'ca.uploaded', actor: ADMIN }]);
  });

  test('CA-02: one that is registered is CA_EXISTS, one of another tenant CA_OWNED_BY_OTHER_TENANT', async () => {
    await api.call('POST', '/operator/tenants/acme/anchors', { body: { certificate: ca.pem } });
    const before = everything();
    expect(await upload(ca.pem)).toMatchObject({ status: 409, body: { code: 'CA_EXISTS' } });
    expect(await upload(ca.pem, {}, 'globex')).toMatchObject({
      status: 409,
      body: { code: 'CA_OWNED_BY_OTHER_TENANT' },
    });
    expect(everything()).toEqual(before);
  });

  test('V-03: one that is revoked is CA_EXISTS, and to be restored', async () => {
    await api.call('POST', '/operator/tenants/acme/anchors', { body: { certificate: ca.pem } });
    await api.call('POST', `/tenants/acme/anchors/${ca.id}/revoke`);
    expect(await upload(ca.pem)).toMatchObject({
      status: 409,
      body: {
        code: 'CA_EXISTS',
        detail: `acme has the CA certificate ${ca.id} already, and it is REVOKED; restore it`,
      },
    });
  });

  test('CA-03: a third CA is CA_LIMIT, wherever the limit stands; a place that is given back is free', async () => {
    const [first, second] = ['one', 'two'].map((cn) => makeTenantCa({ subject: [['CN', cn]] }));
    for (const each of [first, second]) expect(await upload(each?.pem)).toMatchObject({ status: 201 });
    const before = everything();
    expect(await upload(ca.pem)).toMatchObject({ status: 409, body: { code: 'CA_LIMIT' } });
    expect(everything()).toEqual(before);
    expect(await upload(ca.pem, {}, 'globex')).toMatchObject({ status: 201 });
    await api.call('DELETE', `/tenants/acme/anchors/${first?.id}`);
    expect(await upload(ca.pem)).toMatchObject({ status: 201 });
  });

  test('CA-03: of two uploads at once only one takes the last place', async () => {
    api.tenant('acme', { anchorLimit: 1 });
    const answers = await Promise.all(['one', 'two'].map((cn) => upload(makeTenantCa({ subject: [['CN', cn]] }).pem)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(api.places.places.size).toBe(1);
  });

  const derText = Buffer.from(ca.pem.replace(/-----.*-----|\n/g, ''), 'base64').toString('latin1');
  const leaf = issueDevice(ca, { cn: 'device01' });
  const line = makeTenantCa({ subject: [['CN', 'acme-line-1']], issuer: ca });
  test.each<[string, string, unknown]>([
    ['PRIVATE_KEY_IN_UPLOAD', 'a private key', ca.keyPem],
    ['PRIVATE_KEY_IN_UPLOAD', 'a certificate with its private key', ca.pem + ca.keyPem],
    ['PRIVATE_KEY_IN_UPLOAD', 'a key that is cut short', ca.pem + ca.keyPem.slice(0, 60)],
    ['NOT_PEM', 'DER', derText],
    ['NOT_PEM', 'garbage', 'hello'],
    ['NOT_A_CERTIFICATE', 'a signing request', ca.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')],
    ['CERT_UNREADABLE', 'base64 of something else', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['CHAIN_BROKEN', 'two CAs that have nothing to do with each other', ca.pem + impostor.pem],
    ['CHAIN_BROKEN', 'the root before its intermediate', ca.pem + line.pem],
    ['NOT_A_CA', 'a leaf', leaf.pem],
    ['NOT_A_CA', 'a leaf with its CA', leaf.chainPem],
    ['SIG_ALG_WEAK', 'SHA-1', makeTenantCa({ digest: 'sha1' }).pem],
    ['KEY_TOO_SMALL', 'RSA 1024', makeTenantCa({ key: 'rsa-1024' }).pem],
    ['CA_EXPIRED', 'one that is expired', makeTenantCa({ validTo: new Date(NOW - 1_000) }).pem],
    ['CA_PARENT_UNKNOWN', 'an intermediate by itself', line.pem],
    ['REQUEST_INVALID', 'no text', 7],
    ['REQUEST_INVALID', 'more than IoT Core takes', 'x'.repeat(65_537)],
  ])('CA-02, CA-05: %s, of %s, changes nothing and repeats nothing of it', async (code, _, certificate) => {
    const answer = await upload(certificate);
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(JSON.stringify(answer.body) + api.logged.join()).not.toMatch(/MI[GI]|x{100}/);
    expect(everything()).toMatchObject({ places: new Map(), anchors: new Map(), events: [], commands: [], iot: [] });
  });

  test('CA-05: what plain openssl makes passes by default; strict rules ask for more', async () => {
    api.tenant('acme', { anchorRules: 'strict' });
    const year = { validFrom: new Date(NOW - DAY), validTo: new Date(NOW + 365 * DAY) };
    const tryWith = async (options: Parameters<typeof makeTenantCa>[0]) =>
      (await upload(makeTenantCa({ ...year, ...options }).pem)).body['code'];
    const extensions = [basicConstraints(true), keyUsage(5, 6)];
    expect(await tryWith({})).toBe('CA_KEY_USAGE');
    expect(await tryWith({ extensions })).toBe('CA_SUBJECT_KEY_ID');
    extensions.push(subjectKeyId());
    expect(await tryWith({ extensions, validTo: new Date(NOW + 366 * DAY) })).toBe('CA_VALIDITY_TOO_LONG');
    expect(api.places.places.size).toBe(0);
    expect(await tryWith({ extensions })).toBeUndefined();
    expect(api.places.places.size).toBe(1);
    api.tenant('acme');
    expect(await tryWith({ subject: [['CN', 'plain']] })).toBeUndefined();
  });

  test.each(['x', 'device01', 'globex'])('CA-08: a CA by the name of %s is taken', async (cn) => {
    expect(await upload(makeTenantCa({ subject: [['CN', cn]] }).pem)).toMatchObject({
      status: 201,
      body: { tenant: 'acme', subject: `CN=${cn}` },
    });
  });

  test('CA-09: an intermediate comes with those above it, or is meant to vouch by itself', async () => {
    api.tenant('acme', { anchorLimit: 10 });
    const plant = makeTenantCa({ subject: [['CN', 'plant']], issuer: ca });
    const cell = makeTenantCa({ subject: [['CN', 'cell']], issuer: plant });
    expect(await upload(cell.pem + plant.pem)).toMatchObject({ status: 400, body: { code: 'CA_PARENT_UNKNOWN' } });
    expect(await upload(cell.pem + plant.pem + ca.pem)).toMatchObject({
      status: 201,
      body: { fingerprint: cell.id, pem: cell.pem },
    });
    expect(await upload(line.pem, { allowIntermediate: true })).toMatchObject({ status: 201 });
  });

  test('for an unknown tenant, or while its turn does not come, nothing is changed', async () => {
    expect(await upload(ca.pem, {}, 'umbrella')).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
    api.deps.tenantLock.take = async () => null;
    expect(await upload(ca.pem)).toMatchObject({ status: 409, body: { code: 'TENANT_BUSY' } });
    expect(api.places.places.size).toBe(0);
  });
});

describe('challenge', () => {
  const challenge = (tenant = 'acme') => api.call('POST', `/tenants/${tenant}/anchors/${ca.id}/challenge`);

  test('CA-04: another one takes the place of the former, which is over', async () => {
    const former = codeOf(await upload(ca.pem));
    api.time.now = NOW + DAY;
    const answer = await challenge();
    expect(answer).toMatchObject({ status: 200, body: { challenge: { expiresAt: '2026-02-08T12:00:00.000Z' } } });
    expect(codeOf(answer)).not.toBe(former);
    api.time.now = NOW;
    expect(await verify(signedOver(ca, former))).toMatchObject({ status: 400, body: { code: 'POP_CODE' } });
    expect(await verify(signedOver(ca, codeOf(answer)))).toMatchObject({ status: 200 });
  });

  test("CA-04: of a CA that is not there, or another tenant's, is not found", async () => {
    expect(await challenge()).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
    await upload(ca.pem);
    expect(await challenge('globex')).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
  });

  test('CA-04: two uploads of one CA, by two tenants, have challenges of their own', async () => {
    const codes = [codeOf(await upload(ca.pem)), codeOf(await upload(ca.pem, {}, 'globex'))];
    expect(new Set(codes).size).toBe(2);
    expect(await verify(signedOver(ca, codes[0] ?? ''), {}, 'globex')).toMatchObject({ body: { code: 'POP_CODE' } });
  });
});

describe('verify', () => {
  test('CA-04: possession is shown: registered once, tagged, recorded, opened last', async () => {
    const code = codeOf(await upload(ca.pem));
    api.time.now = NOW + 1_000;
    expect(await verify(signedOver(ca, code))).toMatchObject({
      status: 200,
      body: {
        fingerprint: ca.id,
        state: 'ACTIVE',
        proof: 'VERIFICATION_CERTIFICATE',
        registeredAt: '2026-01-31T12:00:01.000Z',
        challenge: null,
      },
    });
    expect(api.iot).toEqual(['register acme SNI_ONLY', `enable ${ca.id}`]);
    expect(api.events.published).toMatchObject([
      { type: 'ca.uploaded' },
      { type: 'ca.verified', actor: ADMIN, proof: 'VERIFICATION_CERTIFICATE' },
    ]);
    expect(api.commands).toMatchObject([{ act: 'truststore' }]);
    expect([...api.places.places.values()]).toEqual([{ tenant: 'acme', id: ca.id, upload: null }]);
  });

  test('CA-04: of an active CA is answered with 200 and does nothing', async () => {
    const proof = signedOver(ca, codeOf(await upload(ca.pem)));
    const first = await verify(proof);
    const before = everything();
    expect(await verify(proof)).toEqual(first);
    expect(await verify('hello')).toEqual(first);
    expect(everything()).toEqual(before);
  });

  test.each<[code: string, status: number, what: string, (code: string) => unknown]>([
    ['POP_SIGNATURE', 400, 'signed by another key', (code) => signedOver(impostor, code)],
    ['POP_CODE', 400, 'over another code', () => signedOver(ca, 'c0de')],
    ['POP_VALIDITY', 400, 'valid yesterday', (code) => signedOver(ca, code, { validTo: new Date(NOW - 1_000) })],
    ['POP_VALIDITY', 400, 'valid tomorrow', (code) => signedOver(ca, code, { validFrom: new Date(NOW + DAY) })],
    ['PRIVATE_KEY_IN_UPLOAD', 400, 'with a private key', (code) => signedOver(ca, code) + ca.keyPem],
    ['NOT_PEM', 400, 'garbage', () => 'hello'],
    ['MORE_THAN_ONE_CERTIFICATE', 400, 'with the CA', (code) => signedOver(ca, code) + ca.pem],
    ['REQUEST_INVALID', 400, 'no text', () => null],
  ])('CA-04: %s (%i), when it is %s, changes nothing', async (code, status, _, proof) => {
    const challenge = codeOf(await upload(ca.pem));
    const before = everything();
    const answer = await verify(proof(challenge));
    expect(answer).toMatchObject({ status, body: { code } });
    expect(JSON.stringify(answer.body) + api.logged.join()).not.toMatch(/MI[GI]/);
    expect(everything()).toEqual(before);
  });

  test('CA-04: a challenge that is over is 410, whatever is sent', async () => {
    const proof = signedOver(ca, codeOf(await upload(ca.pem)), { validTo: new Date(NOW + 30 * DAY) });
    api.time.now = NOW + 7 * DAY - 1;
    const before = everything();
    api.time.now += 1;
    expect(await verify(proof)).toMatchObject({ status: 410, body: { code: 'POP_EXPIRED', title: 'Gone' } });
    expect(everything()).toEqual(before);
    api.time.now -= 1;
    expect(await verify(proof)).toMatchObject({ status: 200 });
  });

  test.each<[string, number, Partial<Tenant>]>([
    ['CA_EXPIRED', NOW + 1_000, {}],
    ['CA_KEY_USAGE', NOW, { anchorRules: 'strict' }],
  ])('CA-05: %s, though it was good when it was uploaded', async (code, now, changes) => {
    const ending = makeTenantCa({ validTo: new Date(NOW) });
    const proof = signedOver(ending, codeOf(await upload(ending.pem)));
    api.time.now = now;
    api.tenant('acme', changes);
    const before = everything();
    const path = `/tenants/acme/anchors/${ending.id}/verify`;
    expect(await api.call('POST', path, { body: { verificationCertificate: proof } })).toMatchObject({
      status: 400,
      body: { code },
    });
    expect(everything()).toEqual(before);
  });

  test('CA-04: who shows possession first gets the CA, whoever uploaded it before', async () => {
    const [squatter, owner] = [codeOf(await upload(ca.pem)), codeOf(await upload(ca.pem, {}, 'globex'))];
    expect(await verify(signedOver(ca, owner), {}, 'globex')).toMatchObject({
      status: 200,
      body: { tenant: 'globex' },
    });
    const before = everything();
    expect(await verify(signedOver(ca, squatter))).toMatchObject({
      status: 409,
      body: { code: 'CA_OWNED_BY_OTHER_TENANT' },
    });
    expect(everything()).toEqual(before);
  });

  test('CA-04: of a CA that was never uploaded is not found', async () => {
    expect(await verify(signedOver(ca, 'code'))).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
  });

  describe('in the mode DEFAULT', () => {
    test("CA-04: AWS gets a second certificate, over the account's registration code", async () => {
      const uploaded = await upload(ca.pem, { certificateMode: 'DEFAULT' });
      expect(uploaded.body['challenge']).toMatchObject({ registrationCode: REGISTRATION_CODE });
      await upload(makeTenantCa({ subject: [['CN', 'other']] }).pem);
      const listed = (await api.call('GET', '/tenants/acme/anchors')).body['anchors'] as Record<string, unknown>[];
      expect(
        Object.fromEntries(listed.map(({ certificateMode, challenge }) => [certificateMode, challenge])),
      ).toMatchObject({
        DEFAULT: { registrationCode: REGISTRATION_CODE },
        SNI_ONLY: { registrationCode: null },
      });
      let sent: unknown;
      const { register } = api.deps.gateway;
      api.deps.gateway.register = async (registration) => {
        sent = registration.verificationCertificate;
        return register(registration);
      };
      const accountVerificationCertificate = signedOver(ca, REGISTRATION_CODE);
      expect(await verify(signedOver(ca, codeOf(uploaded)), { accountVerificationCertificate })).toMatchObject({
        status: 200,
        body: { state: 'ACTIVE', certificateMode: 'DEFAULT', challenge: null },
      });
      expect(sent).toBe(accountVerificationCertificate);
      expect(api.iot).toEqual(['register acme DEFAULT with proof', `enable ${ca.id}`]);
    });

    test.each<[code: string, what: string, account: unknown]>([
      ['POP_CODE', 'absent', undefined],
      ['POP_CODE', 'over another code', signedOver(ca, 'c0de')],
      ['POP_SIGNATURE', 'signed by another key', signedOver(impostor, REGISTRATION_CODE)],
      ['POP_VALIDITY', 'over', signedOver(ca, REGISTRATION_CODE, { validTo: new Date(NOW - 1_000) })],
      ['NOT_PEM', 'garbage', 'hello'],
    ])('CA-04: %s, when that one is %s, changes nothing', async (code, _, account) => {
      const challenge = codeOf(await upload(ca.pem, { certificateMode: 'DEFAULT' }));
      const before = everything();
      const more = account === undefined ? {} : { accountVerificationCertificate: account };
      expect(await verify(signedOver(ca, challenge), more)).toMatchObject({ status: 400, body: { code } });
      expect(everything()).toEqual(before);
    });

    test("CA-04: the account's code is not in the place of the tenant's own", async () => {
      await upload(ca.pem, { certificateMode: 'DEFAULT' });
      const proof = signedOver(ca, REGISTRATION_CODE);
      expect(await verify(proof, { accountVerificationCertificate: proof })).toMatchObject({
        status: 400,
        body: { code: 'POP_CODE' },
      });
    });
  });
});

test.each(['upload', 'challenge', 'verify', 'register', 'drop'] as const)(
  'CA-03: %s changes nothing once its turn has ended, for another may have the next by then',
  async (act) => {
    const code = act === 'upload' || act === 'register' ? '' : codeOf(await upload(ca.pem));
    const { find } = api.places;
    const { held } = api.deps.tenantLock;
    api.places.find = async (tenant, id) => {
      if (held.size > 0) api.time.now += TENANT_LOCK_SECONDS * 1_000;
      return find(tenant, id);
    };
    const before = everything();
    const path = `/tenants/acme/anchors/${ca.id}`;
    const acts = {
      upload: () => upload(ca.pem),
      challenge: () => api.call('POST', `${path}/challenge`),
      verify: () => verify(signedOver(ca, code)),
      register: () => api.call('POST', '/operator/tenants/acme/anchors', { body: { certificate: ca.pem } }),
      drop: () => api.call('DELETE', path),
    };
    expect(await acts[act]()).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(everything()).toEqual(before);
  },
);
