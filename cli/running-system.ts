// The file by which commands find the running embedded system. It holds test credentials, so only its owner may read it.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { Failure } from './failure.ts';

const Access = v.object({
  api: v.object({ url: v.pipe(v.string(), v.url()) }),
  aws: v.object({ region: v.string() }),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
});
const RunningSystem = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** null while the system starts */
  access: v.nullable(Access),
});
export type Access = v.InferOutput<typeof Access>;
export type RunningSystem = v.InferOutput<typeof RunningSystem>;

/** The project's own folder, whatever the working directory; VESTIBULE_HOME names another, for a second system. */
export const systemHome = (env: NodeJS.ProcessEnv): string =>
  env['VESTIBULE_HOME'] ?? fileURLToPath(new URL('../.vestibule', import.meta.url));

const fileIn = (home: string) => join(home, 'local.json');

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Null when none runs: no file, or one that a killed system left behind. */
export const findRunningSystem = (home: string): RunningSystem | null => {
  let text: string;
  try {
    text = readFileSync(fileIn(home), 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const system = v.parse(RunningSystem, JSON.parse(text));
    return isAlive(system.pid) ? system : null;
  } catch (error) {
    throw new Failure(
      'LOCAL_FILE_UNREADABLE',
      `${fileIn(home)} does not describe a running system: delete it, then start one with "npm start"`,
      { cause: error },
    );
  }
};

const write = (home: string, system: RunningSystem, exclusively: boolean) => {
  const file = exclusively ? fileIn(home) : `${fileIn(home)}.new`;
  writeFileSync(file, JSON.stringify(system), { mode: 0o600, flag: exclusively ? 'wx' : 'w' });
  if (!exclusively) renameSync(file, fileIn(home));
};

/**
 * Says that this process is the running system, before it starts: of two that start at once, one fails here.
 * @throws Failure ALREADY_RUNNING
 */
export const announceSystem = (home: string): { ready(access: Access): void; gone(): void } => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const running = findRunningSystem(home);
  if (running) {
    throw new Failure(
      'ALREADY_RUNNING',
      `an embedded system runs already, as process ${running.pid}: stop it first, or start a second one with VESTIBULE_HOME naming another folder`,
    );
  }
  rmSync(fileIn(home), { force: true });
  write(home, { pid: process.pid, access: null }, true);
  return {
    ready: (access) => write(home, { pid: process.pid, access }, false),
    gone: () => rmSync(fileIn(home), { force: true }),
  };
};
