// When schedules are due, by the EventBridge Scheduler User Guide, "Schedule types".

import { describe, expect, it } from 'vitest';
import { parseExpression } from '#local/cloud/scheduler/expression.ts';

const time = (iso: string): number => Date.parse(iso);
const next = (expression: string, after: string): string | null => {
  const due = parseExpression(expression).next(time(after));
  return due === null ? null : new Date(due).toISOString();
};

describe('a schedule', () => {
  // 2026-01-31 is a Saturday
  it.each([
    ['cron(0 3 * * ? *)', '2026-01-31T02:59:59.999Z', '2026-01-31T03:00:00.000Z'],
    ['cron(0 3 * * ? *)', '2026-01-31T03:00:00.000Z', '2026-02-01T03:00:00.000Z'],
    ['cron(15 10 ? * 2-6 2026)', '2026-01-31T12:00:00.000Z', '2026-02-02T10:15:00.000Z'],
    ['cron(0 0 ? * 1 *)', '2026-01-31T12:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['cron(0/15 8,20 * * ? *)', '2026-01-31T08:45:00.000Z', '2026-01-31T20:00:00.000Z'],
    ['cron(10-40/20 * * * ? *)', '2026-01-31T12:11:00.000Z', '2026-01-31T12:30:00.000Z'],
    ['cron(30 6 31 * ? *)', '2026-01-31T12:00:00.000Z', '2026-03-31T06:30:00.000Z'],
    ['cron(0 0 29 2 ? *)', '2096-02-29T00:00:00.000Z', '2104-02-29T00:00:00.000Z'],
    ['rate(1 minute)', '2026-01-31T12:00:00.500Z', '2026-01-31T12:01:00.500Z'],
    ['rate(12 hours)', '2026-01-31T12:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['rate(7 days)', '2026-01-31T12:00:00.000Z', '2026-02-07T12:00:00.000Z'],
  ])('of %s is due after %s at %s', (expression, after, due) => {
    expect(next(expression, after)).toBe(due);
  });

  it.each(['cron(0 3 * * ? 2025)', 'cron(0 3 30 2 ? *)'])('of %s is never due', (expression) => {
    expect(next(expression, '2026-01-31T12:00:00.000Z')).toBeNull();
  });

  it('of a rate begins at once, one of a cron expression does not', () => {
    expect(parseExpression('rate(1 day)').startsAtOnce).toBe(true);
    expect(parseExpression('cron(0 3 * * ? *)').startsAtOnce).toBe(false);
  });
});

describe('an expression', () => {
  it.each<[string, RegExp]>([
    ['at(2026-01-31T12:00:00)', /expected rate\(…\) or cron\(…\)/],
    ['rate(0 days)', /expected rate/],
    ['rate(1 week)', /expected rate/],
    ['cron(0 3 * * *)', /expected 6 fields, got 5/],
    ['cron(0 3 * * * *)', /one of the days must be \?/],
    ['cron(60 3 * * ? *)', /minutes: expected numbers from 0 to 59/],
    ['cron(0 24 * * ? *)', /hours/],
    ['cron(0 3 0 * ? *)', /day of month/],
    ['cron(0 3 L * ? *)', /day of month/],
    ['cron(0 3 * JAN ? *)', /month: .* got JAN/],
    ['cron(0 3 ? * 5-2 *)', /day of week/],
    ['cron(*/0 3 * * ? *)', /minutes/],
    ['cron(0 3 * * ? 1969)', /year/],
    ['cron()', /expected rate/],
    ['', /expected rate/],
  ])('%s is refused with what was expected', (expression, message) => {
    expect(() => parseExpression(expression)).toThrow(message);
  });
});
