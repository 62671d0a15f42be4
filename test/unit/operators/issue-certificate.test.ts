// Requests that are inspected and signed by a tenant's private CA, through the management API.

import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { readChain } from '#adapters/x509-certificates.ts';
import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import { certificateId, clientId, type TenantName } from '#domain/ids.ts';
import { makeRequest, requestPem } from '#support/certificate-requests.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { anAnchor, fingerprint } from '#support/onboarding-world.ts';
import { type SigningCa, signingCa } from '#support/signing-ca.ts';
import { ADMIN, NOW, startTrustApi } from '#support/trust-api.ts';
import { tellPrivateCa } from '#usecases/tell-private-ca.ts';

const ARN = 'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555';
const DAY = 86_400_000;
const ca = makeTenantCa();
const request = await makeRequest('C=DE, O="Smart Factory, Inc.", CN=device01', 'rsa-2048');

let api: ReturnType<typeof startTrustApi>;
let privateCa: SigningCa;
const register = (changes: Parameters<typeof anAnchor>[0] = {}, testCa = ca) => {
  const { validTo } = { validTo: NOW + 1_095 * DAY };
  const anchor = anAnchor({ id: testCa.id, pem: testCa.pem, privateCaArn: ARN, validTo, ...changes });
  api.anchors.anchors.set(anchor.id, anchor);
  return api.places.put({ tenant: anchor.tenant, id: anchor.id, upload: null });
};
beforeEach(async () => {
  api = startTrustApi();
  api.tenant('acme');
  privateCa = signingCa(ca, () => api.time.now);
  Object.assign(api.deps.privateCa, privateCa);
  await register();
});
const inspect = (csr: string, cn?: string) =>
  api.call('POST', '/tenants/acme/certificates/inspect', { body: { csr, ...(cn && { cn }) } });
