// How long a person waits for the two commands of the README, once packages are installed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Measure, reported } from './measure.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** @param home where the running system is announced: not where a person's own is */
const npm = (args: readonly string[], home: string): ChildProcess =>
  spawn('npm', ['-s', ...args], {
    cwd: ROOT,
    env: { ...process.env, VESTIBULE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const ended = async (child: ChildProcess, what: string): Promise<void> => {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  if (code !== 0) throw new Error(`expected ${what} to end with 0, got ${code}`);
};

const startReadyMs = async (home: string): Promise<number> => {
  const begun = performance.now();
  const child = npm(['start', '--', '--json'], home);
  if (child.stdout === null) throw new Error('npm start has no stdout');
  // the one line of JSON says that it is ready
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended(child, 'npm start')]);
  const readyMs = performance.now() - begun;
  child.kill();
  await once(child, 'exit');
  return readyMs;
};

const demoMs = async (home: string): Promise<number> => {
  const begun = performance.now();
  const child = npm(['run', 'demo'], home);
  child.stdout?.resume();
  await ended(child, 'npm run demo');
  return performance.now() - begun;
};

export const measureCommands = async (): Promise<readonly Measure[]> => {
  const home = await mkdtemp(join(tmpdir(), 'vestibule-bench-home-'));
  try {
    return [
      reported('npm-start-ready-ms', Math.round(await startReadyMs(home)), 'ms', null),
      reported('npm-run-demo-ms', Math.round(await demoMs(home)), 'ms', 60_000),
    ];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};
