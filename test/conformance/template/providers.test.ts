// Resource providers on the real doors: what a resource of the template becomes, and what is refused.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from '#local/data-folder.ts';
import { createHttpApiBuilder } from '#local/http/http-api.ts';
import { createFunctionTable, type FunctionTable } from '#local/lambda/function-table.ts';
import { ACCOUNT, type Services, startServices } from '#local/services.ts';
import { createSystemLog } from '#local/system-log.ts';
import type { Cloud } from '#local/template/cloud.ts';
import type { JsonObject } from '#local/template/intrinsics.ts';
import { createResource } from '#local/template/providers.ts';
import { WITHOUT_EFFECT } from '#local/template/without-effect.ts';

let services: Services;
let functions: FunctionTable;
let code: string;
let folder: DataFolder;
let cloud: Cloud;
const rules: unknown[] = [];
const schedules: unknown[] = [];
beforeAll(async () => {
  code = await mkdtemp(join(tmpdir(), 'vestibule-code-'));
  await writeFile(join(code, 'index.mjs'), 'export const handler = async () => process.env;');
  folder = await openDataFolder(null);
  services = await startServices({
    folder,
    clock: Date.now,
    mqttPort: 0,
    awsPort: 0,
    quotas: false,
    log: createSystemLog(() => {}),
  });
  functions = createFunctionTable(ACCOUNT.accountId, { clock: null, log: () => {} });
  cloud = {
    account: ACCOUNT,
    dynamodb: services.dynamodb,
    sqs: services.queueNaming,
    iot: services.iot,
    createBucket: services.objects.createBucket,
    privateCa: services.privateCa,
    addSchedule: (schedule) => {
      schedules.push(schedule);
    },
    createEventBus: services.events.createBus,
    registerRule: (rule) => {
      rules.push(rule);
      services.rules.registerRule(rule);
    },
    assets: new Map([['abc.zip', code]]),
    functions,
    eventSources: [],
    api: createHttpApiBuilder(),
    sdkEnvironment: () => ({ AWS_ENDPOINT_URL: services.endpoint }),
    customResource: async () => ({ ref: 'custom' }),
  };
});
afterAll(async () => {
  await functions.stop();
  await services.stop();
  await folder.close();
  await rm(code, { recursive: true });
});

const create = (type: string, properties: JsonObject, logicalId = type.replaceAll(':', '')) =>
  createResource({ stack: 'Stack', logicalId, type, properties }, cloud);

const TABLE: JsonObject = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'gk', AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-g',
      KeySchema: [{ AttributeName: 'gk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
    },
  ],
  Replicas: [{ Region: 'eu-central-1', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
};

describe('a table', () => {
  it('is made with its keys and indexes, and taken as it is the next time', async () => {
    const first = await create('AWS::DynamoDB::GlobalTable', TABLE, 'Table');
    const again = await create('AWS::DynamoDB::GlobalTable', TABLE, 'Table');

    const { Table } = await services.dynamodb.send(new DescribeTableCommand({ TableName: first.ref }));
    expect(Table?.KeySchema).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(Table?.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'by-g', Projection: { NonKeyAttributes: ['x'] } },
    ]);
    expect(again).toEqual(first);
    expect(first.attributes).toEqual({ Arn: `arn:aws:dynamodb:eu-central-1:000000000000:table/${first.ref}` });
  });

  it('of another shape under the same name is an error, not a table that answers wrongly', async () => {
    await create('AWS::DynamoDB::GlobalTable', TABLE, 'Changed');

    const changed = create('AWS::DynamoDB::GlobalTable', { ...TABLE, GlobalSecondaryIndexes: [] }, 'Changed');

    await expect(changed).rejects.toThrow(/other keys or indexes/);
  });

  it('in another Region is refused', async () => {
    const elsewhere = create('AWS::DynamoDB::GlobalTable', { ...TABLE, Replicas: [{ Region: 'us-east-1' }] }, 'Far');

    await expect(elsewhere).rejects.toThrow(/one replica, in eu-central-1/);
  });
});

describe('a queue', () => {
  it('has the attributes of the template, also of a template that changed them', async () => {
    const dead = await create('AWS::SQS::Queue', { MessageRetentionPeriod: 1_209_600 }, 'Dead');
    const RedrivePolicy = { deadLetterTargetArn: dead.attributes?.['Arn'] ?? '', maxReceiveCount: 5 };
    await create('AWS::SQS::Queue', { VisibilityTimeout: 30 }, 'Queue');
    const queue = await create(
      'AWS::SQS::Queue',
      { VisibilityTimeout: 120, RedrivePolicy, SqsManagedSseEnabled: true },
      'Queue',
    );

    const { Attributes } = await services.queues.send(
      new GetQueueAttributesCommand({ QueueUrl: queue.ref, AttributeNames: ['All'] }),
    );

    expect(Attributes).toMatchObject({ VisibilityTimeout: '120', QueueArn: queue.attributes?.['Arn'] });
    expect(JSON.parse(Attributes?.['RedrivePolicy'] ?? '')).toMatchObject({
      deadLetterTargetArn: dead.attributes?.['Arn'],
    });
    expect(queue.ref.startsWith(services.endpoint)).toBe(true);
  });
});

