// AWS::Scheduler: schedules that feed a queue or invoke a function.

import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { ScheduleTarget } from '#local/cloud/scheduler/scheduler.ts';
import { arn, type Cloud, type Provider } from '#local/template/cloud.ts';
import { TemplateError } from '#local/template/intrinsics.ts';
import { physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const ScheduleProperties = v.strictObject({
  Name: v.optional(v.string()),
  GroupName: v.optional(v.string(), 'default'),
  ScheduleExpression: v.string(),
  ScheduleExpressionTimezone: v.optional(v.literal('UTC')),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  // without a window to choose from, as with one: it runs when it is due
  FlexibleTimeWindow: withoutEffect,
  Description: withoutEffect,
  KmsKeyArn: withoutEffect,
  Target: v.strictObject({
    Arn: v.string(),
    Input: v.pipe(v.string(), v.check(isJson, 'expected JSON')),
    RoleArn: withoutEffect,
    // tried once
    RetryPolicy: withoutEffect,
    DeadLetterConfig: withoutEffect,
  }),
});

function isJson(text: string): boolean {
  return v.is(v.pipe(v.string(), v.parseJson()), text);
}

const targetOf = async (target: string, { sqs, functions }: Cloud): Promise<ScheduleTarget> => {
  const [, , service, , , name, functionName] = target.split(':');
  if (service === 'lambda') return { kind: 'function', functionName: functions.get(functionName ?? '').config.name };
  if (service !== 'sqs') throw new TemplateError(`expected the ARN of a queue or a function as target, got ${target}`);
  const { QueueUrl: queueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  if (queueUrl === undefined) throw new TemplateError(`there is no queue ${target}`);
  return { kind: 'queue', queueUrl };
};

export const schedule: Provider = async (resource, cloud) => {
  const properties = propertiesOf(resource, ScheduleProperties);
  const { ScheduleExpression: expression, State, Target } = properties;
  const name = properties.Name ?? physicalName(resource, 64);
  const scheduleArn = arn(cloud, 'scheduler', `schedule/${properties.GroupName}/${name}`);
  const target = await targetOf(Target.Arn, cloud);
  if (State === 'ENABLED') cloud.addSchedule({ name, arn: scheduleArn, expression, input: Target.Input, target });
  return { ref: name, attributes: { Arn: scheduleArn } };
};

const ScheduleGroupProperties = v.strictObject({ Name: v.optional(v.string()), Tags: withoutEffect });

export const scheduleGroup: Provider = (resource, cloud) => {
  const name = propertiesOf(resource, ScheduleGroupProperties).Name ?? physicalName(resource, 64);
  return { ref: name, attributes: { Arn: arn(cloud, 'scheduler', `schedule-group/${name}`) } };
};
