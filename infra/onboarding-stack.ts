// What may be thrown away and made anew: rules, queues, functions, the management API and what watches them.

import { readFileSync } from 'node:fs';
import { Aws, CfnOutput, CfnParameter, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { ENV } from '#names/env.ts';
import { INDEX } from '#names/keys.ts';
import { OUTPUT } from '#names/outputs.ts';
import { config } from './config.ts';
import { EventMessages } from './constructs/event-messages.ts';
import {
  allowAdministration,
  allowConverging,
  allowDeletingPermissionSets,
  allowDisconnecting,
  allowPermissionSets,
} from './constructs/iot-access.ts';
import { JitrRule } from './constructs/jitr-rule.ts';
import { Observability } from './constructs/observability.ts';
import { OpsApi } from './constructs/ops-api.ts';
import { PresenceRule } from './constructs/presence-rule.ts';
import { QueueConsumer } from './constructs/queue-consumer.ts';
import { LastResortQueue } from './constructs/queue-with-dead-letters.ts';
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
    const presence = new QueueConsumer(this, 'Presence', {
      queueName: 'presence',
      functionName: 'record-presence',
      environment: recording,
      impact: 'The registry does not show who is connected.',
      maxAge: Duration.minutes(15),
      pace: config.presence,
    });
    for (const consumer of [onboarding, commands]) {
      allowItems(consumer.function, table, 'GetItem', 'BatchGetItem', 'UpdateItem');
      allowConverging(consumer.function);
    }
    const { function: worker, queue: permissionSetQueue } = permissionSets;
    // what is too much for one command goes on with the next
    worker.lambda.addEnvironment(ENV.permissionSetQueueUrl, permissionSetQueue.queueUrl);
    permissionSetQueue.grant(worker.lambda, 'sqs:SendMessage');
    allowItems(worker, table, 'GetItem', 'BatchGetItem', 'UpdateItem', 'BatchWriteItem', 'Query');
    allowLists(worker, table, [INDEX.byPermissionSet]);
    allowPermissionSets(worker);
    allowDeletingPermissionSets(worker);
    allowDisconnecting(worker);
    allowItems(presence.function, table, 'GetItem', 'UpdateItem');
    for (const consumer of [onboarding, commands, presence]) bus.grantPutEventsTo(consumer.function.lambda);

    const errors = new LastResortQueue(this, 'RuleErrors', {
      means: 'IoT Core could not put an event on its queue and set it aside.',
      runbook: 'rule-errors',
    });
    new JitrRule(this, 'JitrRule', { target: onboarding.queue, errors });
    new PresenceRule(this, 'PresenceRule', { target: presence.queue, errors });
    new EventMessages(this, 'EventMessages');

    const api = new OpsApi(this, 'OpsApi', {
      environment: {
        ...account,
        [ENV.registryTable]: table.tableName,
        [ENV.commandQueueUrl]: commands.queue.queueUrl,
        [ENV.permissionSetQueueUrl]: permissionSetQueue.queueUrl,
        [ENV.brokerPort]: brokerPort.valueAsString,
        [ENV.brokerServerCa]: brokerServerCa.valueAsString,
      },
    });
    allowItems(api.function, table, 'GetItem', 'BatchGetItem', 'UpdateItem', 'BatchWriteItem', 'Query');
    allowLists(api.function, table, Object.values(INDEX));
    allowAdministration(api.function);
    allowPermissionSets(api.function);
    for (const queue of [commands.queue, permissionSetQueue]) queue.grant(api.function.lambda, 'sqs:SendMessage');

    const { dashboard } = new Observability(this, 'Observability', {
      onboarding,
      commands,
      permissionSets,
      presence,
      api,
    });

    const outputs = {
      [OUTPUT.apiUrl]: api.stage.url,
      [OUTPUT.dashboardName]: dashboard.dashboardName,
      [OUTPUT.onboardingQueueUrl]: onboarding.queue.queueUrl,
      [OUTPUT.onboardingDeadLettersUrl]: onboarding.deadLetters.queueUrl,
      [OUTPUT.commandQueueUrl]: commands.queue.queueUrl,
      [OUTPUT.commandDeadLettersUrl]: commands.deadLetters.queueUrl,
      [OUTPUT.permissionSetQueueUrl]: permissionSetQueue.queueUrl,
      [OUTPUT.permissionSetDeadLettersUrl]: permissionSets.deadLetters.queueUrl,
      [OUTPUT.presenceQueueUrl]: presence.queue.queueUrl,
      [OUTPUT.presenceDeadLettersUrl]: presence.deadLetters.queueUrl,
      [OUTPUT.ruleErrorsUrl]: errors.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
