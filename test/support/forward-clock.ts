// A clock that runs as the machine's does, and that a test sets forward.

export type ForwardClock = {
  /** epoch milliseconds */
  readonly now: () => number;
  readonly forward: (milliseconds: number) => void;
};

export const MINUTE = 60_000;
export const DAY = 86_400_000;

export const createForwardClock = (): ForwardClock => {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    forward: (milliseconds) => {
      ahead += milliseconds;
    },
  };
};
