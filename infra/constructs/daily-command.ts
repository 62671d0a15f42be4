// A command that comes to a queue once a day.

import { Aws, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface DailyCommandProps {
  readonly description: string;
  /** Hour of the day in UTC. */
  readonly hour: number;
  /** The command without its id: each run gives it one of its own. */
  readonly command: Readonly<Record<string, string>>;
  readonly target: IQueue;
  /** Takes what could not be sent to the queue. */
  readonly deadLetters: IQueue;
}

export class DailyCommand extends Construct {
  constructor(scope: Construct, id: string, props: DailyCommandProps) {
    super(scope, id);
    const { description, hour, command, target, deadLetters } = props;
    const role = new Role(this, 'Role', {
      // The schedule's group, and not the schedule itself (EventBridge Scheduler guide, Confused deputy prevention).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
            }),
          },
        },
      }),
    });
    for (const queue of [target, deadLetters]) queue.grant(role, 'sqs:SendMessage');
    const schedule = new CfnSchedule(this, 'Resource', {
      description,
      scheduleExpression: `cron(0 ${hour} * * ? *)`,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      state: 'ENABLED',
      target: {
        arn: target.queueArn,
        roleArn: role.roleArn,
        // The scheduler puts the run's id in its place (EventBridge Scheduler guide, Context attributes).
        input: JSON.stringify({ ...command, commandId: '<aws.scheduler.execution-id>' }),
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    });
    schedule.node.addDependency(role);
  }
}
