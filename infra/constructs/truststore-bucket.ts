// Where the truststore is kept: one object, each of whose versions can be had back.

import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { TRUSTSTORE_KEY } from '#names/truststore.ts';
import type { OnboardingFunction } from './onboarding-function.ts';

export class TruststoreBucket extends Bucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // API Gateway names the version that it read: it must outlast any rotation that is under way.
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(365) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'certificates of CAs are no secret, and one function alone writes them: its log says when and what for',
    });
  }
}

/** Permits to read the truststore and to write it. */
export const allowWritingTruststore = (fn: OnboardingFunction, bucket: Bucket): void => {
  fn.allow(['s3:GetObject', 's3:PutObject'], [bucket.arnForObjects(TRUSTSTORE_KEY)]);
  // Else an object that is not there yet looks like one that is forbidden (S3 API reference, GetObject).
  fn.allow(['s3:ListBucket'], [bucket.bucketArn]);
};
