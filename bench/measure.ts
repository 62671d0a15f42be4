// What is promised about calls, sizes and speed, by name: names are kebab-case and stay.

export type Measure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** the most that is allowed (hard) or aimed at (reported); null when there is no figure to hold it against */
  readonly budget: number | null;
  /** false only when a hard budget is broken or an alarm is passed */
  readonly ok: boolean;
};

/** A count or size: above its budget, the bench fails. */
export const hard = (name: string, value: number, unit: string, budget: number): Measure => ({
  name,
  value,
  unit,
  budget,
  ok: value <= budget,
});

/** A time or ratio on a shared machine: shown beside its aim, failing only past `alarm`. */
export const reported = (name: string, value: number, unit: string, aim: number | null, alarm = Infinity): Measure => ({
  name,
  value,
  unit,
  budget: aim,
  ok: value <= alarm,
});

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest-rank percentile. @throws RangeError on an empty list */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('expected at least one value, got none');
  return value;
};