describe('a function', () => {
  const FUNCTION: JsonObject = {
    Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Timeout: 7,
    MemorySize: 512,
    Environment: { Variables: { REGISTRY_TABLE: 'table' } },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: 'group' },
    Role: 'arn:role',
  };

  it("runs the asset's bundle with the template's environment and Lambda's own", async () => {
    const { ref, attributes } = await create('AWS::Lambda::Function', FUNCTION, 'Fn');

    const outcome = await functions.get(attributes?.['Arn'] ?? '').invoke({});

    expect(functions.get(ref).config).toMatchObject({ timeoutSeconds: 7, memoryMb: 512 });
    expect(outcome).toMatchObject({
      ok: true,
      payload: {
        REGISTRY_TABLE: 'table',
        AWS_REGION: 'eu-central-1',
        AWS_LAMBDA_FUNCTION_NAME: ref,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_LOG_FORMAT: 'JSON',
        AWS_LAMBDA_LOG_GROUP_NAME: 'group',
        AWS_ENDPOINT_URL: services.endpoint,
        _HANDLER: 'index.handler',
      },
    });
  });

  it('may be invoked by whom a permission names, for this account and source', async () => {
    const { ref, attributes } = await create('AWS::Lambda::Function', FUNCTION, 'Permitted');
    const source = 'arn:aws:execute-api:eu-central-1:000000000000:api';
    const may = (principal: string, arn: string) => functions.isPermitted(ref, principal, arn);
    expect(may('apigateway.amazonaws.com', `${source}/$default/GET/x`)).toBe(false);

    await create('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: attributes?.['Arn'] ?? '',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: `${source}/*/*`,
      SourceAccount: '000000000000',
    });

    expect(may('apigateway.amazonaws.com', `${source}/$default/GET/x`)).toBe(true);
    expect(may('apigateway.amazonaws.com', `${source}2/$default/GET/x`)).toBe(false);
    expect(may('iot.amazonaws.com', `${source}/$default/GET/x`)).toBe(false);
  });

  it('is fed by a queue as the mapping says', async () => {
    const { ref } = await create('AWS::Lambda::Function', FUNCTION, 'Fed');
    const queue = await create('AWS::SQS::Queue', {}, 'Feeding');

    await create('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: queue.attributes?.['Arn'] ?? '',
      FunctionName: ref,
      BatchSize: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 4 },
    });

    expect(cloud.eventSources).toEqual([
      {
        functionName: ref,
        queueArn: queue.attributes?.['Arn'],
        queueUrl: queue.ref,
        batchSize: 5,
        batchingWindowSeconds: 0,
        maximumConcurrency: 4,
        reportsBatchItemFailures: true,
      },
    ]);
  });

  it.each<[string, JsonObject, RegExp]>([
    ['whose code is not in the assembly', { Code: { S3Bucket: 'assets', S3Key: 'none.zip' } }, /no asset none\.zip/],
    ['whose handler is in no file', { Handler: 'main.handler' }, /no file for handler/],
    ['of another language', { Runtime: 'python3.14' }, /Node\.js/],
    ['with layers', { Layers: ['arn'] }, /Layers/],
  ])('%s is refused', async (_, change, message) => {
    await expect(create('AWS::Lambda::Function', { ...FUNCTION, ...change }, 'Bad')).rejects.toThrow(message);
  });
});

describe('a topic rule', () => {
  const rule = (payload: JsonObject): JsonObject => ({
    RuleName: 'my_rule',
    TopicRulePayload: {
      Sql: "SELECT * FROM 'a/+'",
      AwsIotSqlVersion: '2016-03-23',
      Actions: [{ Sqs: { QueueUrl: 'http://127.0.0.1/q', RoleArn: 'arn' } }],
      ...payload,
    },
  });

  it('goes to the rules engine, unless it is disabled', async () => {
    await create('AWS::IoT::TopicRule', rule({}));
    await create('AWS::IoT::TopicRule', rule({ RuleDisabled: true }));

    expect(rules).toMatchObject([{ name: 'my_rule', sql: "SELECT * FROM 'a/+'", errorAction: null }]);
  });

  it.each<[string, JsonObject]>([
    ['another SQL version', { AwsIotSqlVersion: '2015-10-08' }],
    ['an action that is not emulated', { Actions: [{ Lambda: { FunctionArn: 'arn' } }] }],
  ])('with %s is refused', async (_, payload) => {
    await expect(create('AWS::IoT::TopicRule', rule(payload))).rejects.toThrow();
  });
});

