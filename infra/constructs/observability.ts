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
import type { ManagementApi } from './management-api.ts';
import { OnboardingFunction } from './onboarding-function.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import type { QueueConsumer } from './queue-consumer.ts';

export interface ObservabilityProps {
  /** Decides on devices that come: the only one that can see them come though they were let in. */
  readonly onboarding: QueueConsumer;
  readonly commands: QueueConsumer;
  readonly permissionSets: QueueConsumer;
  readonly trust: QueueConsumer;
  readonly presence: QueueConsumer;
  readonly api: ManagementApi;
  /** Asked about each connection; null where there is none. */
  readonly gate: OnboardingFunction | null;
}

const PERIOD = Duration.minutes(5);

/** What one function counts. An alarm is on this alone: a sum has no value while one of its metrics was never counted. */
const countedBy = ({ name }: OnboardingFunction, metricName: string): IMetric =>
  new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: name },
    statistic: Stats.SUM,
    period: PERIOD,
  });

/** What all functions count under one name. A search finds what there is, and no alarm may hold one (CloudWatch guide). */
const counted = (name: string): IMetric =>
  new MathExpression({
    expression: `SUM(SEARCH('{${METRICS_NAMESPACE},service} MetricName="${name}"', 'Sum', ${PERIOD.toSeconds()}))`,
    label: name,
    period: PERIOD,
  });

export class Observability extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { onboarding, commands, permissionSets, trust, presence, api, gate } = props;
    const consumers = [onboarding, commands, permissionSets, trust, presence];
    // those of opt-ins too
    const functions = Stack.of(this)
      .node.findAll()
      .filter((construct) => construct instanceof OnboardingFunction);
    for (const consumer of consumers)
      new OperatorAlarm(this, `EventsRejected-${consumer.function.name}`, {
        metric: countedBy(consumer.function, METRIC.eventRejected),
        above: 0,
        means: `${consumer.function.name} set a message aside that can never succeed; a device may be waiting for it in vain.`,
        runbook: 'events-rejected',
      });
    new OperatorAlarm(this, 'DriftSuspected', {
      metric: countedBy(onboarding.function, METRIC.driftSuspected),
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
        [
          METRIC.deviceOnboarded,
          METRIC.deviceHeld,
          METRIC.deviceRejected,
          METRIC.deviceSuspended,
          METRIC.deviceResumed,
        ].map((name) => counted(name)),
      ),
      graph(
        'Events that came to nothing',
        [METRIC.repeatEvent, METRIC.eventRejected, METRIC.eventFailed].map((name) => counted(name)),
      ),
      graph(
        'Connections worth a look',
        [METRIC.clientIdMismatch, METRIC.duplicateSession].map((name) => counted(name)),
      ),
    );
    this.dashboard.addWidgets(
      graph(
        'Devices whose time is over',
        [METRIC.deviceExpired, METRIC.deviceRetired, METRIC.deviceRevoked].map((name) => counted(name)),
      ),
      graph(
        'Trust anchors and what they let in',
        [METRIC.anchorSwept, METRIC.barredSessionCut].map((name) => counted(name)),
      ),
      ...(gate === null
        ? []
        : [
            graph('Connections at the gate', [
              gate.lambda.metricInvocations({ label: 'asked about' }),
              countedBy(gate, METRIC.gateRefused),
            ]),
          ]),
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
