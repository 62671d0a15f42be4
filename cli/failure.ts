// The one error that commands throw on purpose: a code for scripts, a sentence for people, an exit code for shells.

/** 1: the command was understood and failed (for `check`: not accepted). 2: the command line itself is wrong. */
export type ExitCode = 0 | 1 | 2;

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: ErrorOptions & { exitCode?: ExitCode } = {}) {
    super(message, options);
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}

export const usageFailure = (message: string): Failure => new Failure('USAGE', message, { exitCode: 2 });
