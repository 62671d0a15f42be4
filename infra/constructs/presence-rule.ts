// Lifecycle events of connections, to the presence queue.

import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { RULE } from '#names/iot.ts';
import { QueueRule } from './queue-rule.ts';

export class PresenceRule extends QueueRule {
  constructor(scope: Construct, id: string, props: { readonly target: IQueue; readonly errors: IQueue }) {
    super(scope, id, {
      ...props,
      ruleName: RULE.presence,
      description: 'Devices that connect, disconnect or are refused, to the presence queue',
      sql: "SELECT *, topic(4) AS presenceEvent, newuuid() AS eventId FROM '$aws/events/presence/#'",
      impact: 'The presence of a device is out of date until its next event.',
    });
  }
}
