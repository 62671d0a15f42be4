// One execution environment: a worker thread with the function's own process.env, one invocation at a time.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { EnvironmentSettings, FromEnvironment, FunctionError, ToEnvironment } from '#local/lambda/protocol.ts';

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

/** As Lambda words it: `Task timed out after 3.00 seconds`. */
const timedOut = (requestId: string, seconds: number): FunctionError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  trace: [],
});

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
    logStreamName: config.environment['AWS_LAMBDA_LOG_STREAM_NAME'] ?? randomUUID(),
    memoryMb: config.memoryMb,
    codeFolder: config.codeFolder,
    clockOffsetMs: clockOffset(),
  };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    name: config.name,
    env: { ...config.environment },
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: config.memoryMb },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', log);

  let usable = true;
  let crash: FunctionError | null = null;
  let receive: (message: FromEnvironment) => void = () => {};
  const { promise: loaded, resolve: settleLoaded } = Promise.withResolvers<FunctionError | null>();
  /** ends whatever waits for this environment */
  const { promise: gone, resolve: settleGone } = Promise.withResolvers<FunctionError>();

  const terminate = async (): Promise<void> => {
    usable = false;
    await worker.terminate();
  };
  worker.on('message', (message: FromEnvironment) => {
    if (message.kind === 'ready') settleLoaded(null);
    else if (message.kind === 'unusable') settleLoaded(message.error);
    else receive(message);
  });
  worker.on('error', (error: unknown) => {
    usable = false;
    const known = error instanceof Error ? error : new Error(String(error));
    const outOfMemory = 'code' in known && known.code === 'ERR_WORKER_OUT_OF_MEMORY';
    crash = {
      errorType: outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError',
      errorMessage: known.message,
      trace: (known.stack ?? '').split('\n'),
    };
  });
  worker.on('exit', () => {
    usable = false;
    settleGone(
      crash ?? { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited without an answer', trace: [] },
    );
  });

  const withDeadline = async <T>(
    work: Promise<T>,
    ms: number,
    late: () => FunctionError,
  ): Promise<T | FunctionError> => {
    const { promise: deadline, resolve: expire } = Promise.withResolvers<FunctionError>();
    const timer = setTimeout(() => expire(late()), ms);
    try {
      return await Promise.race([work, deadline, gone]);
    } finally {
      clearTimeout(timer);
    }
  };

  const load = async (): Promise<FunctionError | null> =>
    withDeadline(loaded, INIT_TIMEOUT_MS, () => ({
      errorType: 'Sandbox.Timedout',
      errorMessage: `Init phase timed out after ${INIT_TIMEOUT_MS / 1_000} seconds`,
      trace: [],
    }));

  const invoke = async (requestId: string, event: unknown): Promise<Outcome> => {
    const failedLoad = await load();
    if (failedLoad !== null) {
      await terminate();
      return { ok: false, error: failedLoad };
    }
    const timeoutMs = config.timeoutSeconds * 1_000;
    const answered = new Promise<Outcome>((resolve) => {
      receive = (message) => {
        if (message.kind === 'answered') resolve({ ok: true, payload: JSON.parse(message.payload) });
        else if (message.kind === 'failed') resolve({ ok: false, error: message.error });
      };
    });
    const invocation: ToEnvironment = {
      requestId,
      event: JSON.stringify(event),
      deadline: Date.now() + timeoutMs,
      clockOffsetMs: clockOffset(),
    };
    worker.postMessage(invocation);
    const outcome = await withDeadline(answered, timeoutMs, () => timedOut(requestId, config.timeoutSeconds));
    if ('ok' in outcome) return outcome;
    await terminate();
    return { ok: false, error: outcome };
  };

  return { invoke, terminate, isUsable: () => usable };
};
