import { expect, it } from 'vitest';
import { CA_DAYS, DEVICE_DAYS, deviceDays } from '#domain/lifetimes.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const ca = (days: number) => ({ validTo: NOW + days * DAY });

it('I-05: each profile has its lifetime', () => {
  expect(DEVICE_DAYS).toEqual({ eu1: 365, eu2: 365, 'private-cloud': 365, connectware: 100, template: 365 });
  expect(CA_DAYS).toBe(1_095);
  expect(deviceDays('connectware', null, ca(1_095), NOW)).toEqual({ ok: true, value: 100 });
  expect(deviceDays('eu1', 30, ca(1_095), NOW)).toEqual({ ok: true, value: 30 });
});

it('I-05: no certificate outlives its CA: what was not asked for is cut, what was is refused', () => {
  expect(deviceDays('eu1', null, ca(10.9), NOW)).toEqual({ ok: true, value: 10 });
  expect(deviceDays('eu1', 10, ca(10.9), NOW)).toEqual({ ok: true, value: 10 });
  expect(deviceDays('eu1', 11, ca(10.9), NOW)).toMatchObject({
    error: { code: 'CERT_OUTLIVES_CA', message: expect.stringContaining('at most 10 days') },
  });
});

it.each([0.9, 0, -5])('I-05: nothing is issued in the last day of a CA, nor after it (%f days left)', (days) => {
  for (const asked of [null, 1])
    expect(deviceDays('eu1', asked, ca(days), NOW)).toMatchObject({
      error: { code: 'CERT_OUTLIVES_CA', message: expect.stringContaining('all but over') },
    });
});

it('asks for a day at least', () => {
  expect(deviceDays('eu1', 0, ca(10), NOW)).toMatchObject({ error: { code: 'CERT_OUTLIVES_CA' } });
});
