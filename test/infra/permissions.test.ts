// G-03, least privilege: who may do what, in full. A new permission changes this table or fails here.

import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

type Statement = {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Principal?: { readonly Service?: string };
};
type PolicyDocument = { readonly Statement: readonly Statement[] };

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const QUEUE_CONSUMER = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];
const LOGS_AND_TRACES = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const CONVERGING = [
  'iot:AddThingToThingGroup',
  'iot:AttachThingPrincipal',
  'iot:CreateThing',
  'iot:DeleteConnection',
  'iot:DescribeCertificate',
  'iot:RemoveThingFromThingGroup',
  'iot:UpdateCertificate',
];
const PERMISSION_SETS = [
  'iot:AttachPolicy',
  'iot:CreatePolicy',
  'iot:CreatePolicyVersion',
  'iot:CreateThingGroup',
  'iot:DeletePolicyVersion',
  'iot:DetachPolicy',
  'iot:GetPolicy',
  'iot:ListPolicyVersions',
];
const ITEMS = ['BatchGetItem', 'BatchWriteItem', 'GetItem', 'Query', 'UpdateItem'].map(
  (action) => `dynamodb:${action}`,
);

const SENDING = 'sqs:SendMessage';

const MAY: Record<string, readonly string[]> = {
  OnboardingFunctionRole: [
    ...['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'events:PutEvents'],
    ...CONVERGING,
    ...LOGS_AND_TRACES,
    ...QUEUE_CONSUMER,
  ],
  CommandsFunctionRole: [
    ...['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'events:PutEvents'],
    ...CONVERGING,
    ...LOGS_AND_TRACES,
    ...QUEUE_CONSUMER,
  ],
  PermissionSetsFunctionRole: [
    ...ITEMS,
    ...PERMISSION_SETS,
    ...['iot:DeleteConnection', 'iot:DeletePolicy', 'iot:DeleteThingGroup'],
    ...LOGS_AND_TRACES,
    ...QUEUE_CONSUMER,
    SENDING,
  ],
  TrustFunctionRole: [
    ...ITEMS,
    ...CONVERGING,
    ...['events:PutEvents', 'iot:DeleteCACertificate', 'iot:ListCertificatesByCA', 'iot:UpdateCACertificate'],
    ...['iot:DescribeCACertificate', 'iot:RegisterCACertificate', 'iot:TagResource'],
    ...['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
    ...LOGS_AND_TRACES,
    ...QUEUE_CONSUMER,
    SENDING,
  ],
  DailyExpiryRole: [SENDING],
  PresenceFunctionRole: [
    ...['dynamodb:GetItem', 'dynamodb:UpdateItem', 'events:PutEvents', 'iot:DeleteConnection', SENDING],
    ...LOGS_AND_TRACES,
    ...QUEUE_CONSUMER,
  ],
  OpsApiFunctionRole: [...ITEMS, ...PERMISSION_SETS, 'iot:DescribeEndpoint', ...LOGS_AND_TRACES, SENDING],
  OpsApiTrustFunctionRole: [
    ...ITEMS,
    ...['iot:DescribeCACertificate', 'iot:DescribeCertificate', 'iot:GetRegistrationCode'],
    ...['iot:RegisterCACertificate', 'iot:TagResource'],
    ...['iot:UpdateCACertificate', 'events:PutEvents', SENDING],
    ...LOGS_AND_TRACES,
  ],
  EventMessagesSwitchRole: ['iot:UpdateEventConfigurations', ...LOGS_AND_TRACES],
  JitrRuleRole: [SENDING],
  PresenceRuleRole: [SENDING],
};

/** No resource type: IAM accepts no other resource (Service Authorization Reference, AWS IoT and AWS X-Ray). */
const WITHOUT_RESOURCE_TYPE = [
  'iot:AttachThingPrincipal',
  'iot:DescribeEndpoint',
  'iot:GetRegistrationCode',
  'iot:ListCertificatesByCA',
  'iot:RegisterCACertificate',
  'iot:UpdateEventConfigurations',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

describe('permissions', () => {
  const { registry, onboarding } = synthesizedStacks();
  const policies = resourcesOf(onboarding, 'AWS::IAM::Policy').map(({ id, properties }) => ({
    role: id.replace(/DefaultPolicy.*$/, ''),
    statements: (properties['PolicyDocument'] as PolicyDocument).Statement,
  }));
  const statements = policies.flatMap((policy) => policy.statements);

  it.each(Object.entries(MAY))('G-03: %s may do this and nothing else', (role, actions) => {
    const given = policies.filter((policy) => policy.role === role).flatMap((policy) => policy.statements);
    expect([...new Set(given.flatMap(({ Action }) => list(Action)))].toSorted()).toEqual([...actions].toSorted());
  });

  it('G-03: there is no other role, and none with a managed policy', () => {
    expect(policies.map(({ role }) => role).toSorted()).toEqual(Object.keys(MAY).toSorted());
    for (const role of resourcesOf(onboarding, 'AWS::IAM::Role'))
      expect(role.properties).not.toHaveProperty('ManagedPolicyArns');
    expect(resourcesOf(registry, 'AWS::IAM::Role')).toEqual([]);
  });

  it('G-03: no statement allows a pattern of actions', () => {
    expect(statements.flatMap(({ Action }) => list(Action)).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('G-03: only what knows no resource type is allowed on every resource', () => {
    const anywhere = statements.filter(({ Resource }) => list(Resource).includes('*'));
    const actions = new Set(anywhere.flatMap(({ Action }) => list(Action)));
    expect([...actions].toSorted()).toEqual(WITHOUT_RESOURCE_TYPE);
  });

  it('G-03: the registry is never scanned, and each index is named', () => {
    const resources = JSON.stringify(statements.filter(({ Action }) => list(Action).includes('dynamodb:Query')));
    expect(resources).toContain('/index/by-tenant"');
    expect(resources).not.toContain('/index/*');
  });

  it.each([
    ['PermissionSetsFunctionRole', ['by-permission-set']],
    ['TrustFunctionRole', ['by-anchor', 'by-expiry-day']],
    ['OpsApiTrustFunctionRole', ['by-anchor', 'by-client-id']],
  ])('G-03: %s finds by these indexes, and by nothing else', (role, expected) => {
    const given = JSON.stringify(policies.filter((policy) => policy.role === role));
    const indexes = Array.from(given.matchAll(/\/index\/([^"]*)/g), ([, name]) => name);
    expect(indexes.toSorted()).toEqual(expected);
  });

  it.each([
    ['Commands', ['OpsApiFunctionRole', 'PresenceFunctionRole', 'TrustFunctionRole']],
    ['PermissionSets', ['OpsApiFunctionRole', 'PermissionSetsFunctionRole']],
    ['Trust', ['DailyExpiryRole', 'OpsApiFunctionRole', 'OpsApiTrustFunctionRole', 'TrustFunctionRole']],
  ])('G-03: the queue of %s takes commands from these alone', (queue, senders) => {
    const sending = policies.filter(({ statements: given }) =>
      given.some(
        ({ Action, Resource }) =>
          list(Action).includes(SENDING) && JSON.stringify(Resource).includes(`["${queue}MessagesQueue`),
      ),
    );
    expect(sending.map(({ role }) => role).toSorted()).toEqual(senders);
  });

  it('B-02: one function writes one object of the truststore, and lists its bucket so that an absent one is told from a forbidden one', () => {
    const onS3 = policies.flatMap(({ role, statements: given }) =>
      given
        .filter(({ Action }) => list(Action).some((action) => action.startsWith('s3:')))
        .map((one) => ({ role, ...one })),
    );
    const bucket = { 'Fn::ImportValue': expect.stringContaining('Truststore') };
    expect(onS3).toEqual([
      {
        role: 'TrustFunctionRole',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: { 'Fn::Join': ['', [bucket, '/truststore.pem']] },
      },
      { role: 'TrustFunctionRole', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket },
    ]);
  });

  it('G-03: groups and policies of others are out of reach', () => {
    const resources = JSON.stringify(statements.map(({ Resource }) => Resource));
    expect(resources.match(/:(thinggroup|policy)\/[^"]*/g)).toEqual(
      expect.arrayContaining([':thinggroup/vestibule:*', ':policy/vestibule.*']),
    );
    expect(resources).not.toMatch(/:(thinggroup|policy)\/\*/);
  });

  it('G-03: a service that calls a function says for which resource and whose it is', () => {
    const permissions = resourcesOf(onboarding, 'AWS::Lambda::Permission');
    expect(permissions).toHaveLength(2);
    for (const { properties } of permissions)
      expect(properties).toMatchObject({ SourceArn: expect.anything(), SourceAccount: { Ref: 'AWS::AccountId' } });
  });

  it('G-03: a service that takes on a role says for which resource and whose it is', () => {
    const trusts = resourcesOf(onboarding, 'AWS::IAM::Role')
      .flatMap(({ properties }) => (properties['AssumeRolePolicyDocument'] as PolicyDocument).Statement)
      // Lambda sends neither key when it takes on the role of a function; PassRole keeps a role in its account.
      .filter(({ Principal }) => Principal?.Service !== 'lambda.amazonaws.com');
    expect(trusts).toHaveLength(3);
    for (const { Condition } of trusts)
      expect(
        Object.values(Condition ?? {})
          .flatMap((test) => Object.keys(test))
          .toSorted(),
      ).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
  });
});
