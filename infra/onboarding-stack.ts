// What may be thrown away and made anew: rules, queues, functions, the management API and what watches them.

import { readFileSync } from 'node:fs';
import { Aws, CfnOutput, CfnParameter, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { ENV } from '#names/env.ts';
import { OUTPUT } from '#names/outputs.ts';
import { FUNCTION_TIMEOUT_SECONDS, OPS_API_TIMEOUT_SECONDS } from '#names/timing.ts';
import { config } from './config.ts';
import { EventMessages } from './constructs/event-messages.ts';
import { allowAdministration, allowConverging } from './constructs/iot-access.ts';
import { JitrRule } from './constructs/jitr-rule.ts';
import { Observability } from './constructs/observability.ts';
import { OnboardingFunction } from './constructs/onboarding-function.ts';
import { OpsApi } from './constructs/ops-api.ts';
import { PresenceRule } from './constructs/presence-rule.ts';
import { LastResortQueue, QueueWithDeadLetters } from './constructs/queue-with-dead-letters.ts';
import { allowItems, allowLists } from './constructs/registry-table.ts';

/** Amazon Root CA 1, which signs the server certificates of IoT Core (IoT guide, Server authentication). */
const AMAZON_ROOT_CA = readFileSync(new URL('./amazon-root-ca-1.pem', import.meta.url), 'utf8');

export interface OnboardingStackProps extends StackProps {
  readonly table: TableV2;
  readonly bus: EventBus;
}

export class OnboardingStack extends Stack {
  constructor(scope: Construct, id: string, { table, bus, ...props }: OnboardingStackProps) {
    super(scope, id, { description: 'Vestibule: onboarding of devices into AWS IoT Core', ...props });
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

    const onboardings = new QueueWithDeadLetters(this, 'Onboarding', {
      name: 'onboarding',
      impact: 'New devices are not let in.',
      maxAge: Duration.minutes(5),
    });
    const commands = new QueueWithDeadLetters(this, 'Commands', {
      name: 'commands',
      impact: 'What an operator decided does not reach the device.',
      maxAge: Duration.minutes(2),
    });
    const presences = new QueueWithDeadLetters(this, 'Presences', {
      name: 'presence',
      impact: 'The registry does not show who is connected.',
      maxAge: Duration.minutes(15),
    });
    const errors = new LastResortQueue(this, 'RuleErrors', {
      means: 'IoT Core could not put an event on its queue and set it aside.',
      runbook: 'rule-errors',
    });
    new JitrRule(this, 'JitrRule', { target: onboardings.queue, errors });
    new PresenceRule(this, 'PresenceRule', { target: presences.queue, errors });
    new EventMessages(this, 'EventMessages');

    const recording = { [ENV.registryTable]: table.tableName, [ENV.eventBusName]: bus.eventBusName };
    const account = { [ENV.accountId]: Aws.ACCOUNT_ID, [ENV.partition]: Aws.PARTITION };
    const onboarding = { ...recording, ...account };
    const timeout = Duration.seconds(FUNCTION_TIMEOUT_SECONDS);
    const onboard = new OnboardingFunction(this, 'OnboardDevice', {
      name: 'onboard-device',
      timeout,
      environment: onboarding,
      impact: 'New devices are not let in.',
    });
    const converge = new OnboardingFunction(this, 'ConvergeCertificate', {
      name: 'converge-certificate',
      timeout,
      environment: onboarding,
      impact: 'What an operator decided does not reach the device.',
    });
    for (const fn of [onboard, converge]) {
      allowItems(fn, table, 'GetItem', 'BatchGetItem', 'UpdateItem');
      allowConverging(fn);
    }
    const presence = new OnboardingFunction(this, 'RecordPresence', {
      name: 'record-presence',
      timeout,
      environment: recording,
      impact: 'The registry does not show who is connected.',
    });
    allowItems(presence, table, 'GetItem', 'UpdateItem');
    for (const [fn, { queue }, { batchSize, maxConcurrency }] of [
      [onboard, onboardings, config.onboarding],
      [converge, commands, config.commands],
      [presence, presences, config.presence],
    ] as const) {
      bus.grantPutEventsTo(fn.function);
      fn.function.addEventSource(
        new SqsEventSource(queue, { batchSize, maxConcurrency, reportBatchItemFailures: true }),
      );
    }

    const ops = new OnboardingFunction(this, 'OpsApi', {
      name: 'ops-api',
      timeout: Duration.seconds(OPS_API_TIMEOUT_SECONDS),
      environment: {
        ...account,
        [ENV.registryTable]: table.tableName,
        [ENV.commandQueueUrl]: commands.queue.queueUrl,
        [ENV.brokerPort]: brokerPort.valueAsString,
        [ENV.brokerServerCa]: brokerServerCa.valueAsString,
      },
      impact: 'Operators cannot read or steer the registry.',
    });
    allowItems(ops, table, 'GetItem', 'BatchGetItem', 'UpdateItem', 'BatchWriteItem', 'Query');
    allowLists(ops, table);
    allowAdministration(ops);
    commands.queue.grantSendMessages(ops.function);
    const api = new OpsApi(this, 'Management', { function: ops.function });

    const queues = [onboardings, commands, presences];
    const { dashboard } = new Observability(this, 'Observability', {
      onboarding: [onboard, converge],
      presence,
      queues,
      api,
    });

    const outputs = {
      [OUTPUT.apiUrl]: api.stage.url,
      [OUTPUT.dashboardName]: dashboard.dashboardName,
      [OUTPUT.onboardingQueueUrl]: onboardings.queue.queueUrl,
      [OUTPUT.onboardingDeadLettersUrl]: onboardings.deadLetters.queueUrl,
      [OUTPUT.commandQueueUrl]: commands.queue.queueUrl,
      [OUTPUT.commandDeadLettersUrl]: commands.deadLetters.queueUrl,
      [OUTPUT.presenceQueueUrl]: presences.queue.queueUrl,
      [OUTPUT.presenceDeadLettersUrl]: presences.deadLetters.queueUrl,
      [OUTPUT.ruleErrorsUrl]: errors.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
