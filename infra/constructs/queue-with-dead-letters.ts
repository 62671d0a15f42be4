// A queue whose messages end in a dead-letter queue rather than nowhere, with the alarms on both.

import { Duration, Validations } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUT_SECONDS } from '#names/timing.ts';
import { OperatorAlarm } from './operator-alarm.ts';

/** A queue of last resort: kept as long as SQS can, for an operator to read. */
export class LastResortQueue extends Queue {
  constructor(scope: Construct, id: string, alarm: { means: string; runbook: string }) {
    super(scope, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'last resort: what is here goes nowhere else',
    });
    new OperatorAlarm(this, 'Alarm', {
      metric: this.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: Duration.minutes(1) }),
      above: 0,
      ...alarm,
    });
  }
}

export interface QueueWithDeadLettersProps {
  /** Kebab-case word that the runbook's anchors begin with. */
  readonly name: string;
  /** What stands still while messages wait or are lost; one sentence. */
  readonly impact: string;
  /** Age of the oldest message above which somebody should look. */
  readonly maxAge: Duration;
}

export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: QueueWithDeadLettersProps) {
    super(scope, id);
    this.deadLetters = new LastResortQueue(this, 'DeadLetters', {
      means: `${props.impact} Messages of ${props.name} ran out of attempts.`,
      runbook: `${props.name}-dead-letters`,
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUT_SECONDS),
      // Shorter than that of the dead letters, whose clock starts when the message was first sent (SQS guide).
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    new OperatorAlarm(this, 'Backlog', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: Duration.minutes(1) }),
      above: props.maxAge.toSeconds(),
      periods: 3,
      means: `${props.impact} The oldest message of ${props.name} is older than ${props.maxAge.toMinutes()} minutes.`,
      runbook: `${props.name}-backlog`,
    });
  }
}
