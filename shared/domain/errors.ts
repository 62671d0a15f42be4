// Thrown errors, sorted by the only thing that matters to whoever catches them: whether a retry can help.

/** A retry cannot help. `code` is stable; the message names no secret and says what to do. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A retry may help: throttling, timeouts, a service that is down. `code` says what an operator finds when none did. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  readonly code: string;

  constructor(message: string, options: ErrorOptions & { readonly code?: string } = {}) {
    super(message, options);
    this.code = options.code ?? 'ATTEMPTS_EXHAUSTED';
  }
}
