// How the demo reports a step.

import { expect, it } from 'vitest';
import { createReport, expect as expectThat, shownMs } from '#cli/demo/report.ts';
import { capturedStream } from '#support/command-line.ts';

it('prints a step with its time and why', async () => {
  const { stream, text } = capturedStream();
  const report = createReport(stream);
  report.heading('acme', 'eu1');
  await report.step('1 first connect is closed', async () => 'no CONNACK');
  expect(text()).toMatch(/^\nacme {2}eu1\n {2}✓ 1 first connect is closed +\d+ ms {2}no CONNACK\n$/);
  expect(report.failures).toEqual([]);
  expect(report.steps()).toBe(1);
});

it('names the expectation that failed, with its tenant and step, and throws on', async () => {
  const { stream, text } = capturedStream();
  const report = createReport(stream);
  report.heading('acme', 'eu1');
  const step = report.step('2 retry is let in', async () => {
    expectThat(report.steps() === 0, 'a session for acme_device01');
    return 'never';
  });
  await expect(step).rejects.toThrow('a session for acme_device01');
  expect(text()).toContain('✗ 2 retry is let in');
  expect(report.failures).toEqual(['acme: 2 retry is let in: expected a session for acme_device01']);
});

it('keeps an error that is no expectation in its own words', async () => {
  const report = createReport(capturedStream().stream);
  report.heading('acme', 'eu1');
  await report.step('x', () => Promise.reject(new Error('ECONNREFUSED'))).catch(() => undefined);
  expect(report.failures).toEqual(['acme: x: ECONNREFUSED']);
});

it('shows long times in seconds', () => {
  expect([shownMs(1.4), shownMs(2_345), shownMs(12_345)]).toEqual(['1 ms', '2345 ms', '12.3 s']);
});
