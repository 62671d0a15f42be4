// AWS::S3: buckets of the local door, and their policies, which ask nobody here.

import * as v from 'valibot';
import type { Provider } from '#local/template/cloud.ts';
import { physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const BucketProperties = v.strictObject({
  BucketName: v.optional(v.string()),
  VersioningConfiguration: v.optional(v.strictObject({ Status: v.literal('Enabled') })),
  // nothing leaves this machine's memory, or the data folder of its owner
  BucketEncryption: withoutEffect,
  PublicAccessBlockConfiguration: withoutEffect,
  OwnershipControls: withoutEffect,
  // what AWS removes after months
  LifecycleConfiguration: withoutEffect,
  Tags: withoutEffect,
});

export const bucket: Provider = (resource, cloud) => {
  const { BucketName, VersioningConfiguration } = propertiesOf(resource, BucketProperties);
  const name = BucketName ?? physicalName(resource, 63).toLowerCase();
  cloud.createBucket(name, VersioningConfiguration !== undefined);
  const { partition, region } = cloud.account;
  return {
    ref: name,
    attributes: {
      Arn: `arn:${partition}:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    },
  };
};

const BucketPolicyProperties = v.strictObject({
  Bucket: v.string(),
  PolicyDocument: v.record(v.string(), v.unknown()),
});

export const bucketPolicy: Provider = (resource) => ({ ref: propertiesOf(resource, BucketPolicyProperties).Bucket });
