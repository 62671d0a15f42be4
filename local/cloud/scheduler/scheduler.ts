// EventBridge Scheduler: hands each schedule's input to its target when it is due by the system's clock.

import { randomUUID } from 'node:crypto';
import { parseExpression, type Recurrence } from './expression.ts';

export type Schedule = {
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  /** as the template has it; what the scheduler knows of a run stands in for `<aws.scheduler.…>` */
  readonly input: string;
  readonly target: ScheduleTarget;
};

export type ScheduleTarget =
  | { readonly kind: 'queue'; readonly queueUrl: string }
  | { readonly kind: 'function'; readonly functionName: string };

export type Scheduler = {
  /** @throws Error when the expression is not understood */
  add(schedule: Schedule): void;
  /** From now on schedules run when they are due. */
  start(): void;
  /** Runs what is due by the system's clock, once each, and waits for the targets. @returns names of what ran */
  runDue(): Promise<readonly string[]>;
  stop(): Promise<void>;
};

export type SchedulerOptions = {
  /** epoch milliseconds */
  readonly clock: () => number;
  /** hands the input to the target */
  readonly deliver: (target: ScheduleTarget, input: string) => Promise<void>;
  /** what kept a target from taking its input; it is not tried again */
  readonly onFailed: (schedule: string, error: unknown) => void;
};

/** The system's clock may be set: how soon that is noticed by itself. */
const LONGEST_WAIT_MS = 60_000;

type Entry = Schedule & { readonly recurrence: Recurrence; due: number | null };

/** EventBridge Scheduler User Guide, "Adding context attributes" */
const inputOf = ({ arn, input }: Schedule, scheduledTime: number): string => {
  const attributes: Readonly<Record<string, string>> = {
    'schedule-arn': arn,
    'scheduled-time': new Date(scheduledTime).toISOString().replace(/\.\d+Z$/, 'Z'),
    'execution-id': randomUUID(),
    'attempt-number': '1',
  };
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
};

export const createScheduler = ({ clock, deliver, onFailed }: SchedulerOptions): Scheduler => {
  const entries = new Map<string, Entry>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<unknown> = Promise.resolve();

  const run = async (entry: Entry, scheduledTime: number): Promise<void> => {
    try {
      await deliver(entry.target, inputOf(entry, scheduledTime));
    } catch (error) {
      onFailed(entry.name, error);
    }
  };

  const runDue = async (): Promise<readonly string[]> => {
    const now = clock();
    const due = [...entries.values()].flatMap((entry) =>
      entry.due !== null && entry.due <= now ? [{ entry, scheduledTime: entry.due }] : [],
    );
    // times that a clock was set past are one run: what a schedule looks at is how things stand now
    for (const { entry } of due) entry.due = entry.recurrence.next(now);
    const runs = Promise.all(due.map(({ entry, scheduledTime }) => run(entry, scheduledTime)));
    running = Promise.all([running, runs]);
    await runs;
    return due.map(({ entry }) => entry.name);
  };

  const wait = (): void => {
    const next = Math.min(...[...entries.values()].map(({ due }) => due ?? Number.POSITIVE_INFINITY));
    const delay = Math.max(0, Math.min(next - clock(), LONGEST_WAIT_MS));
    timer = setTimeout(() => {
      void runDue();
      wait();
    }, delay).unref();
  };

  return {
    runDue,
    add: (schedule) => {
      const recurrence = parseExpression(schedule.expression);
      const now = clock();
      entries.set(schedule.name, {
        ...schedule,
        recurrence,
        due: recurrence.startsAtOnce ? now : recurrence.next(now),
      });
    },
    start: () => {
      if (entries.size > 0) wait();
    },
    stop: async () => {
      if (timer !== null) clearTimeout(timer);
      entries.clear();
      await running;
    },
  };
};
