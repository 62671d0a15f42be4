// A device made and run by hand: shell commands as the documents print them, in a folder of their own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { announceSystem } from '#cli/running-system.ts';
import type { LocalSystem } from '#local/system.ts';
import { type CommandResult, VESTIBULE } from '#support/vestibule-process.ts';

const DEADLINE_MS = 10_000;

/** A program that goes on until it is stopped. */
export type Running = AsyncDisposable & {
  /** Resolves with the n-th line on stdout or stderr that holds the text. @throws Error with all lines when it does not come */
  line(text: string, count?: number): Promise<string>;
  readonly lines: readonly string[];
  /** Waits until it ends by itself. @returns its exit code */
  ended(): Promise<number | null>;
};

export type Shell = AsyncDisposable & {
  readonly folder: string;
  /** Runs a script to its end; a command in it that fails ends it. */
  run(script: string): Promise<CommandResult>;
  /** As `run`. @throws Error with what it printed unless it ends with 0 */
  done(script: string): Promise<CommandResult>;
  /** Runs a script in the background, for a minute at most. */
  start(script: string): Running;
};

const watch = (child: ChildProcess): Running => {
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) throw new TypeError('the streams of the program are pipes');
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      for (const look of watchers) look();
    });
  }
  return {
    lines,
    line: (text, count = 1) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`no ${count} × "${text}" within ${DEADLINE_MS} ms in:\n${lines.join('\n')}`));
        }, DEADLINE_MS);
        const look = () => {
          const found = lines.filter((line) => line.includes(text))[count - 1];
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
    ended: async () => {
      const [code] = await exited;
      return code as number | null;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await exited;
    },
  };
};

/**
 * A shell in which `npx vestibule` acts on this system, from any folder: npx itself finds the command in the project's
 * folder only.
 */
export const openShell = async (system: LocalSystem): Promise<Shell> => {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-shell-'));
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const program = (name: string, line: string) =>
    writeFile(join(programs, name), `#!/bin/sh\n${line} "$@"\n`, { mode: 0o700 });
  await program('npx', `shift\nexec "${process.execPath}" "${VESTIBULE}"`);
  // it keeps its lines back when it writes to a pipe
  await program('mosquitto_sub', `PATH='${process.env['PATH']}' exec stdbuf -oL mosquitto_sub`);
  announceSystem(join(folder, 'home')).ready({ ...system, credentials: system.credentials.operator });
  const options = {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${programs}:${process.env['PATH']}`,
      VESTIBULE_HOME: join(folder, 'home'),
      NO_COLOR: '1',
    },
  };

  const run: Shell['run'] = (script) =>
    new Promise((resolve) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  return {
    folder,
    run,
    done: async (script) => {
      const ran = await run(script);
      if (ran.exitCode === 0) return ran;
      throw new Error(`${script}\nended with ${ran.exitCode}:\n${ran.stdout}${ran.stderr}`);
    },
    // told to stop, timeout tells everything that the script started
    start: (script) => watch(spawn('timeout', ['60', 'bash', '-c', script], options)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
