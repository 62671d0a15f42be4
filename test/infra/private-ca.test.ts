// AWS Private CA by opt-in: what is made, what it may do, and that nothing of it is there unasked.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENV } from '#names/env.ts';
import { OUTPUT } from '#names/outputs.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const CAS = ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-9999-000000000000'].map(
  (id) => `arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/${id}`,
);
const none = synthesizedStacks();
const made = synthesizedStacks({ privateCa: 'create' });
const given = synthesizedStacks({ privateCa: CAS.join(',') });

const only = <T>(found: readonly T[]): T => {
  const [one, ...more] = found;
  if (one === undefined || more.length > 0) throw new Error(`expected one, got ${found.length}`);
  return one;
};
const authority = only(resourcesOf(made.registry, 'AWS::ACMPCA::CertificateAuthority'));
const template = (name: string) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:acm-pca:::template/${name}`]],
});

type Statement = {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
};
/** What the role of the function may do in AWS Private CA. */
const allowed = ({ onboarding }: typeof made): readonly Statement[] =>
  resourcesOf(onboarding, 'AWS::IAM::Policy')
    .filter(({ id }) => id.startsWith('PrivateCaRole'))
    .flatMap(({ properties }) => Object(properties['PolicyDocument'])['Statement'] as readonly Statement[])
    .filter(({ Action }) => JSON.stringify(Action).includes('acm-pca:'));

describe('without the opt-in', () => {
  it('I-03: there is no CA that costs money, no function and no right', () => {
    for (const { templates } of [none, synthesizedStacks({ gate: 'true' })])
      expect(JSON.stringify(templates)).not.toMatch(/acm-?pca|private-ca|PrivateCa|PRIVATE_CA/i);
  });
});

describe('a CA that is made with the stacks', () => {
  it('I-03: is a root CA for certificates of any validity, which devices as the ones of today can verify', () => {
    expect(authority.properties).toMatchObject({
      Type: 'ROOT',
      UsageMode: 'GENERAL_PURPOSE',
      KeyAlgorithm: 'RSA_2048',
      SigningAlgorithm: 'SHA256WITHRSA',
    });
  });

  it('signs itself for ten years, and is activated', () => {
    const certificate = only(resourcesOf(made.registry, 'AWS::ACMPCA::Certificate'));
    expect(certificate.properties).toEqual({
      CertificateAuthorityArn: { 'Fn::GetAtt': [authority.id, 'Arn'] },
      CertificateSigningRequest: { 'Fn::GetAtt': [authority.id, 'CertificateSigningRequest'] },
      SigningAlgorithm: 'SHA256WITHRSA',
      TemplateArn: template('RootCACertificate/V1'),
      Validity: { Type: 'YEARS', Value: 10 },
    });
    expect(only(resourcesOf(made.registry, 'AWS::ACMPCA::CertificateAuthorityActivation')).properties).toEqual({
      CertificateAuthorityArn: { 'Fn::GetAtt': [authority.id, 'Arn'] },
      Certificate: { 'Fn::GetAtt': [certificate.id, 'Certificate'] },
      Status: 'ACTIVE',
    });
  });

  it('G-04: outlives the stack, for devices live by what it signed, but not a deployment that is rolled back', () => {
    const bucket = only(resourcesOf(made.registry, 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('PrivateCa')));
    const ca = ['CertificateAuthority', 'Certificate', 'CertificateAuthorityActivation'].map((type) =>
      only(resourcesOf(made.registry, `AWS::ACMPCA::${type}`)),
    );
    for (const resource of [...ca, bucket])
      expect(resource, resource.id).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('V-04: writes its revocation list to a bucket that nobody else can read or write, before there is a CA', () => {
    const bucket = only(resourcesOf(made.registry, 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('PrivateCa')));
    const policy = only(
      resourcesOf(made.registry, 'AWS::S3::BucketPolicy').filter(({ id }) => id.startsWith('PrivateCa')),
    );
    expect(authority.properties['RevocationConfiguration']).toMatchObject({
      CrlConfiguration: { Enabled: true, S3BucketName: { Ref: bucket.id }, S3ObjectAcl: 'BUCKET_OWNER_FULL_CONTROL' },
    });
    expect(authority['DependsOn']).toContain(policy.id);
    expect(bucket).toMatchObject({
      properties: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true } },
    });
    expect(Object(policy.properties['PolicyDocument'])['Statement']).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'acm-pca.amazonaws.com' },
        Action: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:PutObject', 's3:PutObjectAcl'],
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', expect.arrayContaining([':certificate-authority/*'])] } },
        },
      }),
    ]);
  });

  it('says its ARN, which a trust anchor is registered by', () => {
    made.registry.hasOutput(OUTPUT.privateCaArn, { Value: { 'Fn::GetAtt': [authority.id, 'Arn'] } });
  });
});

describe('CAs that there are already', () => {
  it('are used as they are: nothing is made', () => {
    expect(JSON.stringify(given.registry.toJSON())).not.toContain('AWS::ACMPCA');
    given.registry.hasOutput(OUTPUT.privateCaArn, { Value: CAS.join(',') });
  });
});

describe.each([
  ['made with the stacks', made, [{ 'Fn::ImportValue': expect.stringContaining('PrivateCaAuthority') }]],
  ['given', given, CAS],
] as const)('the function that asks a CA that is %s', (_, stacks, cas) => {
  it('G-03, I-03: has it sign for devices under one template, and asks no other CA', () => {
    const resource = cas.length === 1 ? cas[0] : cas;
    expect(allowed(stacks)).toEqual([
      {
        Effect: 'Allow',
        Action: [
          'acm-pca:DescribeCertificateAuthority',
          'acm-pca:GetCertificate',
          'acm-pca:GetCertificateAuthorityCertificate',
          'acm-pca:RevokeCertificate',
        ],
        Resource: resource,
      },
      {
        Effect: 'Allow',
        Action: 'acm-pca:IssueCertificate',
        Resource: resource,
        Condition: { StringEquals: { 'acm-pca:TemplateArn': template('EndEntityClientAuthCertificate/V1') } },
      },
    ]);
  });

  it('I-03, V-04: is invoked by who issues and by who revokes, and by nobody else', () => {
    const fn = only(
      resourcesOf(stacks.onboarding, 'AWS::Lambda::Function').filter(({ id }) => id.startsWith('PrivateCa')),
    );
    const invoking = resourcesOf(stacks.onboarding, 'AWS::IAM::Policy').filter(({ properties }) =>
      JSON.stringify(properties).includes(
        `"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":{"Fn::GetAtt":["${fn.id}","Arn"]}`,
      ),
    );
    expect(invoking.map(({ id }) => id.replace(/DefaultPolicy.*$/, '')).toSorted()).toEqual([
      'OpsApiTrustFunctionRole',
      'TrustFunctionRole',
    ]);
    for (const name of ['trust-api', 'work-on-trust'])
      stacks.onboarding.hasResourceProperties('AWS::Lambda::Function', {
        Environment: {
          Variables: Match.objectLike({ POWERTOOLS_SERVICE_NAME: name, [ENV.privateCaFunction]: { Ref: fn.id } }),
        },
      });
  });
});
