// AWS Private CA before the SDK's client, as its API reference and its templates describe it.

import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ACMPCAClient,
  CreateCertificateAuthorityCommand,
  type CreateCertificateAuthorityCommandInput,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateAuthorityCsrCommand,
  GetCertificateCommand,
  ImportCertificateAuthorityCertificateCommand,
  IssueCertificateCommand,
  type IssueCertificateCommandInput,
  ListTagsCommand,
  RevokeCertificateCommand,
} from '@aws-sdk/client-acm-pca';
import {
  type AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  X509Certificate as Certificate,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type SubjectKeyIdentifierExtension,
  X509Crl,
  X509CrlReason,
} from '@peculiar/x509';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCrl, createKey } from '#local/cloud/acm-pca/signing.ts';
import { openDataFolder } from '#local/data-folder.ts';
import type { AwsCall } from '#local/http/aws-door.ts';
import { type EmulatedServices, startEmulatedServices } from '#support/emulated-services.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BUCKET = 'revocation-lists';
const template = (name: string) => `arn:aws:acm-pca:::template/${name}`;
const ROOT = template('RootCACertificate/V1');
const DEVICE = template('EndEntityClientAuthCertificate/V1');

let now = NOW;
let system: EmulatedServices;
let pca: ACMPCAClient;
beforeAll(async () => {
  system = await startEmulatedServices({ clock: () => now });
  system.services.objects.createBucket(BUCKET, true);
  pca = system.client(ACMPCAClient);
});
afterAll(() => system.stop());
afterEach(() => {
  now = NOW;
  vi.unstubAllEnvs();
});

const AUTHORITY = {
  CertificateAuthorityType: 'ROOT',
  CertificateAuthorityConfiguration: {
    KeyAlgorithm: 'EC_prime256v1',
    SigningAlgorithm: 'SHA256WITHECDSA',
    Subject: { Country: 'DE', Organization: 'Acme', CommonName: 'Acme device CA' },
  },
  RevocationConfiguration: {
    CrlConfiguration: {
      Enabled: true,
      ExpirationInDays: 7,
      S3BucketName: BUCKET,
      S3ObjectAcl: 'BUCKET_OWNER_FULL_CONTROL',
    },
  },
} as const satisfies CreateCertificateAuthorityCommandInput;
const RSA = {
  ...AUTHORITY,
  CertificateAuthorityConfiguration: {
    ...AUTHORITY.CertificateAuthorityConfiguration,
    KeyAlgorithm: 'RSA_2048',
    SigningAlgorithm: 'SHA256WITHRSA',
  },
} as const;

const create = async (input: CreateCertificateAuthorityCommandInput = AUTHORITY, client = pca): Promise<string> => {
  const { CertificateAuthorityArn = '' } = await client.send(new CreateCertificateAuthorityCommand(input));
  return CertificateAuthorityArn;
};

/** Asks again while the certificate is being issued. */
const certificateOf = async (CertificateAuthorityArn: string, CertificateArn: string | undefined, client = pca) => {
  const ask = () => client.send(new GetCertificateCommand({ CertificateAuthorityArn, CertificateArn }));
  await expect(ask()).rejects.toMatchObject({ name: 'RequestInProgressException' });
  const { Certificate: pem = '', CertificateChain } = await ask();
  return { pem, chain: CertificateChain, x509: new X509Certificate(pem) };
};

const csrOf = async (CertificateAuthorityArn: string, client = pca): Promise<string> =>
  (await client.send(new GetCertificateAuthorityCsrCommand({ CertificateAuthorityArn }))).Csr ?? '';

