// What a daily look at expiring certificates has to do: which days of the index it reads, who is warned, who is over.

const DAY_MS = 86_400_000;

/** Days before the end of a certificate at which its owner is warned (CA-10, I-10). */
export const WARNED_DAYS = [30, 7, 1] as const;
export type WarnedDays = (typeof WARNED_DAYS)[number];

/** What a run looks at: all that came due between two runs. Times are epoch milliseconds. */
export type ExpiryRun = {
  /** until when the last complete run looked; null when there was none */
  readonly since: number | null;
  readonly until: number;
};

/** Days (UTC, `2026-11-22`) of three indexes, one after the other. */
export type ExpiryStep = { readonly part: 'expired' | 'renewed' | 'expiring'; readonly day: string };

/** How far a run is: the next step, and the page of its day. */
export type ExpiryCursor = ExpiryRun & { readonly step: number; readonly page: string | null };

/** What could not be done, or stood in no index yet, is tried again by the runs of a week. */
const LOOK_BACK_DAYS = 7;
/** Before the first run nobody looked: certificates that expired within a year are found. */
const FIRST_LOOK_BACK_DAYS = 366;

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const daysBetween = (from: number, to: number): readonly string[] => {
  const first = Math.floor(from / DAY_MS);
  return Array.from({ length: Math.floor(to / DAY_MS) - first + 1 }, (_, index) => dayOf((first + index) * DAY_MS));
};

/** On which days certificates end for which a warning came due in this run. */
const warnedDays = ({ since, until }: ExpiryRun): readonly string[] => {
  if (since === null) return daysBetween(until, until + WARNED_DAYS[0] * DAY_MS);
  return WARNED_DAYS.flatMap((days) => daysBetween(since + days * DAY_MS, until + days * DAY_MS));
};

/** The same for the same run, whichever of its commands asks. */
export const expirySteps = (run: ExpiryRun): readonly ExpiryStep[] => {
  const { since, until } = run;
  const back = since === null ? until - FIRST_LOOK_BACK_DAYS * DAY_MS : since - LOOK_BACK_DAYS * DAY_MS;
  const over = daysBetween(back, until);
  const steps = (part: ExpiryStep['part'], days: readonly string[]) =>
    [...new Set(days)].map((day): ExpiryStep => ({ part, day }));
  return [...steps('expired', over), ...steps('renewed', over), ...steps('expiring', warnedDays(run))];
};

/**
 * The warning that came due in this run: for what ends at `validTo` each of them in one run only, and of several that were
 * missed the most urgent. Null for what is over.
 */
export const warningDue = (validTo: number, { since, until }: ExpiryRun): WarnedDays | null => {
  if (until > validTo) return null;
  const due = WARNED_DAYS.filter((days) => {
    const at = validTo - days * DAY_MS;
    return at <= until && (since === null || at > since);
  });
  return due.at(-1) ?? null;
};

/** Valid to the last moment (RFC 5280 §4.1.2.5). */
export const isOver = (validTo: number | null, { until }: Pick<ExpiryRun, 'until'>): boolean =>
  validTo !== null && until > validTo;

/** A validity began or ended within this run, or at one of its ends. */
export const hasTurned = (
  { validFrom, validTo }: { readonly validFrom: number; readonly validTo: number },
  { since, until }: ExpiryRun,
): boolean => [validFrom, validTo].some((at) => at <= until && (since === null || at >= since));
