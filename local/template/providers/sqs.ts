// AWS::SQS: queues with their redrive, and queue policies.

import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { arn, type Provider } from '#local/template/cloud.ts';
import { flag, integer, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const QueueProperties = v.strictObject({
  QueueName: v.optional(v.string()),
  VisibilityTimeout: v.optional(integer),
  MessageRetentionPeriod: v.optional(integer),
  DelaySeconds: v.optional(integer),
  ReceiveMessageWaitTimeSeconds: v.optional(integer),
  RedrivePolicy: v.optional(v.strictObject({ deadLetterTargetArn: v.string(), maxReceiveCount: integer })),
  RedriveAllowPolicy: withoutEffect,
  // nothing leaves this machine's memory, or the data folder of its owner
  SqsManagedSseEnabled: v.optional(flag),
  KmsMasterKeyId: withoutEffect,
  Tags: withoutEffect,
});

const ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
] as const;

export const queue: Provider = async (resource, cloud) => {
  const properties = propertiesOf(resource, QueueProperties);
  const name = properties.QueueName ?? physicalName(resource, 80);
  const attributes: Record<string, string> = {};
  for (const attribute of ATTRIBUTES) {
    const value = properties[attribute];
    if (value !== undefined) attributes[attribute] = String(value);
  }
  if (properties.RedrivePolicy !== undefined) attributes['RedrivePolicy'] = JSON.stringify(properties.RedrivePolicy);
  // a queue of an earlier run is the same queue; its attributes are those of today's template
  const { QueueUrl } = await cloud.sqs.send(new CreateQueueCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new Error(`no URL for queue ${name}`);
  await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
  return { ref: QueueUrl, attributes: { Arn: arn(cloud, 'sqs', name), QueueName: name, QueueUrl } };
};

const QueuePolicyProperties = v.strictObject({
  PolicyDocument: v.record(v.string(), v.unknown()),
  Queues: v.array(v.string()),
});

export const queuePolicy: Provider = async (resource, cloud) => {
  const { PolicyDocument, Queues } = propertiesOf(resource, QueuePolicyProperties);
  // kept for who reads it back; SQS's own access checks do not run here
  const Attributes = { Policy: JSON.stringify(PolicyDocument) };
  for (const QueueUrl of Queues) await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  return { ref: physicalName(resource, 100) };
};
