// The opt-in gate: an endpoint whose connections IoT Core asks a function about, and what that function may do.

import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { ENV } from '#names/env.ts';
import { METRIC, METRICS_NAMESPACE } from '#names/metrics.ts';
import { GATE_REQUEST_TIMEOUT_MS, GATE_TIMEOUT_SECONDS } from '#names/timing.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const stacks = synthesizedStacks({ gate: 'true' });
const { onboarding } = stacks;

const only = (template: Template, type: string, where: (text: string) => boolean = () => true) => {
  const found = resourcesOf(template, type).filter((resource) => where(JSON.stringify(resource)));
  expect(found).toHaveLength(1);
  const [resource] = found;
  if (resource === undefined) throw new Error(`expected a ${type}`);
  return resource;
};
const fn = () =>
  only(onboarding, 'AWS::Lambda::Function', (text) => text.includes('"POWERTOOLS_SERVICE_NAME":"admit-connection"'));
const configuration = () => only(onboarding, 'AWS::IoT::DomainConfiguration');
const configurationArn = () => ({ 'Fn::GetAtt': [configuration().id, 'Arn'] });

/** Statements of the role of the function that has this service name. */
const statementsOf = (template: Template, service: string): Record<string, unknown>[] => {
  const { properties } = only(template, 'AWS::Lambda::Function', (text) =>
    text.includes(`"POWERTOOLS_SERVICE_NAME":"${service}"`),
  );
  const [role] = Object(properties['Role'])['Fn::GetAtt'];
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter((policy) => JSON.stringify(policy.properties['Roles']) === JSON.stringify([{ Ref: role }]))
    .flatMap((policy) => Object(policy.properties['PolicyDocument'])['Statement']);
};
const actionsOf = (service: string) =>
  statementsOf(onboarding, service)
    .flatMap((statement) => [statement['Action']].flat())
    .map(String)
    .toSorted();

