// The stateful stack: what a mistake must not destroy, and the access paths of the registry.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { INDEX, LISTED_ATTRIBUTES } from '#names/keys.ts';
import { OUTPUT } from '#names/outputs.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const TABLE = 'AWS::DynamoDB::GlobalTable';

describe('registry stack', () => {
  const { registry } = synthesizedStacks();

  it('G-04: keeps the table when the stack or the resource is removed, and refuses to delete it', () => {
    registry.hasResource(TABLE, {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })] },
    });
  });

  it('G-06: encrypts the table and can restore it to any second of the last 35 days', () => {
    registry.hasResourceProperties(TABLE, {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } })],
    });
  });

  it('is billed by request, so that a storm is not throttled by a setting', () => {
    registry.hasResourceProperties(TABLE, { BillingMode: 'PAY_PER_REQUEST' });
  });

  it.each(Object.values(INDEX))('R-01: has the index $name, which carries a line of a list', (index) => {
    registry.hasResourceProperties(TABLE, {
      GlobalSecondaryIndexes: Match.arrayWith([
        {
          IndexName: index.name,
          KeySchema: [
            { AttributeName: index.partition, KeyType: 'HASH' },
            { AttributeName: index.sort, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...LISTED_ATTRIBUTES] },
        },
      ]),
    });
  });

  it('stays within the 100 projected attributes that a table may have', () => {
    // DynamoDB developer guide, Quotas: the sum over all secondary indexes
    expect(Object.keys(INDEX).length * LISTED_ATTRIBUTES.length).toBeLessThanOrEqual(100);
  });

  it('B-06, G-06: keeps every version of the truststore, in a bucket that nobody else can read', () => {
    registry.resourceCountIs('AWS::S3::Bucket', 1);
    registry.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 365 }, Status: 'Enabled' }],
        },
      },
    });
    registry.hasOutput(OUTPUT.truststoreBucket, {});
  });

  it('G-06: the bucket refuses requests without TLS', () => {
    registry.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      }),
    });
  });

  it('has an event bus of its own, and says the names of both', () => {
    expect(resourcesOf(registry, 'AWS::Events::EventBus')).toHaveLength(1);
    registry.hasOutput(OUTPUT.registryTable, {});
    registry.hasOutput(OUTPUT.eventBusName, {});
  });

  it('cannot be deleted by a slip', () => {
    const { app } = synthesizedStacks();
    expect(app.node.findChild('VestibuleRegistry')).toHaveProperty('terminationProtection', true);
  });
});