const issue = (body: object) => api.call('POST', '/tenants/acme/certificates', { body: { csr: request.pem, ...body } });
const issued = async (body: object = {}) => {
  const answer = await issue(body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body as { pem: string; chain: string; clientId: string; anchor: string };
};

describe('a request that is inspected', () => {
  it('I-02: says version, subject, CN, key, and the client id that it would have', async () => {
    expect(await inspect(request.pem, 'device01')).toMatchObject({
      status: 200,
      body: {
        version: 0,
        subject: 'C=DE, O=Smart Factory\\, Inc., CN=device01',
        cn: 'device01',
        clientId: 'acme_device01',
        publicKey: 'RSA 2048',
        signatureAlgorithm: 'rsa-sha256',
      },
    });
  });

  it('I-02: is refused with a broken signature, two CNs, a weak key, another CN, and one that its tenant does not name so', async () => {
    const tampered = Buffer.from(request.der.toString('latin1').replace('device01', 'device02'), 'latin1');
    const codeOf = async (csr: string, cn?: string) => {
      const { status, body } = await inspect(csr, cn);
      expect(status).toBe(400);
      return body['code'];
    };
    expect(await codeOf(requestPem(tampered))).toBe('CSR_SIGNATURE');
    expect(await codeOf((await makeRequest('CN=a, CN=b')).pem)).toBe('CN_MULTIPLE');
    expect(await codeOf((await makeRequest('O=Acme')).pem)).toBe('CN_MISSING');
    expect(await codeOf((await makeRequest('CN=a', 'rsa-1024')).pem)).toBe('KEY_TOO_SMALL');
    expect(await codeOf(request.pem, 'device02')).toBe('CSR_CN');
    expect(await codeOf((await makeRequest('CN=a b')).pem)).toBe('CN_CHARSET');
    api.tenant('acme', { naming: 'eu2' });
    expect(await codeOf(request.pem)).toBe('CN_TENANT_PREFIX');
    expect(await codeOf('nonsense')).toBe('NOT_A_CSR');
    expect(await codeOf(request.keyPem)).toBe('PRIVATE_KEY_IN_UPLOAD');
    expect(privateCa.asked).toEqual([]);
  });

  it("N-06: is refused when its client id begins with another tenant's name", async () => {
    api.tenant('acme', { naming: 'connectware' });
    const { pem } = await makeRequest('CN=globex_pump1');
    expect(await inspect(pem)).toMatchObject({ status: 200 });
    api.tenant('globex');
    expect(await inspect(pem)).toMatchObject({ status: 400, body: { code: 'CLIENT_ID_FOREIGN_PREFIX' } });
  });

  it('R-06: leaves nothing of a private key in the log', async () => {
    await inspect(request.pem + request.keyPem);
    expect(api.logged.join()).not.toContain(request.keyPem.split('\n')[3]);
  });
});

describe('a certificate that is issued', () => {
  it('I-03 X-01: is the leaf, then the CA that signed it', async () => {
    const { pem, chain, clientId, anchor } = await issued();
    expect({ clientId, anchor }).toEqual({ clientId: 'acme_device01', anchor: ca.id });
    expect(chain).toBe(`${pem}${ca.pem}`);
    expect(chain.match(/-----BEGIN CERTIFICATE-----\n/g)).toHaveLength(2);
    expect(readChain(chain)).toMatchObject({ ok: true, value: { leafPem: pem, rest: [ca.pem] } });
  });

  it('I-07: has the subject of the request and the issuer of the CA, and the key of the request', async () => {
    const leaf = new X509Certificate((await issued()).pem);
    expect(leaf.subject).toBe('C=DE\nO=Smart Factory\\, Inc.\nCN=device01');
    expect(leaf.issuer).toBe(new X509Certificate(ca.pem).subject);
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2_048);
  });

  it('I-07: is handed to nobody when it is of another CA, another key or another subject', async () => {
    const foreign = signingCa(makeTenantCa(), () => api.time.now);
    const other = await makeRequest('C=DE, O="Smart Factory, Inc.", CN=device01');
    const renamed = await makeRequest('CN=device02', 'rsa-2048', request.keys);
    for (const answer of [
      foreign.issue,
      (asked: Parameters<SigningCa['issue']>[0]) => privateCa.issue({ ...asked, csr: other.pem }),
      (asked: Parameters<SigningCa['issue']>[0]) => privateCa.issue({ ...asked, csr: renamed.pem }),
    ]) {
      api.deps.privateCa.issue = answer;
      const { status, body } = await issue({});
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'ISSUED_OTHERWISE' });
      expect(JSON.stringify(body)).not.toContain('BEGIN CERTIFICATE');
    }
  });

  it('I-05: is valid as its naming profile has it, as was asked, and never for longer than its CA', async () => {
    const days = async (body: object = {}) => {
      const { validToDate } = new X509Certificate((await issued(body)).pem);
      return (validToDate.getTime() - NOW) / DAY;
    };
    expect(await days()).toBeCloseTo(365, 0);
    expect(await days({ days: 30 })).toBeCloseTo(30, 0);
    api.tenant('acme', { naming: 'connectware' });
    expect(await days()).toBeCloseTo(100, 0);
    await register({ validTo: NOW + 40.5 * DAY });
    expect(await days()).toBeCloseTo(40, 0);
    expect(await issue({ days: 41 })).toMatchObject({ status: 400, body: { code: 'CERT_OUTLIVES_CA' } });
  });

  it('I-03: is asked for by one token as long as it is one request', async () => {
    for (const body of [{}, {}, { days: 30 }]) await issued(body);
    const [first, second, third] = privateCa.asked;
    expect(first).toMatchObject({ ca: ARN, days: 365, csr: request.pem });
    expect(first?.idempotencyToken).toMatch(/^[0-9a-f]{36}$/);
    expect(second?.idempotencyToken).toBe(first?.idempotencyToken);
    expect(third?.idempotencyToken).not.toBe(first?.idempotencyToken);
  });

  it('I-03: is never signed by an anchor that is no private CA, or that is revoked; nor by one of another tenant', async () => {
    const none = { status: 409, body: { code: 'NO_PRIVATE_CA' } };
    await register({ privateCaArn: null });
    expect(await issue({})).toMatchObject(none);
    expect(await issue({ anchor: ca.id })).toMatchObject(none);
    await register({ state: 'REVOKED', privateCaArn: null });
    expect(await issue({})).toMatchObject({ body: { detail: expect.stringContaining('there is none') } });
    await register({ state: 'REVOKED' });
    for (const body of [{}, { anchor: ca.id }])
      expect(await issue(body)).toMatchObject({
        ...none,
        body: { code: 'NO_PRIVATE_CA', detail: expect.stringContaining(`but ${ca.id} is REVOKED: restore it`) },
      });
    api.anchors.anchors.set(
      ca.id,
      anAnchor({ id: ca.id, pem: ca.pem, privateCaArn: ARN, tenant: api.tenant('globex') }),
    );
    expect(await issue({})).toMatchObject(none);
    expect(await issue({ anchor: ca.id })).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
    expect(privateCa.asked).toEqual([]);
  });

  describe('for a key that was revoked for good', () => {
    const certificate = certificateId(fingerprint(7));
    const publicKeyId = createHash('sha256')
      .update(createPublicKey(request.keyPem).export({ type: 'spki', format: 'der' }))
      .digest('hex');
    /** A certificate of the client id with the key of the request. */
    const came = async (changes: Partial<CertificateRecord> = {}) => {
      const name = clientId('acme_device01');
      const verdict = { kind: 'accept', clientId: name, permissionSet: 'acme.eu1', user: null } as const;
      const { record } = await api.certificates.claim(certificate, { owner: 'event', now: NOW, until: NOW });
      const known = { tenant: api.tenant('acme'), anchorId: ca.id, verdict, publicKeyId, causes: ['REVOKED'] } as const;
      api.certificates.records.set(certificate, { ...record, ...known, ...changes });
    };
    const holds = async (owner: TenantName, causes: readonly Cause[]) => {
      const name = clientId('acme_device01');
      const device = {
        tenant: owner,
        certificateId: certificate,
        permissionSet: 'acme.eu1',
        user: null,
        claimedAt: NOW,
      };
      await api.devices.claim(name, { clientId: name, ...device });
      await api.devices.setCauses(name, causes, []);
    };

    it('V-04: is refused, and nothing is signed, though the device has another certificate by now', async () => {
      await came();
      expect(await issue({})).toMatchObject({
        status: 409,
        body: {
          code: 'KEY_REVOKED',
          detail: `this key was revoked with certificate ${certificate}: make a new key and request`,
        },
      });
      expect(privateCa.asked).toEqual([]);
    });

    it('V-04: is refused while the device alone says that it is revoked, and no list has its certificate yet', async () => {
      await came({ causes: [], anchorId: null });
      await holds(api.tenant('acme'), ['REVOKED']);
      expect(await issue({})).toMatchObject({ status: 409, body: { code: 'KEY_REVOKED' } });
    });

    it('V-04: is found behind any number of certificates of the client id', async () => {
      await came();
      const { ofClientId } = api.deps.listing;
      Object.assign(api.deps.listing, {
        ofClientId: async (...[name, owner, page]: Parameters<typeof ofClientId>) =>
          page.cursor === null ? { items: [], cursor: 'next' } : ofClientId(name, owner, { ...page, cursor: null }),
      });
      expect(await issue({})).toMatchObject({ status: 409, body: { code: 'KEY_REVOKED' } });
    });

    it('V-04: is issued for a new key of that device, and for the key of one that is suspended', async () => {
      await came({ publicKeyId: 'of another key' });
      await holds(api.tenant('acme'), ['REVOKED']);
      await issued();
      await came({ causes: ['OPERATOR'] });
      await api.devices.setCauses('acme_device01', ['OPERATOR'], ['REVOKED']);
      await issued();
    });

    it("R-07: another tenant's device of that client id does not hinder", async () => {
      await came({ tenant: api.tenant('globex') });
      await holds(api.tenant('globex'), ['REVOKED']);
      await issued();
    });
  });

  it('is signed by the one that is named where there are several', async () => {
    const second = makeTenantCa({ subject: [['CN', 'second']] });
    await register({}, second);
    expect(await issue({})).toMatchObject({
      status: 409,
      body: { code: 'AMBIGUOUS', detail: expect.stringContaining(second.id) },
    });
    expect((await issued({ anchor: ca.id })).anchor).toBe(ca.id);
  });

  it('is refused for a tenant that is none', async () => {
    const answer = await api.call('POST', '/tenants/nobody/certificates', { body: { csr: request.pem } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
  });
});

