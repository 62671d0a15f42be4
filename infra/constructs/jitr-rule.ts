// The trigger of onboarding: IoT Core's event of a device that came with a certificate of a registered CA.

import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { RULE } from '#names/iot.ts';
import { QueueRule } from './queue-rule.ts';

export class JitrRule extends QueueRule {
  constructor(scope: Construct, id: string, props: { readonly target: IQueue; readonly errors: IQueue }) {
    super(scope, id, {
      ...props,
      ruleName: RULE.jitr,
      description: 'Devices at their first connect, to the onboarding queue',
      // The event says neither who connects nor which delivery this is; every field stays a hint (design: the
      // certificate is the truth). eventId outlives a redrive, which a message id does not.
      sql: [
        'SELECT *, clientid() AS clientId, topic(5) AS caFromTopic, newuuid() AS eventId',
        "FROM '$aws/events/certificates/registered/+'",
      ].join(' '),
      impact: 'A device is onboarded only at its next attempt to connect.',
    });
  }
}
