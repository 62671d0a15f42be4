// Functions: the house's defaults, how events reach them, and the times that must fit into each other.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENV } from '#names/env.ts';
import {
  FUNCTION_TIMEOUT_SECONDS,
  LEASE_SECONDS,
  OPS_API_TIMEOUT_SECONDS,
  SWEEP_SETTLE_SECONDS,
  TRUST_SLICE_SECONDS,
} from '#names/timing.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const NAMES = [
  'apply-permission-set',
  'converge-certificate',
  'iot-event-messages',
  'onboard-device',
  'ops-api',
  'record-presence',
  'trust-api',
  'work-on-trust',
];
const CONSUMERS = [
  'apply-permission-set',
  'onboard-device',
  'converge-certificate',
  'record-presence',
  'work-on-trust',
];

const environmentOf = (properties: Record<string, unknown>): Record<string, unknown> =>
  Object(Object(properties['Environment'])['Variables']);

describe('functions', () => {
  const { onboarding } = synthesizedStacks();
  const functions = resourcesOf(onboarding, 'AWS::Lambda::Function').map(({ id, properties }) => ({
    id,
    properties,
    name: String(environmentOf(properties)['POWERTOOLS_SERVICE_NAME']),
  }));
  const functionNamed = (name: string) => {
    const found = functions.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`expected a function ${name}`);
    return found;
  };
  const sourceOf = (name: string): Record<string, unknown> => {
    const target = { Ref: functionNamed(name).id };
    const sources = resourcesOf(onboarding, 'AWS::Lambda::EventSourceMapping');
    const found = sources.find(
      ({ properties }) => JSON.stringify(properties['FunctionName']) === JSON.stringify(target),
    );
    if (found === undefined) throw new Error(`expected an event source of ${name}`);
    return found.properties;
  };

  it('G-01: these and no others are deployed', () => {
    expect(functions.map(({ name }) => name).toSorted()).toEqual(NAMES);
  });

  it.each(NAMES)('%s runs on Node.js 24 and ARM, and is traced', (name) => {
    expect(functionNamed(name).properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
  });

  it.each(NAMES)('%s logs JSON to a group that forgets', (name) => {
    const { properties } = functionNamed(name);
    expect(properties['LoggingConfig']).toMatchObject({ LogFormat: 'JSON' });
    const group = Object(Object(properties['LoggingConfig'])['LogGroup'])['Ref'];
    const groups = onboarding.findResources('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: Match.anyValue() },
    });
    expect(Object.keys(groups)).toContain(group);
  });

  it.each(NAMES)(
    '%s has no reserved concurrency, which would turn a burst into throttles and lost attempts',
    (name) => {
      expect(functionNamed(name).properties).not.toHaveProperty('ReservedConcurrentExecutions');
    },
  );

  it.each(CONSUMERS)('J-13: one failed message of a batch of %s does not bring back the others', (name) => {
    expect(sourceOf(name)['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
  });

  it('J-13: more commands than devices are worked on at once, and no command waits behind another in a batch', () => {
    const atOnce = (name: string) =>
      Number(sourceOf(name)['BatchSize']) * Number(Object(sourceOf(name)['ScalingConfig'])['MaximumConcurrency']);
    expect(atOnce('converge-certificate')).toBeGreaterThan(atOnce('onboard-device'));
    expect(sourceOf('converge-certificate')['BatchSize']).toBe(1);
  });

  it('J-09: a function that works on a lease is stopped before the lease ends', () => {
    for (const name of ['onboard-device', 'converge-certificate', 'work-on-trust'])
      expect(functionNamed(name).properties['Timeout']).toBe(FUNCTION_TIMEOUT_SECONDS);
    expect(FUNCTION_TIMEOUT_SECONDS).toBeLessThan(LEASE_SECONDS);
  });

  it('V-01: work on trust is stopped neither in its slice nor by the settling of what follows it', () => {
    expect(functionNamed('work-on-trust').properties['Timeout']).toBeGreaterThan(TRUST_SLICE_SECONDS + 5);
    // a command that comes later is one that SQS holds back, fifteen minutes at most
    expect(SWEEP_SETTLE_SECONDS).toBeGreaterThan(FUNCTION_TIMEOUT_SECONDS);
    expect(SWEEP_SETTLE_SECONDS).toBeLessThan(900);
  });

  it('V-01: two commands of trust are worked on at once: a long one lets another by', () => {
    expect(sourceOf('work-on-trust')).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
  });

  it('B-02: work on trust learns where the truststore is', () => {
    expect(environmentOf(functionNamed('work-on-trust').properties)).toMatchObject({
      [ENV.truststoreBucket]: { 'Fn::ImportValue': expect.stringContaining('Truststore') },
      [ENV.trustQueueUrl]: { Ref: expect.stringMatching(/^TrustMessagesQueue/) },
      [ENV.commandQueueUrl]: { Ref: expect.stringMatching(/^CommandsMessagesQueue/) },
    });
  });

  it.each(['ops-api', 'trust-api'])('%s is stopped before API Gateway gives up on it', (name) => {
    expect(functionNamed(name).properties['Timeout']).toBe(OPS_API_TIMEOUT_SECONDS);
    expect(OPS_API_TIMEOUT_SECONDS).toBeLessThan(30);
  });

  it('CA-11: ops-api learns the broker from the parameters of the stack', () => {
    expect(environmentOf(functionNamed('ops-api').properties)).toMatchObject({
      [ENV.brokerPort]: { Ref: 'BrokerPort' },
      [ENV.brokerServerCa]: { Ref: 'BrokerServerCa' },
    });
    onboarding.hasParameter('BrokerPort', { Default: 8883 });
    onboarding.hasParameter('BrokerServerCa', { Default: Match.stringLikeRegexp('^-----BEGIN CERTIFICATE-----') });
  });

  it('J-01: the event messages that onboarding starts from are turned on by a resource of our own', () => {
    onboarding.hasResourceProperties('Custom::IotEventMessages', {
      ServiceToken: { 'Fn::GetAtt': [functionNamed('iot-event-messages').id, 'Arn'] },
      EventTypes: ['CA_CERTIFICATE', 'CERTIFICATE'],
    });
  });
});