describe('a certificate that an operator revoked', () => {
  const id = certificateId(fingerprint(1));
  const tell = async (changes: Parameters<typeof anAnchor>[0], serialNumber: string | null) => {
    await register(changes);
    const { claimed, record } = await api.certificates.claim(id, { owner: 'event', now: NOW, until: NOW });
    expect(claimed).toBe(true);
    api.certificates.records.set(id, { ...record, anchorId: ca.id, serialNumber });
    await tellPrivateCa({ certificates: api.certificates, anchors: api.anchors, privateCa })(id);
    return privateCa.revoked;
  };

  it('is told to the private CA that signed it, by its serial number', async () => {
    expect(await tell({}, 'a1b2')).toEqual(['a1b2']);
  });

  it('is told to nobody where the key of the CA is elsewhere, or its serial number was never read', async () => {
    expect(await tell({ privateCaArn: null }, 'a1b2')).toEqual([]);
    expect(await tell({}, null)).toEqual([]);
    await tellPrivateCa({ certificates: api.certificates, anchors: api.anchors, privateCa })(
      certificateId(fingerprint(2)),
    );
    expect(privateCa.revoked).toEqual([]);
  });
});

describe('a certificate that is shown', () => {
  const device = issueDevice(ca, {
    subject: [
      ['C', 'DE'],
      ['O', 'Smart Factory, Inc. CN=evil'],
      ['CN', 'device01'],
    ],
    serial: 10,
    validFrom: new Date('2026-01-01T00:00:00Z'),
    validTo: new Date('2027-01-01T00:00:00Z'),
  });
  const onboarded = async (isInIot: boolean) => {
    const { record } = await api.certificates.claim(device.id, { owner: 'event', now: NOW, until: NOW });
    api.certificates.records.set(device.id, { ...record, anchorId: ca.id, tenant: api.tenant('acme') });
    if (isInIot) api.described.set(device.id, { id: device.id, pem: device.pem, anchorId: ca.id, status: 'ACTIVE' });
  };

  it('X-09: is the file, and what it says', async () => {
    await onboarded(true);
    const shown = {
      fingerprint: device.id,
      subject: 'C=DE, O=Smart Factory\\, Inc. CN=evil, CN=device01',
      issuer: 'C=DE, O=Acme, CN=acme-ca',
      serialNumber: '0a',
      validFrom: '2026-01-01T00:00:00.000Z',
      validTo: '2027-01-01T00:00:00.000Z',
      publicKey: 'EC P-256',
      signatureAlgorithm: 'ecdsa-sha256',
      pem: device.pem,
    };
    expect(await api.call('GET', `/operator/devices/${device.id}/certificate`)).toMatchObject({
      status: 200,
      body: shown,
    });
    expect(await api.call('GET', `/tenants/acme/devices/${device.id}/certificate`)).toMatchObject({ body: shown });
  });

  it('R-07: is not found under another tenant', async () => {
    await onboarded(true);
    api.tenant('globex');
    expect(await api.call('GET', `/tenants/globex/devices/${device.id}/certificate`)).toMatchObject({
      status: 404,
      body: { code: 'DEVICE_UNKNOWN' },
    });
  });

  it('is not found when IoT Core has it no longer', async () => {
    await onboarded(false);
    expect(await api.call('GET', `/operator/devices/${device.id}/certificate`)).toMatchObject({
      status: 404,
      body: { code: 'CERTIFICATE_NOT_FOUND' },
    });
  });
});

it('R-02: who asks for a signature stands in the log', async () => {
  await issued();
  expect(api.logged.some((line) => line.includes(ADMIN))).toBe(true);
});