const activate = async (CertificateAuthorityArn: string, client = pca, SigningAlgorithm = 'SHA256WITHECDSA') => {
  const { CertificateArn } = await client.send(
    new IssueCertificateCommand({
      CertificateAuthorityArn,
      Csr: Buffer.from(await csrOf(CertificateAuthorityArn, client)),
      SigningAlgorithm: SigningAlgorithm as 'SHA256WITHECDSA',
      TemplateArn: ROOT,
      Validity: { Type: 'YEARS', Value: 10 },
    }),
  );
  const root = await certificateOf(CertificateAuthorityArn, CertificateArn, client);
  await client.send(
    new ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn, Certificate: Buffer.from(root.pem) }),
  );
  return { arn: CertificateAuthorityArn, root };
};

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const aRequest = async (
  name: string | JsonName = 'CN=device01',
  extensions: SubjectAlternativeNameExtension[] = [],
) => {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC, extensions });
  return {
    pem: request.toString('pem'),
    der: Buffer.from(request.rawData),
    publicKey: request.publicKey,
    subject: request.subjectName,
  };
};

const issue = async (
  CertificateAuthorityArn: string,
  more: Partial<IssueCertificateCommandInput> = {},
  client = pca,
) => {
  const { CertificateArn } = await client.send(
    new IssueCertificateCommand({
      CertificateAuthorityArn,
      Csr: Buffer.from((await aRequest()).pem),
      SigningAlgorithm: 'SHA256WITHECDSA',
      TemplateArn: DEVICE,
      Validity: { Type: 'DAYS', Value: 365 },
      ...more,
    }),
  );
  return CertificateArn;
};

const statusOf = async (CertificateAuthorityArn: string): Promise<string | undefined> =>
  (await pca.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn }))).CertificateAuthority?.Status;

const crlKey = (arn: string): string => `crl/${arn.split('/')[1]}.crl`;
const crlNumberOf = (crl: Uint8Array = new Uint8Array()): string =>
  Buffer.from(new X509Crl(crl).getExtension('2.5.29.20')?.value ?? new ArrayBuffer()).toString('hex');
const crlOf = (arn: string, { services } = system): X509Crl | null => {
  const [newest] = services.objects.bucket(BUCKET)?.versionsOf(crlKey(arn)) ?? [];
  return newest?.content ? new X509Crl(newest.content.data) : null;
};

const AUTHORITY_KEY = '2.5.29.35';
const SUBJECT_KEY = '2.5.29.14';
const SIGNS_CERTIFICATES = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

const extensionsOf = (pem: string) => {
  const certificate = new Certificate(pem);
  const basic = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension);
  const crl = certificate.getExtension(CRLDistributionPointsExtension);
  return {
    basicConstraints: { ca: basic?.ca, critical: basic?.critical },
    keyUsages: { usages: usages?.usages, critical: usages?.critical },
    extendedKeyUsages: certificate.getExtension(ExtendedKeyUsageExtension)?.usages,
    crl: crl?.distributionPoints[0]?.distributionPoint?.fullName?.[0]?.uniformResourceIdentifier ?? null,
  };
};