describe('a bucket', () => {
  const BUCKET: JsonObject = {
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: {},
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    OwnershipControls: {},
    LifecycleConfiguration: {},
  };

  it('has versions when the template says so, and a name that S3 takes', async () => {
    const versioned = await create('AWS::S3::Bucket', BUCKET, 'Truststore');
    const plain = await create('AWS::S3::Bucket', { BucketName: 'plain' });
    const policy = { Bucket: versioned.ref, PolicyDocument: { Statement: [] } };

    expect(versioned.ref).toMatch(/^stack-truststore-[0-9a-f]{12}$/);
    expect(versioned.attributes).toEqual({
      Arn: `arn:aws:s3:::${versioned.ref}`,
      DomainName: `${versioned.ref}.s3.amazonaws.com`,
      RegionalDomainName: `${versioned.ref}.s3.eu-central-1.amazonaws.com`,
    });
    expect([versioned, plain].map(({ ref }) => services.objects.bucket(ref)?.versioned)).toEqual([true, false]);
    expect(await create('AWS::S3::BucketPolicy', policy)).toEqual({ ref: versioned.ref });
  });
});

describe('a schedule', () => {
  it('goes to the scheduler with its group and its target', async () => {
    const queue = await create('AWS::SQS::Queue', {}, 'Scheduled');
    const group = await create('AWS::Scheduler::ScheduleGroup', { Name: 'sweeps' });

    const made = await create('AWS::Scheduler::Schedule', {
      Name: 'daily',
      GroupName: group.ref,
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: queue.attributes?.['Arn'] ?? '',
        RoleArn: 'role',
        Input: '{}',
        RetryPolicy: {},
        DeadLetterConfig: {},
      },
    });

    const Arn = 'arn:aws:scheduler:eu-central-1:000000000000:schedule/sweeps/daily';
    expect(made).toEqual({ ref: 'daily', attributes: { Arn } });
    expect(group.attributes).toEqual({ Arn: 'arn:aws:scheduler:eu-central-1:000000000000:schedule-group/sweeps' });
    expect(schedules).toEqual([
      {
        name: 'daily',
        arn: Arn,
        expression: 'cron(0 3 * * ? *)',
        input: '{}',
        target: { kind: 'queue', queueUrl: queue.ref },
      },
    ]);
  });
});

describe('every resource', () => {
  it('of an unknown type is refused', async () => {
    await expect(create('AWS::Kinesis::Stream', {})).rejects.toThrow(/unknown resource type/);
  });

  it.each<[string, JsonObject, RegExp]>([
    ['AWS::SQS::Queue', { FifoQueue: true }, /FifoQueue/],
    ['AWS::Events::EventBus', { Name: 'bus', EventSourceName: 'partner' }, /EventSourceName/],
    ['AWS::ApiGatewayV2::Api', { Name: 'api', ProtocolType: 'WEBSOCKET' }, /ProtocolType/],
    ['AWS::ApiGatewayV2::Stage', { ApiId: 'api', StageName: 'prod', AutoDeploy: true }, /\$default/],
    ['AWS::DynamoDB::GlobalTable', { ...TABLE, StreamSpecification: {} }, /StreamSpecification/],
    ['AWS::S3::Bucket', { NotificationConfiguration: {} }, /NotificationConfiguration/],
    ['AWS::S3::Bucket', { VersioningConfiguration: { Status: 'Suspended' } }, /VersioningConfiguration/],
    ['AWS::ACMPCA::CertificateAuthority', { Type: 'SUBORDINATE' }, /Type/],
    ['AWS::ACMPCA::Permission', { CertificateAuthorityArn: 'arn', Principal: 'x', Actions: [], Policy: 1 }, /Policy/],
  ])('%s with a property that has no effect here is refused, not half made', async (type, properties, message) => {
    await expect(create(type, properties)).rejects.toThrow(message);
  });

  it.each(Object.entries(WITHOUT_EFFECT))('%s without effect says why', async (type, { why }) => {
    expect(why).not.toBe('');
    expect((await create(type, { Anything: 1 })).ref).toMatch(/^Stack-/);
  });

  it('Custom::… and AWS::CloudFormation::CustomResource are made by their function', async () => {
    expect(await create('Custom::Thing', { ServiceToken: 'arn' })).toEqual({ ref: 'custom' });
    expect(await create('AWS::CloudFormation::CustomResource', { ServiceToken: 'arn' })).toEqual({ ref: 'custom' });
  });
});
