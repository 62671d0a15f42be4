// What an operator watches: alarms on what the functions count, and one dashboard of everything.

import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC, METRICS_NAMESPACE } from '#names/metrics.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import type { OpsApi } from './ops-api.ts';
import type { QueueConsumer } from './queue-consumer.ts';

export interface ObservabilityProps {
  /** Those that decide on devices. */
  readonly onboarding: readonly QueueConsumer[];
  readonly presence: QueueConsumer;
  readonly api: OpsApi;
}

/** Sum over five minutes of what several functions count under one name. */
const counted = (name: string, consumers: readonly QueueConsumer[]): IMetric => {
  const usingMetrics = Object.fromEntries(
    consumers.map(({ function: { name: service } }) => [
      `${service.replaceAll('-', '_')}_${name}`,
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: name,
        dimensionsMap: { service },
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
    ]),
  );
  const expression = Object.keys(usingMetrics)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics, label: name, period: Duration.minutes(5) });
};

export class Observability extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { onboarding, presence, api }: ObservabilityProps) {
    super(scope, id);
    const consumers = [...onboarding, presence];
    const functions = [...consumers.map((consumer) => consumer.function), api.function];
    new OperatorAlarm(this, 'EventsRejected', {
      metric: counted(METRIC.eventRejected, consumers),
      above: 0,
      means: 'An event that can never succeed was set aside; a device may be waiting for it in vain.',
      runbook: 'events-rejected',
    });
    new OperatorAlarm(this, 'DriftSuspected', {
      metric: counted(METRIC.driftSuspected, onboarding),
      above: 0,
      means: 'A device that the registry holds for onboarded still connects as if it were not.',
      runbook: 'drift-suspected',
    });

    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 8 });
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(3) });
    this.dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        width: 24,
        alarms: Stack.of(this)
          .node.findAll()
          .filter((construct) => construct instanceof Alarm),
      }),
    );
    this.dashboard.addWidgets(
      graph(
        'Devices by decision',
        [METRIC.deviceOnboarded, METRIC.deviceHeld, METRIC.deviceRejected, METRIC.deviceSuspended].map((name) =>
          counted(name, onboarding),
        ),
      ),
      graph(
        'Events that came to nothing',
        [METRIC.repeatEvent, METRIC.eventRejected, METRIC.eventFailed].map((name) => counted(name, consumers)),
      ),
      graph(
        'Connections worth a look',
        [METRIC.clientIdMismatch, METRIC.duplicateSession].map((name) => counted(name, [presence])),
      ),
    );
    this.dashboard.addWidgets(
      graph(
        'Oldest message (s)',
        consumers.map(({ queue, queueName }) => queue.metricApproximateAgeOfOldestMessage({ label: queueName })),
      ),
      graph(
        'Dead letters',
        consumers.map(({ deadLetters, queueName }) =>
          deadLetters.metricApproximateNumberOfMessagesVisible({ label: queueName, statistic: Stats.MAXIMUM }),
        ),
      ),
      graph('Management API', [
        api.stage.metricCount({ label: 'requests', statistic: Stats.SUM }),
        api.stage.metricClientError({ label: '4xx', statistic: Stats.SUM }),
        api.stage.metricServerError({ label: '5xx', statistic: Stats.SUM }),
      ]),
    );
    this.dashboard.addWidgets(
      graph(
        'Function duration, p99 (ms)',
        functions.map((fn) => fn.lambda.metricDuration({ label: fn.name, statistic: Stats.p(99) })),
      ),
      graph(
        'Function errors',
        functions.map((fn) => fn.lambda.metricErrors({ label: fn.name })),
      ),
      graph(
        'Function throttles',
        functions.map((fn) => fn.lambda.metricThrottles({ label: fn.name })),
      ),
    );
  }
}