describe('a certificate authority', () => {
  it('waits for its certificate, and is active with it', async () => {
    const arn = await create();
    expect(arn).toMatch(/^arn:aws:acm-pca:eu-central-1:000000000000:certificate-authority\/[0-9a-f-]{36}$/);
    expect(await statusOf(arn)).toBe('PENDING_CERTIFICATE');
    await expect(
      pca.send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn })),
    ).rejects.toMatchObject({ name: 'InvalidStateException' });
    await expect(issue(arn)).rejects.toMatchObject({ name: 'InvalidStateException' });

    const { root } = await activate(arn);

    const { CertificateAuthority } = await pca.send(
      new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn }),
    );
    expect(CertificateAuthority).toMatchObject({
      CertificateAuthorityConfiguration: AUTHORITY.CertificateAuthorityConfiguration,
      RevocationConfiguration: AUTHORITY.RevocationConfiguration,
      Status: 'ACTIVE',
      Type: 'ROOT',
      CreatedAt: new Date(NOW),
      NotBefore: new Date(NOW - HOUR),
      NotAfter: new Date(Date.UTC(2036, 0, 31, 12)),
      OwnerAccount: '000000000000',
    });
    const { Certificate: pem } = await pca.send(
      new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn }),
    );
    expect(pem).toBe(root.pem);
    now = Date.UTC(2036, 1, 1);
    expect(await statusOf(arn)).toBe('EXPIRED');
    await expect(issue(arn)).rejects.toMatchObject({ name: 'InvalidStateException' });
  });

  it.each([
    ['EC_prime256v1', 'SHA256WITHECDSA', AUTHORITY],
    ['RSA_2048', 'SHA256WITHRSA', RSA],
  ] as const)('with a key of %s signs itself by the template of a root', async (_, signing, input) => {
    const { arn, root } = await activate(await create(input), pca, signing);
    const { x509 } = root;
    const request = new Pkcs10CertificateRequest(await csrOf(arn));

    expect(x509.subject).toBe('C=DE\nO=Acme\nCN=Acme device CA');
    expect(x509.checkIssued(x509) && x509.verify(x509.publicKey) && x509.ca).toBe(true);
    expect(x509.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(request.publicKey.rawData));
    expect(root.chain).toBeUndefined();
    expect(extensionsOf(root.pem)).toEqual({
      basicConstraints: { ca: true, critical: true },
      keyUsages: { usages: SIGNS_CERTIFICATES, critical: true },
      extendedKeyUsages: undefined,
      crl: null,
    });
  });

  it.each<[string, object]>([
    ['below another', { ...AUTHORITY, CertificateAuthorityType: 'SUBORDINATE' }],
    ['with OCSP', { ...AUTHORITY, RevocationConfiguration: { OcspConfiguration: { Enabled: true } } }],
    ['for short-lived certificates', { ...AUTHORITY, UsageMode: 'SHORT_LIVED_CERTIFICATE' }],
    [
      'whose bucket for revocation lists is not there',
      { ...AUTHORITY, RevocationConfiguration: { CrlConfiguration: { Enabled: true, S3BucketName: 'none' } } },
    ],
  ])('%s is refused', async (_, input) => {
    await expect(create(input as CreateCertificateAuthorityCommandInput)).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('does not sign with an algorithm of other keys', async () => {
    const CertificateAuthorityConfiguration = {
      ...AUTHORITY.CertificateAuthorityConfiguration,
      SigningAlgorithm: 'SHA256WITHRSA' as const,
    };
    await expect(create({ ...AUTHORITY, CertificateAuthorityConfiguration })).rejects.toMatchObject({
      name: 'InvalidArgsException',
    });
  });

  it('is made once for one idempotency token', async () => {
    const input = { ...AUTHORITY, IdempotencyToken: 'ca-1' };
    expect(await create(input)).toBe(await create(input));
  });

  it('imports the certificate of its own key alone', async () => {
    const CertificateAuthorityArn = await create();
    const { root: other } = await activate(await create());
    const imported = (Certificate: Uint8Array) =>
      pca.send(new ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn, Certificate }));

    await expect(imported(Buffer.from(other.pem))).rejects.toMatchObject({ name: 'CertificateMismatchException' });
    await expect(imported(Buffer.from('x'))).rejects.toMatchObject({ name: 'MalformedCertificateException' });
    expect(await statusOf(CertificateAuthorityArn)).toBe('PENDING_CERTIFICATE');
  });

  it('imports no certificate that is not one of a root', async () => {
    const { arn } = await activate(await create());
    const { arn: other } = await activate(await create());
    const Csr = Buffer.from(await csrOf(arn));
    for (const issuer of [arn, other]) {
      const { pem } = await certificateOf(issuer, await issue(issuer, { Csr }));
      const input = { CertificateAuthorityArn: arn, Certificate: Buffer.from(pem) };
      await expect(pca.send(new ImportCertificateAuthorityCertificateCommand(input))).rejects.toMatchObject({
        name: 'MalformedCertificateException',
      });
    }
  });
});

