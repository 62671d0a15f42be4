// A queue and the function that works on it, at a pace of its own.

import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EnvKey } from '#names/env.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '#names/timing.ts';
import { OnboardingFunction } from './onboarding-function.ts';
import { QueueWithDeadLetters } from './queue-with-dead-letters.ts';

export interface QueueConsumerProps {
  /** Word that the runbook's anchors about the queue begin with. */
  readonly queueName: string;
  /** Folder under `functions/`. */
  readonly functionName: string;
  readonly environment: Partial<Record<EnvKey, string>>;
  /** What stands still while messages wait or fail; one sentence. */
  readonly impact: string;
  /** Age of the oldest message above which somebody should look. */
  readonly maxAge: Duration;
  readonly pace: { readonly batchSize: number; readonly maxConcurrency: number };
}

export class QueueConsumer extends Construct {
  readonly queueName: string;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly function: OnboardingFunction;

  constructor(scope: Construct, id: string, props: QueueConsumerProps) {
    super(scope, id);
    const { queueName, functionName, environment, impact, maxAge, pace } = props;
    this.queueName = queueName;
    const { queue, deadLetters } = new QueueWithDeadLetters(this, 'Messages', { name: queueName, impact, maxAge });
    this.queue = queue;
    this.deadLetters = deadLetters;
    this.function = new OnboardingFunction(this, 'Function', {
      name: functionName,
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      environment,
      impact,
    });
    this.function.lambda.addEventSource(new SqsEventSource(queue, { ...pace, reportBatchItemFailures: true }));
  }
}
