// A topic rule that puts what its SQL selects on a queue, and what it could not put there on another.

import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OperatorAlarm } from './operator-alarm.ts';

export interface QueueRuleProps {
  /** Fixed, because the role's trust names the rule's ARN before there is a rule. */
  readonly ruleName: string;
  readonly description: string;
  readonly sql: string;
  readonly target: IQueue;
  readonly errors: IQueue;
  /** What is lost when even the error action fails; one sentence. */
  readonly impact: string;
}

export class QueueRule extends Construct {
  constructor(scope: Construct, id: string, props: QueueRuleProps) {
    super(scope, id);
    const ruleArn = Stack.of(this).formatArn({ service: 'iot', resource: 'rule', resourceName: props.ruleName });
    const role = new Role(this, 'Role', {
      // IoT Core may assume the role for this rule of this account only (IoT guide, Granting a rule the access it requires).
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': ruleArn },
        },
      }),
    });
    props.target.grant(role, 'sqs:SendMessage');
    props.errors.grant(role, 'sqs:SendMessage');
    const sendTo = (queue: IQueue) => ({
      sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false },
    });

    const rule = new CfnTopicRule(this, 'Resource', {
      ruleName: props.ruleName,
      topicRulePayload: {
        description: props.description,
        sql: props.sql,
        awsIotSqlVersion: '2016-03-23',
        actions: [sendTo(props.target)],
        errorAction: sendTo(props.errors),
        ruleDisabled: false,
      },
    });
    rule.node.addDependency(role);

    new OperatorAlarm(this, 'Lost', {
      // A query, because it finds the metric whatever dimensions it has beside the rule's name (IoT guide, Rule action
      // metrics). The message is in neither queue then.
      metric: new MathExpression({
        expression: `SELECT SUM(ErrorActionFailure) FROM "AWS/IoT" WHERE RuleName = '${props.ruleName}'`,
        period: Duration.minutes(5),
      }),
      above: 0,
      means: `${props.impact} The rule ${props.ruleName} could neither deliver an event nor set it aside.`,
      runbook: 'rule-events-lost',
    });
  }
}