describe('the pre-authentication gate', () => {
  it('G-02: is not there unless it is asked for', () => {
    const { onboarding: without } = synthesizedStacks();
    without.resourceCountIs('AWS::IoT::DomainConfiguration', 0);
    expect(JSON.stringify(without.toJSON())).not.toContain('admit-connection');
  });

  it('A11: is asked about every MQTT connection with an X.509 certificate to an endpoint of its own', () => {
    expect(configuration().properties).toEqual({
      ServiceType: 'DATA',
      AuthenticationType: 'AWS_X509',
      ApplicationProtocol: 'SECURE_MQTT',
      ClientCertificateConfig: { ClientCertificateCallbackArn: { 'Fn::GetAtt': [fn().id, 'Arn'] } },
    });
  });

  it('stays when the stack goes, for AWS deletes no domain of its own at once', () => {
    expect(configuration()).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('G-04: all that its endpoint asks stays with it, for an endpoint that asks nobody refuses every device', () => {
    const { onboarding: without } = synthesizedStacks();
    const rest = new Set(Object.keys(without.toJSON()['Resources']));
    const asked = Object.entries<Record<string, unknown>>(onboarding.toJSON()['Resources']).filter(
      ([id, { Type }]) => !rest.has(id) && Type !== 'AWS::IoT::DomainConfiguration',
    );
    expect(new Set(asked.map(([, { Type }]) => Type))).toEqual(
      new Set([
        'AWS::Lambda::Function',
        'AWS::Lambda::Permission',
        'AWS::IAM::Role',
        'AWS::IAM::Policy',
        'AWS::Logs::LogGroup',
        'AWS::CloudWatch::Alarm',
      ]),
    );
    for (const [id, resource] of asked)
      expect(resource, id).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('G-04: nothing of it has a name of its own, so that a second gate can be made beside one that stayed', () => {
    const gate = Object.entries<Record<string, unknown>>(onboarding.toJSON()['Resources']).filter(([id]) =>
      id.startsWith('Gate'),
    );
    const names = ['FunctionName', 'RoleName', 'LogGroupName', 'AlarmName', 'DomainConfigurationName'];
    for (const [id, { Type, Properties }] of gate)
      if (Type !== 'AWS::Lambda::Permission')
        expect(
          Object.keys(Object(Properties)).filter((key) => names.includes(key)),
          id,
        ).toEqual([]);
  });

  it('V-01: is invoked by IoT Core alone, for its own domain configuration', () => {
    // and by nothing that may be missing when it asks
    expect(only(onboarding, 'AWS::Lambda::Permission', (text) => text.includes(fn().id)).properties).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': [fn().id, 'Arn'] },
      Principal: 'iot.amazonaws.com',
      SourceArn: configurationArn(),
    });
  });

  it('reads items of the registry by their keys, and may do nothing else', () => {
    expect(actionsOf('admit-connection').filter((action) => !action.startsWith('xray:'))).toEqual(
      expect.arrayContaining(['dynamodb:BatchGetItem', 'dynamodb:GetItem']),
    );
    expect(actionsOf('admit-connection').filter((action) => !/^(xray|logs):/.test(action))).toHaveLength(2);
  });

  it('answers within the time that a device waits, repeated reads included', () => {
    expect(fn().properties).toMatchObject({ Timeout: GATE_TIMEOUT_SECONDS });
    expect(4 * GATE_REQUEST_TIMEOUT_MS).toBeLessThan(GATE_TIMEOUT_SECONDS * 1_000);
  });

  it('CA-11: its endpoint is the one that tenants are told', () => {
    onboarding.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          POWERTOOLS_SERVICE_NAME: 'ops-api',
          [ENV.domainConfiguration]: { Ref: configuration().id },
        }),
      },
    });
    expect(statementsOf(onboarding, 'ops-api')).toContainEqual({
      Action: 'iot:DescribeDomainConfiguration',
      Effect: 'Allow',
      Resource: configurationArn(),
    });
    expect(actionsOf('ops-api')).not.toContain('iot:DescribeEndpoint');
  });

  const alarms = () =>
    resourcesOf(onboarding, 'AWS::CloudWatch::Alarm').filter(({ properties }) =>
      JSON.stringify(properties['Dimensions'] ?? '').includes(fn().id),
    );

  it('G-01: its alarms lead to the runbook', () => {
    const runbook = readFileSync(new URL('../../docs/operator-runbook.md', import.meta.url), 'utf8');
    expect(alarms()).toHaveLength(3);
    for (const { properties } of alarms())
      expect(runbook).toContain(`\n### ${String(properties['AlarmDescription']).split('#').at(-1)}\n`);
  });

  it.each([
    ['Errors', 'The function admit-connection gave no answer.'],
    ['Throttles', 'Lambda has no concurrency left for admit-connection.'],
  ])('G-01: its first period with %s wakes somebody, for a device was refused that should not be', (metric, cause) => {
    const [alarm, ...more] = alarms().filter(({ properties }) => properties['MetricName'] === metric);
    expect(more).toEqual([]);
    expect(alarm?.properties).toMatchObject({
      Threshold: 0,
      EvaluationPeriods: 1,
      AlarmDescription: expect.stringMatching(
        `^Some connections at the endpoint of the gate are refused that should not be; sessions that are open go on\\. ${cause}`,
      ),
    });
  });

  it('G-01: the dashboard shows its alarms, and whom it refuses', () => {
    const dashboard = JSON.stringify(only(onboarding, 'AWS::CloudWatch::Dashboard').properties['DashboardBody']);
    for (const { id } of alarms()) expect(dashboard).toContain(id);
    // a string within a string
    const refused = JSON.stringify(`"${METRICS_NAMESPACE}","${METRIC.gateRefused}","service","admit-connection"`);
    expect(dashboard).toContain(refused.slice(1, -1));
    expect(JSON.stringify(synthesizedStacks().onboarding.toJSON())).not.toContain(METRIC.gateRefused);
  });

  it('G-03: breaks no rule of AWS Solutions that it gives no reason for', () => {
    expect(new AwsSolutionsChecks().validateScope(stacks.app).violations).toEqual([]);
  });
});
