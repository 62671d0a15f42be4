// npm run demo as a newcomer runs it: it succeeds, and leaves nothing behind, whether it ends or is interrupted.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const DEMO = fileURLToPath(new URL('../../cli/demo.ts', import.meta.url));

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'vestibule-demo-test-'));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

/** @param onLine sees each line, and may send the demo a signal */
const runDemo = async (onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void) => {
  // A group of its own: what is left of it after the demo would be a process left behind.
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine(line, (signal) => child.kill(signal));
  });
  // `close` comes when every holder of the pipes is gone, so a function process left behind would keep it away
  const [exitCode] = await once(child, 'close');
  return { exitCode, lines, errors, group: child.pid ?? 0 };
};

const groupIsAlive = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
};

it('plays the golden run for every tenant, the roles of a user and the certificates of a private CA, says so, and leaves no process or file', {
  timeout: 120_000,
}, async () => {
  const { exitCode, lines, errors, group } = await runDemo(() => undefined);

  expect(errors).toBe('');
  expect(lines.filter((line) => line.includes('✗'))).toEqual([]);
  expect(exitCode).toBe(0);
  for (const tenant of ['acme  eu1', 'globex  eu2', 'plant-7  connectware', 'fleet  {tenant}-{ou}-{cn}']) {
    const from = lines.findIndex((line) => line.startsWith(tenant));
    expect(from).toBeGreaterThan(0);
    const steps = lines.slice(from, lines.indexOf('', from)).join('\n');
    for (const step of ['1 first', '2 retry', '3 wrong', '4 own', '5 CA', '6 second', '7 CA', '8 CA'])
      expect(steps).toContain(`✓ ${step}`);
    expect(steps).toContain('CLIENT_ID_MISMATCH');
    expect(steps).toContain('nothing is recorded');
  }
  const roles = lines
    .slice(lines.findIndex((line) => line.startsWith('plant-8  connectware, users required')))
    .join('\n');
  for (const step of ['1 a device', '2 role', '3 what', '4 what', '5 one', '6 role', '7 grant', '8 grant'])
    expect(roles).toContain(`✓ ${step}`);
  expect(roles).toContain('REJECTED: USER_NOT_FOUND "machine-8"');
  expect(roles).toContain('vestibule device retry machine-8; ACTIVE');
  expect(roles.match(/vestibule permission explain .*\n +deny /g)).toHaveLength(2);
  const issuing = lines
    .slice(lines.findIndex((line) => line.startsWith('plant-9  eu1, CA in AWS Private CA')))
    .join('\n');
  for (const step of ['1 a bad', '2 a good', '3 first', '4 another', '5 it comes', '6 revoked'])
    expect(issuing).toContain(`✓ ${step}`);
  expect(lines.at(-2)).toMatch(/^all 55 steps did what they should in/);
  expect(groupIsAlive(group)).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
});

it('cleans up when it is interrupted in the middle', { timeout: 120_000 }, async () => {
  const { exitCode, lines, group } = await runDemo((line, kill) => {
    if (line.includes('1 first connect')) kill('SIGINT');
  });

  expect(exitCode).toBe(130);
  expect(lines.join('\n')).not.toContain('steps did what they should');
  expect(groupIsAlive(group)).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
});
