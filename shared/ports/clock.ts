// The time, as something that is asked for: never a date kept from module load.

/** Epoch milliseconds now. */
export type Clock = () => number;
