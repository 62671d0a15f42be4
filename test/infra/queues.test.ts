// Queues: nothing is lost without a trace, nothing lies or travels in the clear, and nothing is delivered too early.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LEASE_SECONDS, MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUT_SECONDS } from '#names/timing.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

describe('queues', () => {
  const { onboarding } = synthesizedStacks();
  const queues = resourcesOf(onboarding, 'AWS::SQS::Queue');
  const working = queues.filter(({ properties }) => 'RedrivePolicy' in properties);
  const lastResorts = queues.filter(({ properties }) => !('RedrivePolicy' in properties));

  it('G-01: every queue has dead letters, or is where messages end and wakes somebody', () => {
    expect(working).toHaveLength(5);
    for (const { properties } of working)
      expect(properties['RedrivePolicy']).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/DeadLetters/), 'Arn'] },
        maxReceiveCount: MAX_RECEIVE_COUNT,
      });
    for (const { id } of lastResorts)
      onboarding.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      });
  });

  it('G-06: every queue is encrypted at rest', () => {
    for (const { properties } of queues) expect(properties['SqsManagedSseEnabled']).toBe(true);
  });

  it('G-06: every queue refuses requests without TLS', () => {
    for (const { id } of queues)
      onboarding.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: id }],
        PolicyDocument: Match.objectLike({
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Principal: { AWS: '*' },
              Action: 'sqs:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        }),
      });
  });

  it('J-09: a message comes again only after the lease of its first delivery', () => {
    for (const { properties } of working) expect(properties['VisibilityTimeout']).toBe(VISIBILITY_TIMEOUT_SECONDS);
    expect(VISIBILITY_TIMEOUT_SECONDS).toBeGreaterThan(LEASE_SECONDS);
  });

  it('J-13: dead letters outlast the queue they come from', () => {
    const retention = ({ properties }: { properties: Record<string, unknown> }) =>
      Number(properties['MessageRetentionPeriod']);
    expect(Math.min(...lastResorts.map(retention))).toBeGreaterThan(Math.max(...working.map(retention)));
  });
});
