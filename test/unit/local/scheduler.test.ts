// The scheduler's own clockwork: it goes on by itself, and notices a clock that is set.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createScheduler, type Scheduler } from '#local/cloud/scheduler/scheduler.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 31, 12);

let ahead: number;
let runs: string[];
let scheduler: Scheduler;
beforeEach(() => {
  vi.useFakeTimers({ now: START });
  ahead = 0;
  runs = [];
  const clock = () => Date.now() + ahead;
  scheduler = createScheduler({
    clock,
    deliver: async (_, input) => {
      runs.push(`${input} ${new Date(clock()).toISOString().slice(11, 19)}`);
    },
    onFailed: () => {},
  });
});
afterEach(async () => {
  await scheduler.stop();
  vi.useRealTimers();
});

const add = (name: string, expression: string): void => {
  scheduler.add({ name, arn: name, expression, input: name, target: { kind: 'function', functionName: 'any' } });
};

it('runs schedules at each of their times until it is stopped', async () => {
  add('often', 'rate(5 minutes)');
  add('at ten past', 'cron(10 * * * ? *)');
  scheduler.start();

  await vi.advanceTimersByTimeAsync(12 * MINUTE);
  await scheduler.stop();
  await vi.advanceTimersByTimeAsync(60 * MINUTE);

  expect(runs).toEqual(['often 12:00:00', 'often 12:05:00', 'often 12:10:00', 'at ten past 12:10:00']);
});

it('notices within a minute that the clock was set', async () => {
  add('daily', 'cron(0 3 * * ? *)');
  scheduler.start();
  await vi.advanceTimersByTimeAsync(MINUTE / 2);

  ahead = 24 * 60 * MINUTE;
  await vi.advanceTimersByTimeAsync(MINUTE);

  expect(runs).toEqual(['daily 12:01:00']);
});
