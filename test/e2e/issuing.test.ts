// Devices whose CA is in AWS Private CA: requests are inspected and signed, devices come in with what was signed, are renewed
// and revoked; with the real SDK client.

import { X509Certificate } from 'node:crypto';
import { ACMPCAClient, DescribeCertificateAuthorityCommand } from '@aws-sdk/client-acm-pca';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRevocationList } from '#adapters/revocation-lists.ts';
import { readChain } from '#adapters/x509-certificates.ts';
import type { IssuedView } from '#contracts/trust-api.ts';
import { certificateId } from '#domain/ids.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { makeRequest } from '#support/certificate-requests.ts';
import type { TestDevice } from '#support/certificates.ts';
import { createForwardClock, DAY } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { PATIENCE, type TrustStory, trustStory } from '#support/trust-story.ts';

const TENANT = 'issuing';

const clock = createForwardClock();
let system: TestSystem;
let story: TrustStory;
let arn: string;
let caPem: string;
let pca: ACMPCAClient;
let s3: S3Client;

/** A tenant whose trust anchor is the private CA. */
const anchorIn = async (tenant: string, naming: string) => {
  await system.api.call('createTenant', { body: { tenant, naming, admission: 'auto' } });
  return system.api.call('registerAnchor', { params: { tenant }, body: { privateCaArn: arn } });
};

beforeAll(async () => {
  system = await startTestSystem({ clock: clock.now, context: { privateCa: 'create' } });
  story = trustStory(system, clock);
  arn = system.outputs.get(STACK.registry)?.get(OUTPUT.privateCaArn) ?? '';
  const client = {
    endpoint: system.aws.endpoint,
    region: system.aws.region,
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
  };
  pca = new ACMPCAClient(client);
  s3 = new S3Client(client);
});
afterAll(async () => {
  for (const client of [pca, s3]) client.destroy();
  await system.stop();
});

type IssuedDevice = { readonly csr: string; readonly view: IssuedView; readonly device: TestDevice };
const issue = async (cn: string, more: { days?: number } = {}): Promise<IssuedDevice> => {
  const { pem: csr, keyPem } = await makeRequest(`C=DE, O="Plant, 9", CN=${cn}`);
  const view = await system.api.call('issueCertificate', { params: { tenant: TENANT }, body: { csr, ...more } });
  return { csr, view, device: { id: certificateId(view.fingerprint), pem: view.pem, keyPem, chainPem: view.chain } };
};
const onboarded = async (cn: string) => {
  const { csr, device } = await issue(cn);
  const clientId = `${TENANT}_${cn}`;
  await system.firstConnect(device, clientId);
  return { csr, device, clientId, session: await system.connect(device, clientId) };
};
/** Serial numbers of the list that the CA has written to its bucket; null before it has. */
const revokedSerials = async (): Promise<readonly string[] | null> => {
  const { CertificateAuthority } = await pca.send(
    new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn }),
  );
  const Bucket = CertificateAuthority?.RevocationConfiguration?.CrlConfiguration?.S3BucketName;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `crl/${arn.split('/')[1]}.crl` }));
  const list = readRevocationList((await Body?.transformToString('base64')) ?? '', caPem);
  if (!list.ok) throw new Error(list.error.message);
  expect(list.value).toMatchObject({ issuedByAnchor: true, signedByAnchor: true });
  return list.value.entries.map(({ serialNumber }) => serialNumber);
};

describe('a private CA', () => {
  it('I-03, CA-04: is registered as the anchor of its tenant, and that its key is there is the proof', async () => {
    const anchor = await anchorIn(TENANT, 'eu1');
    caPem = anchor.pem;

    expect(anchor).toMatchObject({ state: 'ACTIVE', proof: 'ACM_PCA', privateCaArn: arn });
    expect(system.iot.cas.get(anchor.fingerprint)).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
  });
});

