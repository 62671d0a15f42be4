// Waits for what follows a change: asks again and again, for as long as there is progress.

import { setTimeout } from 'node:timers/promises';
import type { Failure } from './failure.ts';

/** How it is waited. */
export type Pace = {
  /** milliseconds without any progress after which waiting is given up */
  readonly patienceMs: number;
  readonly now: () => number;
  /** before it is asked again */
  readonly pause: () => Promise<unknown>;
};

const PAUSE_MS = 500;

export const paceOf = (patienceMs: number): Pace => ({
  patienceMs,
  now: () => performance.now(),
  pause: () => setTimeout(PAUSE_MS),
});

export type Wait<T> = {
  readonly ask: () => Promise<T>;
  readonly isDone: (latest: T) => boolean;
  readonly isProgress: (before: T, after: T) => boolean;
  /** what is said when there was none for too long */
  readonly stuck: (latest: T) => Failure;
  /** told of each answer */
  readonly tell: (latest: T) => void;
};

/** @throws Failure the one that `stuck` makes */
export const untilDone = async <T>(
  first: T,
  { ask, isDone, isProgress, stuck, tell }: Wait<T>,
  { patienceMs, now, pause }: Pace,
): Promise<T> => {
  let latest = first;
  let progressAt = now();
  while (!isDone(latest)) {
    if (now() - progressAt > patienceMs) throw stuck(latest);
    await pause();
    const before = latest;
    latest = await ask();
    tell(latest);
    if (isProgress(before, latest)) progressAt = now();
  }
  return latest;
};
