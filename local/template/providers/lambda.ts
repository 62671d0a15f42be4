// AWS::Lambda: functions, who may invoke them, and the queues that feed them.

import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { Cloud, Provider } from '#local/template/cloud.ts';
import { arn } from '#local/template/cloud.ts';
import { TemplateError } from '#local/template/intrinsics.ts';
import { flag, integer, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const FunctionProperties = v.strictObject({
  FunctionName: v.optional(v.string()),
  Code: v.strictObject({ S3Bucket: v.string(), S3Key: v.string() }),
  Handler: v.string(),
  Runtime: v.pipe(v.string(), v.regex(/^nodejs\d+\.x$/, 'expected a Node.js runtime')),
  Timeout: v.optional(integer, 3),
  MemorySize: v.optional(integer, 128),
  Environment: v.optional(
    v.strictObject({ Variables: v.optional(v.record(v.string(), v.pipe(v.unknown(), v.transform(String))), {}) }),
    {},
  ),
  LoggingConfig: v.optional(v.strictObject({ LogFormat: v.optional(v.string()), LogGroup: v.optional(v.string()) })),
  // the machine's own architecture runs it, with the rights of the system, untraced
  Architectures: withoutEffect,
  Role: withoutEffect,
  TracingConfig: withoutEffect,
  Description: withoutEffect,
  Tags: withoutEffect,
});

/** Lambda Developer Guide, "Defined runtime environment variables". */
const runtimeEnvironment = (
  { account }: Cloud,
  name: string,
  properties: v.InferOutput<typeof FunctionProperties>,
): Record<string, string> => ({
  AWS_REGION: account.region,
  AWS_DEFAULT_REGION: account.region,
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
  AWS_LAMBDA_LOG_GROUP_NAME: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_LAMBDA_LOG_FORMAT: properties.LoggingConfig?.LogFormat ?? 'Text',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
  _HANDLER: properties.Handler,
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
});

export const lambdaFunction: Provider = (resource, cloud) => {
  const properties = propertiesOf(resource, FunctionProperties);
  const name = properties.FunctionName ?? physicalName(resource, 64);
  const folder = cloud.assets.get(properties.Code.S3Key);
  if (folder === undefined) throw new TemplateError(`the cloud assembly has no asset ${properties.Code.S3Key}`);
  const functionArn = arn(cloud, 'lambda', `function:${name}`);
  cloud.functions.add({
    name,
    arn: functionArn,
    handler: properties.Handler,
    codeFolder: folder,
    timeoutSeconds: properties.Timeout,
    memoryMb: properties.MemorySize,
    environment: {
      ...properties.Environment.Variables,
      ...runtimeEnvironment(cloud, name, properties),
      LAMBDA_TASK_ROOT: folder,
      ...cloud.sdkEnvironment(name),
    },
  });
  return { ref: name, attributes: { Arn: functionArn } };
};

const PermissionProperties = v.strictObject({
  Action: v.literal('lambda:InvokeFunction'),
  FunctionName: v.string(),
  Principal: v.string(),
  SourceArn: v.optional(v.string()),
  SourceAccount: v.optional(v.string()),
});

export const permission: Provider = (resource, cloud) => {
  const { FunctionName, Principal, SourceArn, SourceAccount } = propertiesOf(resource, PermissionProperties);
  cloud.functions.permit(FunctionName, {
    principal: Principal,
    sourceArn: SourceArn ?? null,
    sourceAccount: SourceAccount ?? null,
  });
  return { ref: physicalName(resource, 100) };
};

const EventSourceMappingProperties = v.strictObject({
  EventSourceArn: v.pipe(v.string(), v.regex(/^arn:[^:]+:sqs:/, 'expected the ARN of a queue')),
  FunctionName: v.string(),
  BatchSize: v.optional(integer, 10),
  MaximumBatchingWindowInSeconds: v.optional(integer, 0),
  Enabled: v.optional(flag, true),
  FunctionResponseTypes: v.optional(v.array(v.literal('ReportBatchItemFailures')), []),
  ScalingConfig: v.optional(v.strictObject({ MaximumConcurrency: v.optional(integer) })),
  Tags: withoutEffect,
});

export const eventSourceMapping: Provider = async (resource, cloud) => {
  const properties = propertiesOf(resource, EventSourceMappingProperties);
  if (properties.Enabled) {
    const QueueName = properties.EventSourceArn.split(':').at(-1);
    const { QueueUrl: queueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName }));
    if (queueUrl === undefined) throw new TemplateError(`there is no queue ${properties.EventSourceArn}`);
    cloud.eventSources.push({
      functionName: cloud.functions.get(properties.FunctionName).config.name,
      queueArn: properties.EventSourceArn,
      queueUrl,
      batchSize: properties.BatchSize,
      batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? null,
      reportsBatchItemFailures: properties.FunctionResponseTypes.length > 0,
    });
  }
  return { ref: physicalName(resource, 100) };
};
