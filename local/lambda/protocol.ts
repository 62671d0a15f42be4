// What the runner and an execution environment say to each other.

export type EnvironmentSettings = {
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly codeFolder: string;
  readonly file: string;
  readonly exportName: string;
  /** null: the machine's own clock */
  readonly clockOffsetMs: number | null;
};

/** As Lambda reports a failed invocation. */
export type FunctionError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
};

export type Invocation = {
  readonly requestId: string;
  /** JSON */
  readonly event: string;
  /** epoch milliseconds of the machine's clock */
  readonly deadline: number;
  readonly clockOffsetMs: number | null;
};

export type FromEnvironment =
  | { readonly kind: 'ready' }
  /** the handler could not be loaded, or an error was caught by nobody; the environment is of no more use */
  | { readonly kind: 'crashed'; readonly error: FunctionError }
  | { readonly kind: 'answered'; readonly requestId: string /** JSON */; readonly payload: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: FunctionError };
