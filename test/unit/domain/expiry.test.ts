import { describe, expect, it } from 'vitest';
import { type ExpiryRun, expirySteps, hasTurned, isOver, warningDue } from '#domain/expiry.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const daily = (day: number): ExpiryRun => ({ since: NOON + (day - 1) * DAY, until: NOON + day * DAY });
const daysOf = (run: ExpiryRun, part: string) =>
  expirySteps(run)
    .filter((step) => step.part === part)
    .map(({ day }) => day);

describe('a daily look at what expires', () => {
  it('I-10: warns 30, 7 and 1 days before the end, each in one of the runs of 40 days', () => {
    const validTo = NOON + 35 * DAY + 1;
    const due = Array.from({ length: 41 }, (_, day) => [day, warningDue(validTo, daily(day))]).filter(
      ([, days]) => days !== null,
    );
    expect(due).toStrictEqual([
      [6, 30],
      [29, 7],
      [35, 1],
    ]);
  });

  it('I-10: warns of what is due at the very moment of a run, in that run alone', () => {
    const validTo = NOON + 37 * DAY;
    expect([6, 7, 8].map((day) => warningDue(validTo, daily(day)))).toStrictEqual([null, 30, null]);
  });

  it('I-10: of warnings that were missed gives the most urgent, and none for what is over', () => {
    const late: ExpiryRun = { since: NOON, until: NOON + 30 * DAY };
    expect(warningDue(NOON + 31 * DAY, late)).toBe(1);
    expect(warningDue(NOON + 35 * DAY, late)).toBe(7);
    expect(warningDue(NOON + 50 * DAY, late)).toBe(30);
    expect(warningDue(NOON + 30 * DAY, late)).toBe(1);
    expect(warningDue(NOON + 30 * DAY - 1, late)).toBeNull();
  });

  it('CA-10: the first run ever warns of what is due already', () => {
    const first: ExpiryRun = { since: null, until: NOON };
    expect(warningDue(NOON + 29 * DAY, first)).toBe(30);
    expect(warningDue(NOON + 5 * DAY, first)).toBe(7);
    expect(warningDue(NOON + 31 * DAY, first)).toBeNull();
  });

  it('V-06: is over only after its last moment', () => {
    expect(isOver(NOON, { until: NOON })).toBe(false);
    expect(isOver(NOON, { until: NOON + 1 })).toBe(true);
    expect(isOver(null, { until: NOON })).toBe(false);
  });

  it('reads the days since the last run, those of a week before once more, and the days that are warned of', () => {
    expect(daysOf(daily(1), 'expired')).toStrictEqual([
      ...['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'],
      ...['2026-11-22', '2026-11-23'],
    ]);
    expect(daysOf(daily(1), 'renewed')).toStrictEqual(daysOf(daily(1), 'expired'));
    expect(daysOf(daily(1), 'expiring')).toStrictEqual([
      ...['2026-12-22', '2026-12-23', '2026-11-29', '2026-11-30', '2026-11-23', '2026-11-24'],
    ]);
  });

  it('reads each day once where what is warned of overlaps', () => {
    const days = daysOf({ since: NOON, until: NOON + 25 * DAY }, 'expiring');
    expect(new Set(days).size).toBe(days.length);
    expect(days).toContain('2026-11-23');
    expect(days).toContain('2027-01-16');
  });

  it('V-06: the first run ever reads a year back, and every day that may be warned of', () => {
    const first: ExpiryRun = { since: null, until: NOON };
    expect(daysOf(first, 'expired')).toHaveLength(367);
    expect(daysOf(first, 'expired')[0]).toBe('2025-11-21');
    expect(daysOf(first, 'expiring')).toHaveLength(31);
  });

  it('tells when a validity began or ended within a run', () => {
    const run = daily(1);
    const [before, within, after] = [NOON - 1, NOON + DAY / 2, NOON + DAY + 1];
    expect(hasTurned({ validFrom: before, validTo: after }, run)).toBe(false);
    expect(hasTurned({ validFrom: before, validTo: within }, run)).toBe(true);
    expect(hasTurned({ validFrom: within, validTo: after }, run)).toBe(true);
    expect(hasTurned({ validFrom: before, validTo: NOON }, run)).toBe(true);
    expect(hasTurned({ validFrom: before, validTo: NOON + DAY }, run)).toBe(true);
    expect(hasTurned({ validFrom: before, validTo: after }, { since: null, until: NOON })).toBe(true);
  });
});
