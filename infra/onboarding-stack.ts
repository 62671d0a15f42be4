// What may be thrown away and made anew: rules, queues, functions, the management API, the daily look at what expires, and
// what watches them.

import { readFileSync } from 'node:fs';
import { Aws, CfnOutput, CfnParameter, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '#names/env.ts';
import { INDEX } from '#names/keys.ts';
import { OUTPUT } from '#names/outputs.ts';
import { config } from './config.ts';
import { DailyCommand } from './constructs/daily-command.ts';
import { EventMessages } from './constructs/event-messages.ts';
import {
  allowConverging,
  allowDeletingPermissionSets,
  allowDisconnecting,
  allowNamingEndpoint,
  allowPermissionSets,
  allowRegisteringAnchors,
  allowSweepingAnchors,
} from './constructs/iot-access.ts';
import { JitrRule } from './constructs/jitr-rule.ts';
import { ManagementApi } from './constructs/management-api.ts';
import { Observability } from './constructs/observability.ts';
import { PreAuthentication } from './constructs/pre-authentication.ts';
import { PresenceRule } from './constructs/presence-rule.ts';
import { PrivateCaFunction } from './constructs/private-ca-function.ts';
import { QueueConsumer } from './constructs/queue-consumer.ts';
import { LastResortQueue } from './constructs/queue-with-dead-letters.ts';
import { allowItems, allowLists } from './constructs/registry-table.ts';
import { allowWritingTruststore } from './constructs/truststore-bucket.ts';
import type { OptIns } from './opt-ins.ts';
import type { RegistryStack } from './registry-stack.ts';

/** Amazon Root CA 1, which signs the server certificates of IoT Core (IoT guide, Server authentication). */
const AMAZON_ROOT_CA = readFileSync(new URL('./amazon-root-ca-1.pem', import.meta.url), 'utf8');

export interface OnboardingStackProps extends StackProps {
  readonly registry: RegistryStack;
  readonly gate: OptIns['gate'];
}

export class OnboardingStack extends Stack {
  constructor(scope: Construct, id: string, { registry, gate, ...props }: OnboardingStackProps) {
    super(scope, id, { description: 'Vestibule: onboarding of devices into AWS IoT Core', ...props });
    const { table, bus, truststore, privateCas } = registry;
    const brokerPort = new CfnParameter(this, 'BrokerPort', {
      type: 'Number',
      default: 8883,
      minValue: 1,
      maxValue: 65_535,
      description: 'MQTT port that tenants are told',
    });
    const brokerServerCa = new CfnParameter(this, 'BrokerServerCa', {
      default: AMAZON_ROOT_CA,
      description: 'PEM of the CA that devices must trust to know the broker',
    });

    const recording = { [ENV.registryTable]: table.tableName, [ENV.eventBusName]: bus.eventBusName };
    const account = { [ENV.accountId]: Aws.ACCOUNT_ID, [ENV.partition]: Aws.PARTITION };
    const onboarding = new QueueConsumer(this, 'Onboarding', {
      queueName: 'onboarding',
      functionName: 'onboard-device',
      environment: { ...recording, ...account },
      impact: 'New devices are not let in.',
      maxAge: Duration.minutes(5),
      pace: config.onboarding,
    });
    const commands = new QueueConsumer(this, 'Commands', {
      queueName: 'commands',
      functionName: 'converge-certificate',
      environment: { ...recording, ...account },
      impact: 'What an operator decided does not reach the device.',
      maxAge: Duration.minutes(2),
      pace: config.commands,
    });
    const permissionSets = new QueueConsumer(this, 'PermissionSets', {
      queueName: 'permission-sets',
      functionName: 'apply-permission-set',
      environment: { ...account, [ENV.registryTable]: table.tableName },
      impact: 'Edited roles do not reach the devices that have them.',
      // a set that lost its last user is looked at ten minutes later, and may take eight more to be deleted
      maxAge: Duration.minutes(20),
      pace: config.permissionSets,
    });
    const privateCa = privateCas.length === 0 ? null : new PrivateCaFunction(this, 'PrivateCa', privateCas);
    const issuing = privateCa && { [ENV.privateCaFunction]: privateCa.lambda.functionName };
    const trust = new QueueConsumer(this, 'Trust', {
      queueName: 'trust',
      functionName: 'work-on-trust',
      environment: {
        ...recording,
        ...account,
        ...issuing,
        [ENV.commandQueueUrl]: commands.queue.queueUrl,
        [ENV.truststoreBucket]: truststore.bucketName,
      },
      impact: 'Devices of a revoked trust anchor may still be connected, and the truststore is out of date.',
      maxAge: Duration.minutes(5),
      pace: config.trust,
    });
    const presence = new QueueConsumer(this, 'Presence', {
      queueName: 'presence',
      functionName: 'record-presence',
      environment: { ...recording, [ENV.commandQueueUrl]: commands.queue.queueUrl },
      impact: 'The registry does not show who is connected.',
      maxAge: Duration.minutes(15),
      pace: config.presence,
    });
    for (const consumer of [onboarding, commands, trust]) allowConverging(consumer.function);
    for (const consumer of [onboarding, commands])
      allowItems(consumer.function, table, 'GetItem', 'BatchGetItem', 'UpdateItem');
    for (const consumer of [permissionSets, trust])
      allowItems(consumer.function, table, 'GetItem', 'BatchGetItem', 'UpdateItem', 'BatchWriteItem', 'Query');
    // what is too much for one command goes on with the next
    permissionSets.function.lambda.addEnvironment(ENV.permissionSetQueueUrl, permissionSets.queue.queueUrl);
    trust.function.lambda.addEnvironment(ENV.trustQueueUrl, trust.queue.queueUrl);
    allowLists(permissionSets.function, table, [INDEX.byPermissionSet]);
    allowPermissionSets(permissionSets.function);
    allowDeletingPermissionSets(permissionSets.function);
    allowDisconnecting(permissionSets.function);
    allowLists(trust.function, table, [INDEX.byAnchor, INDEX.byExpiryDay]);
    allowSweepingAnchors(trust.function);
    allowWritingTruststore(trust.function, truststore);
    allowItems(presence.function, table, 'GetItem', 'UpdateItem');
    allowDisconnecting(presence.function);

    const errors = new LastResortQueue(this, 'RuleErrors', {
      means: 'IoT Core could not put an event on its queue and set it aside.',
      runbook: 'rule-errors',
    });
    new JitrRule(this, 'JitrRule', { target: onboarding.queue, errors });
    new PresenceRule(this, 'PresenceRule', { target: presence.queue, errors });
    new EventMessages(this, 'EventMessages');

    new DailyCommand(this, 'DailyExpiry', {
      description: 'A look at what expires: once a day',
      hour: config.expiryHour,
      command: { act: 'expiry' },
      target: trust.queue,
      deadLetters: trust.deadLetters,
    });

    const api = new ManagementApi(this, 'OpsApi', {
      environments: {
        'ops-api': {
          ...account,
          [ENV.registryTable]: table.tableName,
          [ENV.commandQueueUrl]: commands.queue.queueUrl,
          [ENV.permissionSetQueueUrl]: permissionSets.queue.queueUrl,
          [ENV.trustQueueUrl]: trust.queue.queueUrl,
          [ENV.brokerPort]: brokerPort.valueAsString,
          [ENV.brokerServerCa]: brokerServerCa.valueAsString,
        },
        'trust-api': { ...recording, ...issuing, [ENV.trustQueueUrl]: trust.queue.queueUrl },
      },
    });
    const { 'ops-api': opsApi, 'trust-api': trustApi } = api.functions;
    for (const fn of [opsApi, trustApi])
      allowItems(fn, table, 'GetItem', 'BatchGetItem', 'UpdateItem', 'BatchWriteItem', 'Query');
    allowLists(opsApi, table, Object.values(INDEX));
    const preAuthentication = gate ? new PreAuthentication(this, 'Gate', table) : null;
    if (preAuthentication) preAuthentication.allowNaming(opsApi);
    else allowNamingEndpoint(opsApi);
    allowPermissionSets(opsApi);
    allowLists(trustApi, table, [INDEX.byAnchor, INDEX.byClientId]);
    allowRegisteringAnchors(trustApi);

    for (const fn of [onboarding, commands, trust, presence].map((consumer) => consumer.function).concat(trustApi))
      bus.grantPutEventsTo(fn.lambda);
    for (const fn of [opsApi, trust.function, presence.function]) commands.queue.grant(fn.lambda, 'sqs:SendMessage');
    for (const fn of [opsApi, trustApi, trust.function]) trust.queue.grant(fn.lambda, 'sqs:SendMessage');
    for (const fn of [opsApi, permissionSets.function]) permissionSets.queue.grant(fn.lambda, 'sqs:SendMessage');
    if (privateCa) for (const fn of [trustApi, trust.function]) privateCa.allowInvoking(fn);

    const { dashboard } = new Observability(this, 'Observability', {
      onboarding,
      commands,
      permissionSets,
      trust,
      presence,
      api,
      gate: preAuthentication,
    });

    const outputs = {
      [OUTPUT.apiUrl]: api.stage.url,
      [OUTPUT.dashboardName]: dashboard.dashboardName,
      [OUTPUT.onboardingQueueUrl]: onboarding.queue.queueUrl,
      [OUTPUT.onboardingDeadLettersUrl]: onboarding.deadLetters.queueUrl,
      [OUTPUT.commandQueueUrl]: commands.queue.queueUrl,
      [OUTPUT.commandDeadLettersUrl]: commands.deadLetters.queueUrl,
      [OUTPUT.permissionSetQueueUrl]: permissionSets.queue.queueUrl,
      [OUTPUT.permissionSetDeadLettersUrl]: permissionSets.deadLetters.queueUrl,
      [OUTPUT.trustQueueUrl]: trust.queue.queueUrl,
      [OUTPUT.trustDeadLettersUrl]: trust.deadLetters.queueUrl,
      [OUTPUT.presenceQueueUrl]: presence.queue.queueUrl,
      [OUTPUT.presenceDeadLettersUrl]: presence.deadLetters.queueUrl,
      [OUTPUT.ruleErrorsUrl]: errors.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
