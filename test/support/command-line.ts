// Runs the command line in this process, with its streams captured.

import { Writable } from 'node:stream';
import type { ExitCode } from '#cli/failure.ts';
import { run } from '#cli/program.ts';

/** A stream that is no terminal and keeps what is written to it. */
export const capturedStream = (): { readonly stream: Writable; readonly text: () => string } => {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
};

export type Ran = { readonly exitCode: ExitCode; readonly stdout: string; readonly stderr: string };

/** @param home folder in which a running system would be found; by default one where none ever runs */
export const runCommandLine = async (args: readonly string[], home = '/nonexistent'): Promise<Ran> => {
  const stdout = capturedStream();
  const stderr = capturedStream();
  const exitCode = await run(args, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { VESTIBULE_HOME: home },
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
};
