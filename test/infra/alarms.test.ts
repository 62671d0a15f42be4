// Alarms: each says what it means, and the runbook goes on from there.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULE } from '#names/iot.ts';
import { METRIC, METRICS_NAMESPACE } from '#names/metrics.ts';
import { EVERY_OPT_IN, resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

/** Anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(EVERY_OPT_IN)('alarms with %o', (context) => {
  const { onboarding } = synthesizedStacks(context);
  const alarms = resourcesOf(onboarding, 'AWS::CloudWatch::Alarm');
  const anchors = anchorsOf(readFileSync(new URL('../../docs/operator-runbook.md', import.meta.url), 'utf8'));
  const descriptionOf = ({ properties }: { properties: Record<string, unknown> }) =>
    String(properties['AlarmDescription']);

  it('G-01: each says what it means and leads to a chapter of the runbook', () => {
    for (const alarm of alarms) {
      const [, meaning, anchor] = /^(.+\.) docs\/operator-runbook\.md#(\S+)$/.exec(descriptionOf(alarm)) ?? [];
      expect(meaning, alarm.id).toBeTruthy();
      expect(anchors, alarm.id).toContain(anchor);
    }
  });

  it.each(['Errors', 'Throttles', 'Duration'])('G-01: every function has an alarm on its %s', (metric) => {
    const functions = resourcesOf(onboarding, 'AWS::Lambda::Function').map(({ id }) => id);
    const watched = alarms
      .filter(({ properties }) => properties['Namespace'] === 'AWS/Lambda' && properties['MetricName'] === metric)
      .map(({ properties }) => JSON.stringify(properties['Dimensions']));
    expect(watched.toSorted()).toEqual(
      functions.map((id) => JSON.stringify([{ Name: 'FunctionName', Value: { Ref: id } }])).toSorted(),
    );
  });

  it.each([
    [
      METRIC.eventRejected,
      ['apply-permission-set', 'converge-certificate', 'onboard-device', 'record-presence', 'work-on-trust'],
      'events-rejected',
    ],
    [METRIC.driftSuspected, ['onboard-device'], 'drift-suspected'],
  ])(
    'G-01: %s is watched for each function that counts it, whether the others ever did or not',
    (metric, services, anchor) => {
      const watching = alarms.filter(({ properties }) => properties['MetricName'] === metric);
      for (const alarm of watching) {
        expect(alarm.properties).toMatchObject({
          Namespace: METRICS_NAMESPACE,
          Statistic: 'Sum',
          Threshold: 0,
          ComparisonOperator: 'GreaterThanThreshold',
          EvaluationPeriods: 1,
        });
        expect(descriptionOf(alarm)).toContain(`#${anchor}`);
      }
      expect(watching.map(({ properties }) => properties['Dimensions'])).toEqual(
        expect.arrayContaining(services.map((service) => [{ Name: 'service', Value: service }])),
      );
      expect(watching).toHaveLength(services.length);
    },
  );

  it('none rests on a sum that has no value while one of its metrics was never counted', () => {
    for (const { properties } of alarms) expect(JSON.stringify(properties['Metrics'] ?? [])).not.toContain('FILL(');
  });

  it.each(Object.values(RULE))('an event that %s could neither deliver nor set aside wakes somebody', (rule) => {
    const queries = alarms.map(({ properties }) => JSON.stringify(properties['Metrics'] ?? []));
    const ofRule = `WHERE RuleName = '${rule}'`;
    expect(queries.filter((text) => text.includes('SUM(ErrorActionFailure)') && text.includes(ofRule))).toHaveLength(1);
  });

  it('silence is no alarm', () => {
    for (const { properties } of alarms) expect(properties['TreatMissingData']).toBe('notBreaching');
  });

  it('the dashboard shows every alarm', () => {
    const [dashboard] = resourcesOf(onboarding, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.properties['DashboardBody']);
    for (const { id } of alarms) expect(body).toContain(id);
  });
});
