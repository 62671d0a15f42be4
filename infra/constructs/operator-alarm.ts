// An alarm that tells its reader what it means and where the runbook goes on.

import { Alarm, ComparisonOperator, type IAlarm, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';

export interface OperatorAlarmProps {
  readonly metric: IMetric;
  /** The alarm goes off above this value. */
  readonly above: number;
  /** Periods in a row above the threshold. @default 1 */
  readonly periods?: number;
  /** What happens to devices or operators while it is on; one sentence. */
  readonly means: string;
  /** Anchor in docs/operator-runbook.md. */
  readonly runbook: string;
}

export class OperatorAlarm extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: OperatorAlarmProps) {
    super(scope, id);
    this.alarm = new Alarm(this, 'Resource', {
      metric: props.metric,
      threshold: props.above,
      evaluationPeriods: props.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Counters of Lambda and SQS are absent when nothing happens, which is no failure.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${props.means} docs/operator-runbook.md#${props.runbook}`,
    });
  }
}
