// `vestibule` as processes: one that runs the embedded system, and any number that ask it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

export const VESTIBULE = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** The line of `vestibule local --json`, exactly. */
export const ReadyLine = v.strictObject({
  mqtt: v.strictObject({ host: v.string(), port: v.number() }),
  api: v.strictObject({ url: v.pipe(v.string(), v.url()) }),
  aws: v.strictObject({ endpoint: v.pipe(v.string(), v.url()), region: v.string(), accountId: v.string() }),
  serverCaFile: v.string(),
});

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs one command to its end, with these variables in its environment. */
export const vestibuleWith = (variables: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandResult> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: '1', ...variables } };
    execFile(process.execPath, [VESTIBULE, ...args], options, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

export const vestibule = (home: string, ...args: string[]): Promise<CommandResult> =>
  vestibuleWith({ VESTIBULE_HOME: home }, ...args);

export type SystemProcess = {
  readonly home: string;
  readonly child: ChildProcess;
  readonly ready: v.InferOutput<typeof ReadyLine>;
  /** lines on stdout so far */
  readonly lines: readonly string[];
  /** Asks it to stop, and waits. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

/**
 * Starts `vestibule local --json` on free ports, and waits until it is ready.
 * @param kept where another one ran before
 */
export const startSystemProcess = async (args: readonly string[] = [], kept?: string): Promise<SystemProcess> => {
  const home = kept ?? (await mkdtemp(join(tmpdir(), 'vestibule-home-')));
  const child = spawn(process.execPath, [VESTIBULE, 'local', '--json', '--port', '0', '--api-port', '0', ...args], {
    env: { ...process.env, VESTIBULE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const first = once(reader, 'line');
  reader.on('line', (line) => lines.push(line));
  const [line] = await Promise.race([
    first,
    exited.then(([code]) => {
      throw new Error(`vestibule local ended with ${String(code)} before it was ready`);
    }),
  ]);
  return {
    home,
    child,
    lines,
    ready: v.parse(v.pipe(v.string(), v.parseJson(), ReadyLine), line),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code] = await exited;
      await rm(home, { recursive: true, force: true });
      return code as number | null;
    },
  };
};