describe('a request', () => {
  it('I-02: is reported before anybody signs it', async () => {
    const { pem: csr } = await makeRequest('C=DE, O="Plant, 9", CN=press-1', 'rsa-2048');

    const report = await system.api.call('inspectCsr', { params: { tenant: TENANT }, body: { csr, cn: 'press-1' } });

    expect(report).toEqual({
      version: 0,
      subject: 'C=DE, O=Plant\\, 9, CN=press-1',
      cn: 'press-1',
      clientId: `${TENANT}_press-1`,
      publicKey: 'RSA 2048',
      signatureAlgorithm: 'rsa-sha256',
    });
  });

  it('I-03, I-06, I-07, X-01: that is signed gives a chain of its own subject under the CA, with a serial number of its own', async () => {
    const issued = [(await issue('press-2')).view, (await issue('press-3')).view];

    for (const { pem, chain, subject, issuer } of issued) {
      const [leaf, ca] = [new X509Certificate(pem), new X509Certificate(caPem)];
      expect(chain).toBe(pem + caPem);
      expect(readChain(chain)).toMatchObject({ ok: true, value: { leafPem: pem, rest: [caPem] } });
      expect(subject).toMatch(/^C=DE, O=Plant\\, 9, CN=press-[23]$/);
      expect(leaf.issuer).toBe(ca.subject);
      expect(issuer).toContain('Vestibule device CA');
      expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
      expect(BigInt(`0x${leaf.serialNumber}`)).toBeGreaterThan(2n ** 64n);
    }
    expect(new Set(issued.map(({ serialNumber }) => serialNumber)).size).toBe(issued.length);
  });

  it('I-05: gives a certificate as long as the naming profile has it, or as was asked', async () => {
    const lifetime = async (more?: { days: number }) => {
      const { validTo } = (await issue('press-4', more)).view;
      return (Date.parse(validTo) - clock.now()) / DAY;
    };

    expect(await lifetime()).toBeCloseTo(365, 0);
    expect(await lifetime({ days: 30 })).toBeCloseTo(30, 0);
    await system.api.call('setTenant', { params: { tenant: TENANT }, body: { naming: 'connectware' } });
    expect(await lifetime()).toBeCloseTo(100, 0);
    await system.api.call('setTenant', { params: { tenant: TENANT }, body: { naming: 'eu1' } });
  });

  it('I-03: is waited for while AWS signs it', async () => {
    let asked = 0;
    const end = system.hooks.intercept({
      before: ({ service, operation }) => {
        if (service === 'acm-pca' && operation === 'GetCertificate') asked += 1;
      },
    });

    await issue('press-5');

    end();
    // the embedded one is in progress at the first look, as AWS mostly is
    expect(asked).toBeGreaterThan(1);
  });
});

describe('a device with a certificate of a private CA', () => {
  it('I-03, J-11: comes in by itself, and is renewed with another key', async () => {
    const first = await onboarded('press-6');
    const { device: renewed } = await issue('press-6');

    await system.firstConnect(renewed, first.clientId);
    await (await system.connect(renewed, first.clientId)).leave();

    await first.session.closed();
    await story.certificateBecomes(first.device, 'RETIRED');
    await story.certificateBecomes(renewed, 'ACTIVE');
    await story.statusBecomes(first.device, 'INACTIVE');
    await story.refused(first.device, first.clientId);
  });

  it('V-04, I-07: that is revoked is told to the CA as well as to IoT Core: its list has it', async () => {
    const { device, clientId, session } = await onboarded('press-7');
    const serial = new X509Certificate(device.pem).serialNumber.toLowerCase().replace(/^0+/, '');
    expect(await revokedSerials().catch(() => [])).not.toContain(serial);

    await system.api.call('revokeTenantDevice', { params: { tenant: TENANT, device: clientId } });

    await session.closed();
    await story.becomes(device, { state: 'REVOKED' });
    expect(story.statusOf(device)).toBe('REVOKED');
    await expect.poll(revokedSerials, PATIENCE).toEqual([serial]);
    await story.refused(device, clientId);
  });

  it('V-04: that is revoked gets no other certificate for its key, not even the same one once more', async () => {
    const { csr, device, clientId, session } = await onboarded('press-8');
    const again = (body: object) =>
      system.api.call('issueCertificate', { params: { tenant: TENANT }, body: { csr, ...body } });
    expect((await again({})).fingerprint).toBe(device.id);

    await system.api.call('revokeTenantDevice', { params: { tenant: TENANT, device: clientId } });
    await session.closed();

    for (const body of [{}, { days: 30 }]) await expect(again(body)).rejects.toMatchObject({ code: 'KEY_REVOKED' });
    await issue('press-8');
  });
});

it('R-04: all that was announced is as its schema says', () => story.expectValidEvents());
