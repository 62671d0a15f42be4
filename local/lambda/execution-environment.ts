// One execution environment: a process with the function's own environment variables, one invocation at a time.

import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EnvironmentSettings, FromEnvironment, FunctionError, Invocation } from '#local/lambda/protocol.ts';

export type FunctionConfig = {
  readonly name: string;
  readonly arn: string;
  /** `index.handler`: file without extension, then the export */
  readonly handler: string;
  readonly codeFolder: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** the whole of process.env: nothing is inherited */
  readonly environment: Readonly<Record<string, string>>;
};

export type Outcome =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly error: FunctionError };

export type ExecutionEnvironment = {
  /** Must not be called again before it answered. */
  invoke(requestId: string, event: unknown): Promise<Outcome>;
  /** false once it timed out, crashed or was terminated */
  isUsable(): boolean;
  terminate(): Promise<void>;
};

const RUNTIME = fileURLToPath(new URL('./runtime.mjs', import.meta.url));
/** Lambda gives the init phase ten seconds (Lambda Developer Guide, "Lambda execution environment"). */
const INIT_TIMEOUT_MS = 10_000;
const EXTENSIONS = ['.mjs', '.js', '.cjs'];

export type Entry = { readonly file: string; readonly exportName: string };

/** @throws Error when the code has no file for the handler */
export const entryOf = ({ name, handler, codeFolder }: FunctionConfig): Entry => {
  const dot = handler.lastIndexOf('.');
  const stem = handler.slice(0, dot);
  const extension = EXTENSIONS.find((candidate) => existsSync(join(codeFolder, stem + candidate)));
  if (dot < 1 || extension === undefined) throw new Error(`${name}: no file for handler ${handler} in ${codeFolder}`);
  return { file: stem + extension, exportName: handler.slice(dot + 1) };
};

const failure = (errorType: string, errorMessage: string): FunctionError => ({ errorType, errorMessage, trace: [] });

/**
 * Starts an environment; the handler is loaded in the background, and the first invocation waits for it.
 * @param clock the system's clock; null: it is the machine's
 * @param log takes each line that the function writes
 */
export const startExecutionEnvironment = (
  config: FunctionConfig,
  entry: Entry,
  clock: (() => number) | null,
  log: (line: string) => void,
): ExecutionEnvironment => {
  const clockOffset = () => (clock === null ? null : clock() - Date.now());
  const settings: EnvironmentSettings = {
    ...entry,
    functionName: config.name,
    functionArn: config.arn,
    memoryMb: config.memoryMb,
    codeFolder: config.codeFolder,
    clockOffsetMs: clockOffset(),
  };
  const child = fork(RUNTIME, [JSON.stringify(settings)], {
    cwd: config.codeFolder,
    env: { ...config.environment },
    execArgv: [`--max-old-space-size=${config.memoryMb}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', log);
  }

  /** why it is of no more use; null: it can be invoked */
  let end: FunctionError | null = null;
  let isLoaded = false;
  // One thing at a time waits for this environment. It is told by these, and not by promises that last as long as the
  // environment does: whatever was raced against one of those would be kept as long.
  let onLoaded = () => {};
  let onOutcome: (outcome: Outcome) => void = () => {};
  let onEnd: (error: FunctionError) => void = () => {};
  const finish = (error: FunctionError): void => {
    end ??= error;
    onEnd(end);
  };

  child.on('message', (message: FromEnvironment) => {
    switch (message.kind) {
      case 'ready':
        isLoaded = true;
        return onLoaded();
      case 'crashed':
        return finish(message.error);
      case 'answered':
        return onOutcome({ ok: true, payload: JSON.parse(message.payload) });
      case 'failed':
        return onOutcome({ ok: false, error: message.error });
    }
  });
  const { promise: exited, resolve: settleExited } = Promise.withResolvers<void>();
  child.on('exit', (code, signal) => {
    finish(
      failure(
        'Runtime.ExitError',
        `Runtime exited with ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`,
      ),
    );
    settleExited();
  });
  child.on('error', (error) => {
    log(`${config.name}: ${error.message}`);
    // a message to a process that has just gone: its exit says the rest
    if (child.pid !== undefined) return;
    finish(failure('Runtime.ExitError', `Runtime could not be started: ${error.message}`));
    settleExited();
  });

  const terminate = async (): Promise<void> => {
    finish(failure('Runtime.ExitError', 'Runtime exited with signal: SIGKILL'));
    child.kill('SIGKILL');
    await exited;
  };

  /** @param begin is given how to end the wait; the end of the environment and `late` end it as well */
  const within = async <T>(ms: number, late: FunctionError, begin: (done: (value: T) => void) => void) => {
    if (end !== null) return end;
    const { promise, resolve } = Promise.withResolvers<T | FunctionError>();
    const timer = setTimeout(() => resolve(late), ms);
    onEnd = resolve;
    begin(resolve);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      onEnd = () => {};
    }
  };

  const run = async (requestId: string, event: unknown): Promise<Outcome | FunctionError> => {
    const unloaded = await within<null>(
      INIT_TIMEOUT_MS,
      failure('Sandbox.Timedout', `Init phase timed out after ${INIT_TIMEOUT_MS / 1_000} seconds`),
      (done) => {
        onLoaded = () => done(null);
        if (isLoaded) onLoaded();
      },
    );
    if (unloaded !== null) return unloaded;
    const timeoutMs = config.timeoutSeconds * 1_000;
    // in Lambda's own words
    const late = `RequestId: ${requestId} Error: Task timed out after ${config.timeoutSeconds.toFixed(2)} seconds`;
    return within<Outcome>(timeoutMs, failure('Sandbox.Timedout', late), (done) => {
      onOutcome = done;
      const invocation: Invocation = {
        requestId,
        event: JSON.stringify(event),
        deadline: Date.now() + timeoutMs,
        clockOffsetMs: clockOffset(),
      };
      if (child.connected) child.send(invocation);
    });
  };

  return {
    terminate,
    isUsable: () => end === null,
    invoke: async (requestId, event) => {
      const outcome = await run(requestId, event);
      if ('ok' in outcome) return outcome;
      await terminate();
      return { ok: false, error: outcome };
    },
  };
};
