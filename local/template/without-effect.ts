// Resource types that have no effect on one machine, each with the reason. Whatever stands neither here nor among the
// providers is an error.

import { arn, type Cloud } from '#local/template/cloud.ts';
import { type Created, physicalName, type Resource } from '#local/template/resource.ts';

type WithoutEffect = {
  readonly why: string;
  /** service and resource prefix of its ARN, for those that others ask for it */
  readonly arn?: readonly [service: string, prefix: string];
};

export const WITHOUT_EFFECT: Readonly<Record<string, WithoutEffect>> = {
  'AWS::CDK::Metadata': { why: 'tells AWS which constructs are in use' },
  'AWS::CloudWatch::Alarm': { why: 'there are no metrics to watch', arn: ['cloudwatch', 'alarm:'] },
  'AWS::CloudWatch::CompositeAlarm': { why: 'there are no metrics to watch', arn: ['cloudwatch', 'alarm:'] },
  'AWS::CloudWatch::Dashboard': { why: 'there are no metrics to show' },
  'AWS::IAM::ManagedPolicy': { why: 'functions run with the rights of the system' },
  'AWS::IAM::Policy': { why: 'functions run with the rights of the system' },
  'AWS::IAM::Role': { why: 'functions and rules run with the rights of the system', arn: ['iam', 'role/'] },
  'AWS::Lambda::EventInvokeConfig': { why: 'nothing invokes a function asynchronously here' },
  'AWS::Logs::LogGroup': { why: 'logs of functions go to the log of the system', arn: ['logs', 'log-group:'] },
  'AWS::Logs::MetricFilter': { why: 'there are no metrics to make' },
  'AWS::Logs::QueryDefinition': { why: 'there is no Logs Insights' },
};

/** Name and ARN of a resource of which nothing else exists. */
export const nameOnly = (resource: Resource, { arn: parts }: WithoutEffect, cloud: Pick<Cloud, 'account'>): Created => {
  const name = physicalName(resource, 64);
  if (parts === undefined) return { ref: name };
  const [service, prefix] = parts;
  const full = arn(cloud, service, `${prefix}${name}`);
  // IAM is global: its ARNs name no Region
  return { ref: name, attributes: { Arn: service === 'iam' ? full.replace(`:${cloud.account.region}:`, '::') : full } };
};
