// One execution environment: a process with the function's own environment variables, one invocation at a time.

import { fork } from 'node:child_process';
import { once } from 'node:events';
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

/** @throws Error when the code has no file for the handler */
export const entryOf = ({ name, handler, codeFolder }: FunctionConfig) => {
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
  clock: (() => number) | null,
  log: (line: string) => void,
): ExecutionEnvironment => {
  const clockOffset = () => (clock === null ? null : clock() - Date.now());
  const settings: EnvironmentSettings = {
    ...entryOf(config),
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

  let usable = true;
  let crash: FunctionError | null = null;
  let receive: (outcome: Outcome) => void = () => {};
  const { promise: loaded, resolve: settleLoaded } = Promise.withResolvers<null>();
  /** ends whatever waits for this environment */
  const { promise: gone, resolve: settleGone } = Promise.withResolvers<FunctionError>();

  child.on('message', (message: FromEnvironment) => {
    switch (message.kind) {
      case 'ready':
        return settleLoaded(null);
      case 'crashed':
        usable = false;
        crash = message.error;
        return settleGone(message.error);
      case 'answered':
        return receive({ ok: true, payload: JSON.parse(message.payload) });
      case 'failed':
        return receive({ ok: false, error: message.error });
    }
  });
  // a message to a process that has just gone: its exit says the rest
  child.on('error', (error) => log(`${config.name}: ${error.message}`));
  const exited = once(child, 'exit').then(([code, signal]) => {
    usable = false;
    const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
    settleGone(crash ?? failure('Runtime.ExitError', `Runtime exited with ${how}`));
  });

  const terminate = async (): Promise<void> => {
    usable = false;
    child.kill('SIGKILL');
    await exited;
  };

  const within = async <T>(work: Promise<T>, ms: number, late: FunctionError): Promise<T | FunctionError> => {
    const { promise: deadline, resolve: expire } = Promise.withResolvers<FunctionError>();
    const timer = setTimeout(() => expire(late), ms);
    try {
      return await Promise.race([work, deadline, gone]);
    } finally {
      clearTimeout(timer);
    }
  };

  const run = async (requestId: string, event: unknown): Promise<Outcome | FunctionError> => {
    const unloaded = await within(
      loaded,
      INIT_TIMEOUT_MS,
      failure('Sandbox.Timedout', `Init phase timed out after ${INIT_TIMEOUT_MS / 1_000} seconds`),
    );
    if (unloaded !== null) return unloaded;
    const { promise: answered, resolve } = Promise.withResolvers<Outcome>();
    receive = resolve;
    const timeoutMs = config.timeoutSeconds * 1_000;
    const invocation: Invocation = {
      requestId,
      event: JSON.stringify(event),
      deadline: Date.now() + timeoutMs,
      clockOffsetMs: clockOffset(),
    };
    if (child.connected) child.send(invocation);
    // in Lambda's own words
    const late = `RequestId: ${requestId} Error: Task timed out after ${config.timeoutSeconds.toFixed(2)} seconds`;
    return within(answered, timeoutMs, failure('Sandbox.Timedout', late));
  };

  return {
    terminate,
    isUsable: () => usable,
    invoke: async (requestId, event) => {
      const outcome = await run(requestId, event);
      if ('ok' in outcome) return outcome;
      await terminate();
      return { ok: false, error: outcome };
    },
  };
};
