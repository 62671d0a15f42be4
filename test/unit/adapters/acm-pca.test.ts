// AWS Private CA: what is asked of it field by field, and what becomes of its answers.

import {
  ACMPCAClient,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateCommand,
  IssueCertificateCommand,
  type KeyAlgorithm,
  RevokeCertificateCommand,
} from '@aws-sdk/client-acm-pca';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { acmPca } from '#adapters/acm-pca.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';

const CA = 'arn:aws-cn:acm-pca:cn-north-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555';
const CERTIFICATE = `${CA}/certificate/0a`;
const PEM = '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----';
const client = new ACMPCAClient({ region: 'cn-north-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const mock = mockClient(client);
const waited: number[] = [];
const ca = acmPca(client, async (milliseconds) => waited.push(milliseconds));

const failure = (name: string): Error => Object.assign(new Error('as AWS says it'), { name });
const isActive = (key: string = 'RSA_2048', status: 'ACTIVE' | 'DISABLED' = 'ACTIVE') =>
  mock.on(DescribeCertificateAuthorityCommand, { CertificateAuthorityArn: CA }).resolves({
    CertificateAuthority: {
      Status: status,
      CertificateAuthorityConfiguration: {
        // AWS has more of them than this client knows
        KeyAlgorithm: key as KeyAlgorithm,
        SigningAlgorithm: 'SHA512WITHRSA',
        Subject: {},
      },
    },
  });
const order = { ca: CA, csr: 'the request', days: 100, idempotencyToken: 'token' };
const asked = (name: string) => mock.calls().filter(({ args }) => args[0].constructor.name === `${name}Command`);

beforeEach(() => {
  mock.reset();
  waited.length = 0;
  isActive();
});

describe('a certificate that is issued', () => {
  it('I-03: is asked for under the template for clients, for so many days, with the CSR as it is', async () => {
    mock.on(IssueCertificateCommand).resolves({ CertificateArn: CERTIFICATE });
    mock.on(GetCertificateCommand).resolves({ Certificate: PEM });

    expect(await ca.issue(order)).toBe(PEM);

    expect(asked('IssueCertificate').map(({ args }) => args[0].input)).toEqual([
      {
        CertificateAuthorityArn: CA,
        Csr: Buffer.from('the request'),
        SigningAlgorithm: 'SHA256WITHRSA',
        TemplateArn: 'arn:aws-cn:acm-pca:::template/EndEntityClientAuthCertificate/V1',
        Validity: { Type: 'DAYS', Value: 100 },
        IdempotencyToken: 'token',
      },
    ]);
    expect(asked('GetCertificate').map(({ args }) => args[0].input)).toEqual([
      { CertificateAuthorityArn: CA, CertificateArn: CERTIFICATE },
    ]);
    expect(waited).toEqual([]);
  });

  it('I-03: is waited for while AWS answers RequestInProgressException', async () => {
    mock.on(IssueCertificateCommand).resolves({ CertificateArn: CERTIFICATE });
    mock
      .on(GetCertificateCommand)
      .rejectsOnce(failure('RequestInProgressException'))
      .rejectsOnce(failure('RequestInProgressException'))
      .resolves({ Certificate: PEM });

    expect(await ca.issue(order)).toBe(PEM);
    expect(waited).toEqual([200, 300]);
    expect(asked('IssueCertificate')).toHaveLength(1);
  });

  it('I-03: is given up after ten seconds, for another attempt', async () => {
    mock.on(IssueCertificateCommand).resolves({ CertificateArn: CERTIFICATE });
    mock.on(GetCertificateCommand).rejects(failure('RequestInProgressException'));

    await expect(ca.issue(order)).rejects.toThrow(TransientError);
    expect(waited.reduce((sum, wait) => sum + wait, 0)).toBe(10_000);
    expect(asked('GetCertificate')).toHaveLength(waited.length + 1);
  });

  it.each([
    ['RSA_4096', 'SHA256WITHRSA'],
    ['EC_prime256v1', 'SHA256WITHECDSA'],
    ['EC_secp384r1', 'SHA384WITHECDSA'],
  ] as const)('I-03: is signed as the key of the CA can: %s', async (key, algorithm) => {
    isActive(key);
    mock.on(IssueCertificateCommand).resolves({ CertificateArn: CERTIFICATE });
    mock.on(GetCertificateCommand).resolves({ Certificate: PEM });
    await ca.issue(order);
    expect(asked('IssueCertificate')[0]?.args[0].input).toMatchObject({ SigningAlgorithm: algorithm });
  });

  it('is refused for good where another attempt would be as well', async () => {
    for (const name of [
      'MalformedCSRException',
      'InvalidArgsException',
      'LimitExceededException',
      'AccessDeniedException',
    ]) {
      mock.on(IssueCertificateCommand).rejects(failure(name));
      const error = await ca.issue(order).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PermanentError);
      expect(error).toMatchObject({ code: 'PRIVATE_CA_REFUSED', message: expect.stringContaining(name) });
    }
  });

  it('leaves what another attempt may cure as it came', async () => {
    mock.on(IssueCertificateCommand).rejects(failure('InternalFailure'));
    await expect(ca.issue(order)).rejects.toMatchObject({ name: 'InternalFailure' });
  });
});

describe('the CA', () => {
  it('shows its certificate', async () => {
    mock.on(GetCertificateAuthorityCertificateCommand, { CertificateAuthorityArn: CA }).resolves({ Certificate: PEM });
    expect(await ca.certificate(CA)).toBe(PEM);
  });

  it('is of no use when it is not active, unknown, or has a key that AWS IoT takes no signature of', async () => {
    isActive('RSA_2048', 'DISABLED');
    await expect(ca.certificate(CA)).rejects.toMatchObject({
      code: 'PRIVATE_CA_INACTIVE',
      message: expect.stringContaining('is DISABLED'),
    });
    isActive('SM2');
    await expect(ca.issue(order)).rejects.toMatchObject({ code: 'PRIVATE_CA_KEY' });
    mock.on(DescribeCertificateAuthorityCommand).rejects(failure('ResourceNotFoundException'));
    await expect(ca.certificate(CA)).rejects.toMatchObject({ code: 'PRIVATE_CA_REFUSED' });
    expect(asked('IssueCertificate')).toEqual([]);
  });
});

describe('a certificate that is revoked', () => {
  it('is named by its serial number, and a repeat is fine', async () => {
    mock
      .on(RevokeCertificateCommand)
      .resolvesOnce({})
      .rejectsOnce(failure('RequestAlreadyProcessedException'))
      .rejects(failure('ConcurrentModificationException'));
    // as it is kept: without leading zeros
    await ca.revoke(CA, 'a1b2c');
    await ca.revoke(CA, 'a1b2c3');
    await expect(ca.revoke(CA, 'a1b2c')).rejects.toMatchObject({ name: 'ConcurrentModificationException' });
    expect(asked('RevokeCertificate')[0]?.args[0].input).toEqual({
      CertificateAuthorityArn: CA,
      CertificateSerial: '0a:1b:2c',
      RevocationReason: 'UNSPECIFIED',
    });
    expect(asked('RevokeCertificate')[1]?.args[0].input).toMatchObject({ CertificateSerial: 'a1:b2:c3' });
  });
});