describe('a certificate', () => {
  let arn: string;
  let root: X509Certificate;
  beforeAll(async () => {
    const active = await activate(await create());
    arn = active.arn;
    root = active.root.x509;
  });

  it('I-03, I-07: of a device has subject, key and names of the request, and is for client authentication alone', async () => {
    const names = new SubjectAlternativeNameExtension([{ type: 'dns', value: 'device01.example' }]);
    const request = await aRequest(
      [{ C: ['DE'] }, { O: ['Ärger & Söhne'] }, { OU: ['a+b, "c"'] }, { CN: ['device01'] }],
      [names],
    );
    const { pem, chain, x509 } = await certificateOf(arn, await issue(arn, { Csr: Buffer.from(request.pem) }));

    expect(new Certificate(pem).subjectName.toArrayBuffer()).toEqual(request.subject.toArrayBuffer());
    expect(x509.toLegacyObject().subject.CN).toBe('device01');
    expect(x509.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(request.publicKey.rawData));
    expect(x509.checkIssued(root) && x509.verify(root.publicKey)).toBe(true);
    expect(x509.subjectAltName).toBe('DNS:device01.example');
    expect(chain).toBe(root.toString().trim());
    expect(extensionsOf(pem)).toEqual({
      basicConstraints: { ca: false, critical: true },
      keyUsages: { usages: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, critical: true },
      extendedKeyUsages: [ExtendedKeyUsage.clientAuth],
      crl: `http://${BUCKET}.s3.eu-central-1.amazonaws.com/${crlKey(arn)}`,
    });
    const issuerKey = new Certificate(pem).getExtension<AuthorityKeyIdentifierExtension>(AUTHORITY_KEY)?.keyId;
    const rootKey = new Certificate(root.raw).getExtension<SubjectKeyIdentifierExtension>(SUBJECT_KEY)?.keyId;
    expect(issuerKey).toBe(rootKey);
    expect(rootKey).toMatch(/^[0-9a-f]{40}$/i);
  });

  it('without a template is for servers and clients', async () => {
    const { CertificateArn } = await pca.send(
      new IssueCertificateCommand({
        CertificateAuthorityArn: arn,
        Csr: Buffer.from((await aRequest()).pem),
        SigningAlgorithm: 'SHA384WITHECDSA',
        Validity: { Type: 'DAYS', Value: 1 },
      }),
    );
    const { pem } = await certificateOf(arn, CertificateArn);
    expect(extensionsOf(pem).extendedKeyUsages).toEqual([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]);
    expect(new Certificate(pem).signatureAlgorithm).toMatchObject({ name: 'ECDSA', hash: { name: 'SHA-384' } });
  });

  it('does not say where the revocation list is, when the CA leaves that out', async () => {
    const { CrlConfiguration } = AUTHORITY.RevocationConfiguration;
    const omitting = { ...CrlConfiguration, CrlDistributionPointExtensionConfiguration: { OmitExtension: true } };
    const quiet = await activate(
      await create({ ...AUTHORITY, RevocationConfiguration: { CrlConfiguration: omitting } }),
    );
    const { pem } = await certificateOf(quiet.arn, await issue(quiet.arn));
    expect(extensionsOf(pem).crl).toBeNull();
  });

  it.each<[string, IssueCertificateCommandInput['Validity'], number]>([
    ['days', { Type: 'DAYS', Value: 90 }, NOW + 90 * DAY],
    ['months', { Type: 'MONTHS', Value: 2 }, Date.UTC(2026, 2, 31, 12)],
    ['years', { Type: 'YEARS', Value: 1 }, Date.UTC(2027, 0, 31, 12)],
    ['seconds since 1970', { Type: 'ABSOLUTE', Value: NOW / 1_000 + 60 }, NOW + 60_000],
    ['UTCTime', { Type: 'END_DATE', Value: 260_201_123_059 }, Date.UTC(2026, 1, 1, 12, 30, 59)],
    ['GeneralizedTime', { Type: 'END_DATE', Value: 20_260_201_123_059 }, Date.UTC(2026, 1, 1, 12, 30, 59)],
  ])('I-05: lives to the end that %s give, from an hour ago', async (_, Validity, end) => {
    const { x509 } = await certificateOf(arn, await issue(arn, { Validity }));
    expect([x509.validFromDate, x509.validToDate]).toEqual([new Date(NOW - HOUR), new Date(end)]);
  });

  it('begins when it is told to', async () => {
    const ValidityNotBefore = { Type: 'ABSOLUTE' as const, Value: NOW / 1_000 - 7 };
    const { x509 } = await certificateOf(arn, await issue(arn, { ValidityNotBefore }));
    expect(x509.validFromDate).toEqual(new Date(NOW - 7_000));
  });

  it('I-06: has a random serial number of more than 64 bits, which is in its ARN', async () => {
    const arns = await Promise.all(Array.from({ length: 100 }, () => issue(arn)));
    const { x509 } = await certificateOf(arn, arns[0]);
    const serials = arns.map((one) => BigInt(`0x${one?.split('/certificate/')[1]}`));

    expect(new Set(serials).size).toBe(100);
    expect(serials.every((serial) => serial > 2n ** 64n)).toBe(true);
    // as long each time, and never negative: hex and number are one
    expect(arns.filter((one) => !/\/[4-7][0-9a-f]{31}$/.test(one ?? ''))).toEqual([]);
    expect(BigInt(`0x${x509.serialNumber}`)).toBe(serials[0]);
  });

  it('is one for all requests with one idempotency token within five minutes', async () => {
    const IdempotencyToken = 'device01-1';
    const [first, second] = await Promise.all([issue(arn, { IdempotencyToken }), issue(arn, { IdempotencyToken })]);
    now += 5 * 60_000 - 1;
    const third = await issue(arn, { IdempotencyToken });
    now += 1;
    const late = await issue(arn, { IdempotencyToken });

    expect([second, third]).toEqual([first, first]);
    expect(late).not.toBe(first);
    expect(await issue(arn, { IdempotencyToken: 'device01-2' })).not.toBe(late);
  });

  it.each<[string, () => Promise<Partial<IssueCertificateCommandInput>>, string, RegExp]>([
    ['garbage', async () => ({ Csr: Buffer.from('hello') }), 'MalformedCSRException', /expected PEM/],
    [
      'a request with a broken signature',
      async () => {
        const { der } = await aRequest();
        der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
        return { Csr: Buffer.from(new Pkcs10CertificateRequest(der).toString('pem')) };
      },
      'MalformedCSRException',
      /signature/,
    ],
    [
      'a request that names nobody',
      async () => ({ Csr: Buffer.from((await aRequest('')).pem) }),
      'MalformedCSRException',
      /subject/,
    ],
    [
      'a life that is longer than that of the CA',
      async () => ({ Validity: { Type: 'YEARS', Value: 11 } }),
      'ValidationException',
      /exceeds the certificate authority validity/,
    ],
    [
      'an end in the past',
      async () => ({ Validity: { Type: 'ABSOLUTE', Value: NOW / 1_000 - 1 } }),
      'ValidationException',
      /expired/,
    ],
    [
      'an end that is no date',
      async () => ({ Validity: { Type: 'END_DATE', Value: 20_269_901_000_000 } }),
      'InvalidArgsException',
      /END_DATE/,
    ],
    ['no time at all', async () => ({ Validity: { Type: 'DAYS', Value: 0 } }), 'ValidationException', /Validity/],
    [
      'an algorithm that the CA’s key does not have',
      async () => ({ SigningAlgorithm: 'SHA256WITHRSA' }),
      'InvalidArgsException',
      /EC_prime256v1/,
    ],
    [
      'a template that is not emulated',
      async () => ({ TemplateArn: template('CodeSigningCertificate/V1') }),
      'InvalidArgsException',
      /expected one of the templates RootCACertificate\/V1/,
    ],
    ['the template of a root for a device', async () => ({ TemplateArn: ROOT }), 'InvalidArgsException', /CA itself/],
    [
      'what the API would put into the certificate',
      async () => ({ ApiPassthrough: { Subject: { CommonName: 'other' } } }),
      'ValidationException',
      /ApiPassthrough/,
    ],
  ])('is not issued for %s', async (_, more, name, message) => {
    await expect(issue(arn, await more())).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it('is in progress at the first look, and there at each one after', async () => {
    const CertificateArn = await issue(arn);
    const { pem } = await certificateOf(arn, CertificateArn);
    const again = await pca.send(new GetCertificateCommand({ CertificateAuthorityArn: arn, CertificateArn }));
    expect(again.Certificate).toBe(pem);
  });

  it('is found with the CA that issued it alone', async () => {
    const CertificateArn = await issue(arn);
    const other = await create();
    for (const input of [
      { CertificateAuthorityArn: other, CertificateArn },
      { CertificateAuthorityArn: arn, CertificateArn: `${arn}/certificate/00` },
      { CertificateAuthorityArn: `${arn.slice(0, -1)}-`, CertificateArn },
    ])
      await expect(pca.send(new GetCertificateCommand(input))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
    await expect(
      pca.send(new GetCertificateCommand({ CertificateAuthorityArn: 'arn:aws:iot:x', CertificateArn })),
    ).rejects.toMatchObject({ name: 'InvalidArnException' });
  });
});

describe('revocation', () => {
  const serialOf = (arn: string | undefined) => arn?.split('/certificate/')[1] ?? '';
  const revoke = (CertificateAuthorityArn: string, CertificateSerial: string) =>
    pca.send(
      new RevokeCertificateCommand({ CertificateAuthorityArn, CertificateSerial, RevocationReason: 'KEY_COMPROMISE' }),
    );

  it('puts the serial number, with colons or without, on a list in the bucket that the CA signs', async () => {
    const { arn, root } = await activate(await create());
    const serials = [serialOf(await issue(arn)), serialOf(await issue(arn))] as const;
    const empty = crlOf(arn);
    expect([empty?.entries.length, empty?.nextUpdate]).toEqual([0, new Date(NOW + 7 * DAY)]);

    now += HOUR;
    await revoke(arn, serials[0]);
    await revoke(arn, serials[1].toUpperCase().match(/../g)?.join(':') ?? '');

    const crl = crlOf(arn);
    expect(await crl?.verify({ publicKey: new Certificate(root.pem) })).toBe(true);
    expect(crl?.issuer).toBe(new Certificate(root.pem).subject);
    expect(crl?.thisUpdate).toEqual(new Date(now));
    expect(crl?.entries.map((entry) => [entry.serialNumber, entry.revocationDate, entry.reason])).toEqual(
      serials.map((serial) => [serial, new Date(now), X509CrlReason.keyCompromise]),
    );
    const published = system.services.objects.bucket(BUCKET)?.versionsOf(crlKey(arn)) ?? [];
    expect(published.map(({ content }) => crlNumberOf(content?.data))).toEqual(['020103', '020102', '020101']);
  });

  it.each([
    [127, '02017f'],
    [128, '02020080'],
    [32_768, '0203008000'],
  ])('of number %i has it as an INTEGER that is not negative', async (number, der) => {
    const { privateKey } = await createKey('EC_prime256v1', 'SHA256WITHECDSA', { CommonName: 'x' });
    const { root } = await activate(await create());
    const times = { thisUpdate: new Date(NOW), nextUpdate: new Date(NOW + DAY) };
    const key = { privateKey, keyAlgorithm: 'EC_prime256v1' as const };
    const crl = await createCrl({ issuer: root.pem, key, signing: 'SHA256WITHECDSA', number, ...times, revoked: [] });
    expect(crlNumberOf(crl)).toBe(der);
  });

  it('of many at once puts each of them on the list', async () => {
    const { arn } = await activate(await create());
    const serials = (await Promise.all(Array.from({ length: 5 }, () => issue(arn)))).map(serialOf);
    await Promise.all(serials.map((serial) => revoke(arn, serial)));
    expect(
      crlOf(arn)
        ?.entries.map((entry) => entry.serialNumber)
        .sort(),
    ).toEqual(serials.sort());
  });

  it('is refused a second time, for another’s certificate, for the CA itself and for what is no serial number', async () => {
    const { arn, root } = await activate(await create());
    const other = await activate(await create());
    const serial = serialOf(await issue(arn));
    await revoke(arn, serial);

    for (const [wrong, name] of [
      [serial, 'RequestAlreadyProcessedException'],
      [serialOf(await issue(other.arn)), 'ResourceNotFoundException'],
      [root.x509.serialNumber, 'InvalidRequestException'],
      ['not hex', 'InvalidRequestException'],
    ] as const)
      await expect(revoke(arn, wrong)).rejects.toMatchObject({ name });
    expect(crlOf(arn)?.entries).toHaveLength(1);
  });
});

describe('a data folder', () => {
  it('keeps the CA, its key and what it issued and revoked, and shows the key to its owner alone', async () => {
    const path = await mkdtemp(join(tmpdir(), 'vestibule-pca-'));
    onTestFinished(() => rm(path, { recursive: true }));
    const run = async <T>(work: (client: ACMPCAClient, running: EmulatedServices) => Promise<T>): Promise<T> => {
      const running = await startEmulatedServices({ folder: await openDataFolder(path), clock: () => now });
      try {
        running.services.objects.createBucket(BUCKET, true);
        return await work(running.client(ACMPCAClient), running);
      } finally {
        await running.stop();
      }
    };
    const before = await run(async (client, running) => {
      const { arn, root } = await activate(await create(AUTHORITY, client), client);
      const kept = await issue(arn, {}, client);
      const revoked = await issue(arn, {}, client);
      await client.send(
        new RevokeCertificateCommand({
          CertificateAuthorityArn: arn,
          CertificateSerial: revoked?.split('/certificate/')[1],
          RevocationReason: 'SUPERSEDED',
        }),
      );
      return { arn, root, kept, serial: crlOf(arn, running)?.entries[0]?.serialNumber };
    });

    await run(async (client, running) => {
      // after a restart it is no longer in progress
      const input = { CertificateAuthorityArn: before.arn, CertificateArn: before.kept };
      expect((await client.send(new GetCertificateCommand(input))).CertificateChain).toBe(before.root.pem);
      const { x509 } = await certificateOf(before.arn, await issue(before.arn, {}, client), client);
      expect(x509.verify(before.root.x509.publicKey)).toBe(true);
      expect(crlOf(before.arn, running)?.entries[0]?.serialNumber).toBe(before.serial);
    });

    const file = join(path, 'acm-pca.json');
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('PRIVATE KEY');
    await writeFile(file, '{}');
    await expect(startEmulatedServices({ folder: await openDataFolder(path) })).rejects.toThrow(
      /acm-pca\.json is damaged/,
    );
  });

  it('without one nothing is written, and no log holds a key', async () => {
    const { arn } = await activate(await create());
    await issue(arn);
    await expect(stat(join(system.folder.path, 'acm-pca.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(JSON.stringify(system.log.lines())).not.toContain('PRIVATE KEY');
  });
});

describe('the door', () => {
  it('is found by AWS_ENDPOINT_URL alone', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', system.services.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const client = new ACMPCAClient();
    onTestFinished(() => client.destroy());
    expect(await statusOf(await create(AUTHORITY, client))).toBe('PENDING_CERTIFICATE');
  });

  it('names the operation that it does not emulate, and tells interceptors those that it does', async () => {
    const seen: AwsCall[] = [];
    const interceptor = { before: (call: AwsCall) => void seen.push(call) };
    system.services.interceptors.add(interceptor);
    onTestFinished(() => void system.services.interceptors.delete(interceptor));
    const CertificateAuthorityArn = await create();

    await expect(pca.send(new ListTagsCommand({ CertificateAuthorityArn }))).rejects.toMatchObject({
      name: 'NotEmulatedException',
      message: expect.stringContaining('ListTags'),
    });
    expect(seen[0]).toEqual({ service: 'acm-pca', operation: 'CreateCertificateAuthority', caller: null });
  });

  it('answers what is no request with a ValidationException, and lets no page in a browser in', async () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=k/20260131/eu-central-1/acm-pca/aws4_request';
    const headers = { authorization, 'x-amz-target': 'ACMPrivateCA.DescribeCertificateAuthority' };
    const ask = (body: string, more = {}) =>
      fetch(system.services.endpoint, { method: 'POST', headers: { ...headers, ...more }, body });

    for (const body of ['', '{', '[]', '{}', '{"CertificateAuthorityArn":1}']) {
      const answer = await ask(body);
      expect([answer.status, await answer.json()]).toMatchObject([400, { __type: 'ValidationException' }]);
    }
    expect((await ask('{}', { origin: 'https://evil.example' })).status).toBe(403);
  });
});
