// How an emulated service says no.

/** An error that the SDK client sees as the exception of that name. */
export class AwsFault extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** An operation, or a part of one, that the emulated service does not have: never skipped in silence. */
export const notEmulated = (what: string): AwsFault => new AwsFault('NotEmulatedException', `${what} is not emulated`);
