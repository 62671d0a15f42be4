// Work that asks IoT Core for much, at a pace that leaves its quota standing: so many a second, some of them at once.

import type { Clock } from '#ports/clock.ts';

export type Pace = {
  readonly perSecond: number;
  /** enough that the pace is kept although each takes a while */
  readonly atOnce: number;
  readonly clock: Clock;
  readonly sleep: (milliseconds: number) => Promise<void>;
};

/** @returns waits for the next turn; a turn that nobody took is not made up for, as no quota gives it back */
export const turnsAt = ({ perSecond, clock, sleep }: Omit<Pace, 'atOnce'>): (() => Promise<void>) => {
  let next = -Infinity;
  return async () => {
    const now = clock();
    const turn = Math.max(now, next);
    next = turn + 1_000 / perSecond;
    if (turn > now) await sleep(turn - now);
  };
};

export type Turns = {
  /** waits for the next turn */
  readonly turn: () => Promise<void>;
  readonly atOnce: number;
  readonly isOver: () => boolean;
};

/**
 * Begins the work in the order of the items, until it is over or none is left, and waits for what was begun.
 * @param work settles whatever comes
 * @returns how many were begun
 */
export const eachInTurn = async <Item>(
  items: readonly Item[],
  { turn, atOnce, isOver }: Turns,
  work: (item: Item) => Promise<void>,
): Promise<number> => {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (!isOver()) {
      const item = items[begun];
      if (item === undefined) return;
      begun += 1;
      await turn();
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return begun;
};
