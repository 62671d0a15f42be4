// A CA of a template: made, certified and activated as CloudFormation does, and the same CA at the next start.

import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACMPCAClient, DescribeCertificateAuthorityCommand } from '@aws-sdk/client-acm-pca';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import { startDeployment } from '#local/deployment.ts';
import type { JsonObject } from '#local/template/intrinsics.ts';
import { startEmulatedServices } from '#support/emulated-services.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'vestibule-data-'));
  onTestFinished(() => rm(path, { recursive: true }));
});

const AUTHORITY: JsonObject = {
  Type: 'ROOT',
  UsageMode: 'GENERAL_PURPOSE',
  KeyAlgorithm: 'RSA_2048',
  SigningAlgorithm: 'SHA256WITHRSA',
  Subject: { CommonName: 'Device CA' },
  RevocationConfiguration: {
    CrlConfiguration: {
      Enabled: true,
      ExpirationInDays: 7,
      S3BucketName: { Ref: 'Lists' },
      S3ObjectAcl: 'BUCKET_OWNER_FULL_CONTROL',
      CrlDistributionPointExtensionConfiguration: { OmitExtension: true },
    },
  },
};
const certificate = (template: string): JsonObject => ({
  CertificateAuthorityArn: { 'Fn::GetAtt': ['Authority', 'Arn'] },
  CertificateSigningRequest: { 'Fn::GetAtt': ['Authority', 'CertificateSigningRequest'] },
  SigningAlgorithm: 'SHA256WITHRSA',
  TemplateArn: { 'Fn::Sub': `arn:\${AWS::Partition}:acm-pca:::template/${template}` },
  Validity: { Type: 'YEARS', Value: '10' },
});
const templateOf = (authority: JsonObject, template = 'RootCACertificate/V1'): JsonObject => ({
  Resources: {
    Lists: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
    Authority: { Type: 'AWS::ACMPCA::CertificateAuthority', Properties: authority },
    Certificate: { Type: 'AWS::ACMPCA::Certificate', Properties: certificate(template) },
    Activation: {
      Type: 'AWS::ACMPCA::CertificateAuthorityActivation',
      Properties: {
        CertificateAuthorityArn: { 'Fn::GetAtt': ['Authority', 'Arn'] },
        Certificate: { 'Fn::GetAtt': ['Certificate', 'Certificate'] },
        Status: 'ACTIVE',
      },
    },
    Permission: {
      Type: 'AWS::ACMPCA::Permission',
      Properties: {
        CertificateAuthorityArn: { Ref: 'Authority' },
        Principal: 'acm.amazonaws.com',
        Actions: ['IssueCertificate'],
      },
    },
  },
  Outputs: {
    Arn: { Value: { Ref: 'Activation' } },
    Certificate: { Value: { Ref: 'Certificate' } },
    Chain: { Value: { 'Fn::GetAtt': ['Activation', 'CompleteCertificateChain'] } },
  },
});

/** One start of a system on the folder. */
const run = async (template: JsonObject) => {
  const system = await startEmulatedServices({ folder: await openDataFolder(path) });
  try {
    const assembly = { stacks: [{ name: 'Trust', template }], assets: new Map<string, string>() };
    const { services, log } = system;
    const deployment = await startDeployment({ services, assembly, apiPort: 0, clock: null, log });
    const outputs = Object.fromEntries(deployment.outputs.get('Trust') ?? []);
    const describing = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: outputs['Arn'] });
    const { CertificateAuthority } = await system.client(ACMPCAClient).send(describing);
    await deployment.stop();
    return { outputs, authority: CertificateAuthority };
  } finally {
    await system.stop();
  }
};

it('is active with the certificate that it signed for itself', async () => {
  const { outputs, authority } = await run(templateOf(AUTHORITY));

  const root = new X509Certificate(outputs['Chain'] ?? '');
  expect(authority).toMatchObject({ Arn: outputs['Arn'], Status: 'ACTIVE' });
  expect([root.subject, root.ca, root.verify(root.publicKey)]).toEqual(['CN=Device CA', true, true]);
  expect(outputs['Certificate']).toBe(`${outputs['Arn']}/certificate/${root.serialNumber.toLowerCase()}`);
});

it('is the same at the next start, with the revocation list of the template of then', async () => {
  const first = await run(templateOf(AUTHORITY));
  const { RevocationConfiguration: _, ...without } = AUTHORITY;

  const second = await run(templateOf(without));

  expect(second.outputs).toEqual(first.outputs);
  expect(second.authority?.RevocationConfiguration?.CrlConfiguration).toEqual({ Enabled: false });
});

it('with another key or name is refused on the folder of the one before', async () => {
  await run(templateOf(AUTHORITY));

  await expect(run(templateOf({ ...AUTHORITY, Subject: { CommonName: 'Other CA' } }))).rejects.toThrow(
    /holds this CA with another key or name/,
  );
});

it('certifies no device by a template', async () => {
  await expect(run(templateOf(AUTHORITY, 'EndEntityCertificate/V1'))).rejects.toThrow(
    /expected the template of a root CA/,
  );
});
