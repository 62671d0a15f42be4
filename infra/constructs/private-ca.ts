// A root CA of AWS Private CA for tenants that keep no CA of their own. It costs money from its first day on, whether it
// signs or not: docs/private-ca.md.

import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnCertificate, CfnCertificateAuthority, CfnCertificateAuthorityActivation } from 'aws-cdk-lib/aws-acmpca';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CA_TEMPLATE, templateArn } from '#names/private-ca.ts';

const SIGNING_ALGORITHM = 'SHA256WITHRSA';

/**
 * Devices live by what the CA signed: it ends by an operator's hand, not with a stack. One whose making is rolled back has
 * signed nothing, and would cost its monthly fee unseen.
 */
const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

export class PrivateCa extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bucket = this.#crlBucket();
    const authority = new CfnCertificateAuthority(this, 'Authority', {
      type: 'ROOT',
      // The other mode is cheaper and issues for seven days at most, which a device may be offline for.
      usageMode: 'GENERAL_PURPOSE',
      keyAlgorithm: 'RSA_2048',
      signingAlgorithm: SIGNING_ALGORITHM,
      subject: { commonName: 'Vestibule device CA' },
      revocationConfiguration: {
        crlConfiguration: {
          enabled: true,
          expirationInDays: 7,
          s3BucketName: bucket.bucketName,
          // The only one for a bucket that nobody else can read (AWS Private CA guide, Enable S3 Block Public Access).
          s3ObjectAcl: 'BUCKET_OWNER_FULL_CONTROL',
          // Its address in each certificate would lead nowhere: who needs the list takes it from the bucket.
          crlDistributionPointExtensionConfiguration: { omitExtension: true },
        },
      },
    });
    // AWS Private CA tries whether it may write before it makes the CA.
    if (bucket.policy) authority.node.addDependency(bucket.policy);

    const certificate = new CfnCertificate(this, 'Certificate', {
      certificateAuthorityArn: authority.attrArn,
      certificateSigningRequest: authority.attrCertificateSigningRequest,
      signingAlgorithm: SIGNING_ALGORITHM,
      templateArn: templateArn(Aws.PARTITION, CA_TEMPLATE),
      validity: { type: 'YEARS', value: 10 },
    });
    const activation = new CfnCertificateAuthorityActivation(this, 'Activation', {
      certificateAuthorityArn: authority.attrArn,
      certificate: certificate.attrCertificate,
      status: 'ACTIVE',
    });
    for (const resource of [authority, certificate, activation]) resource.applyRemovalPolicy(KEPT);
    this.arn = authority.attrArn;
  }

  /** AWS Private CA guide, Access policies for CRLs in Amazon S3. */
  #crlBucket(): Bucket {
    const bucket = new Bucket(this, 'RevocationLists', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(365) }],
      removalPolicy: KEPT,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'a revocation list holds serial numbers alone, and AWS Private CA alone writes it',
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('acm-pca.amazonaws.com')],
        actions: ['s3:PutObject', 's3:PutObjectAcl', 's3:GetBucketAcl', 's3:GetBucketLocation'],
        resources: [bucket.bucketArn, bucket.arnForObjects('*')],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          // The CA's own ARN is not known before the CA is, which cannot be made before it may write here.
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'acm-pca',
              resource: 'certificate-authority',
              resourceName: '*',
            }),
          },
        },
      }),
    );
    return bucket;
  }
}
