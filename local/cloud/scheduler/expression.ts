// When a schedule is due: `rate(…)` and `cron(…)` in UTC. (EventBridge Scheduler User Guide, "Schedule types")

/** The first time after `after`, in epoch milliseconds; null when there is none within a leap cycle. */
export type Recurrence = {
  next(after: number): number | null;
  /** A rate begins when its schedule is made, a cron expression with the first time that fits. */
  readonly startsAtOnce: boolean;
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS };
/** The 29th of February comes again after eight years at most. */
const MAX_DAYS = 8 * 366;

type Field = readonly [name: string, min: number, max: number];
const FIELDS = [
  ['minutes', 0, 59],
  ['hours', 0, 23],
  ['day of month', 1, 31],
  ['month', 1, 12],
  ['day of week', 1, 7],
  ['year', 1970, 2199],
] as const satisfies readonly Field[];

const fail = (expression: string, why: string): never => {
  throw new Error(`schedule expression ${expression}: ${why}`);
};

const parseField = (expression: string, text: string, [name, min, max]: Field): ReadonlySet<number> => {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', first, last, step] = /^(\*|\?|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    const isAny = range === '*' || range === '?';
    const from = isAny ? min : Number(first);
    const to = isAny || (last === undefined && step !== undefined) ? max : Number(last ?? first);
    const by = Number(step ?? 1);
    if (range === '' || from < min || to > max || from > to || by < 1) {
      fail(expression, `${name}: expected numbers from ${min} to ${max}, lists, ranges and steps of them, got ${text}`);
    }
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
};

const parseCron = (expression: string, fields: readonly string[]): Recurrence => {
  if (fields.length !== FIELDS.length) fail(expression, `expected ${FIELDS.length} fields, got ${fields.length}`);
  if (!(fields[2] === '?' || fields[4] === '?')) fail(expression, 'one of the days must be ?');
  const [minutes, hours, daysOfMonth, months, daysOfWeek, years] = FIELDS.map((field, index) =>
    parseField(expression, fields[index] ?? '', field),
  );
  const fits = (set: ReadonlySet<number> | undefined, value: number): boolean => set?.has(value) === true;
  const isDay = (day: Date): boolean =>
    fits(years, day.getUTCFullYear()) &&
    fits(months, day.getUTCMonth() + 1) &&
    fits(daysOfMonth, day.getUTCDate()) &&
    // Sunday is 1
    fits(daysOfWeek, day.getUTCDay() + 1);
  const timesOfDay = [...(hours ?? [])]
    .flatMap((hour) => [...(minutes ?? [])].map((minute) => (hour * 60 + minute) * MINUTE_MS))
    .sort((a, b) => a - b);
  return {
    startsAtOnce: false,
    next: (after) => {
      const today = Math.floor(after / DAY_MS) * DAY_MS;
      for (let day = 0; day <= MAX_DAYS; day += 1) {
        const midnight = today + day * DAY_MS;
        if (!isDay(new Date(midnight))) continue;
        const time = timesOfDay.find((offset) => midnight + offset > after);
        if (time !== undefined) return midnight + time;
      }
      return null;
    },
  };
};

/** @throws Error for an expression that is not understood, such as `at(…)`, a name of a day, or `L`, `W` and `#` */
export const parseExpression = (expression: string): Recurrence => {
  const [, amount, unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (amount !== undefined) {
    const period = Number(amount) * (UNITS[unit] ?? 0);
    return { startsAtOnce: true, next: (after) => after + period };
  }
  const cron = /^cron\((.+)\)$/.exec(expression)?.[1];
  if (cron === undefined) return fail(expression, 'expected rate(…) or cron(…)');
  return parseCron(expression, cron.split(' '));
};
