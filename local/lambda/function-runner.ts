// One Lambda function: its warm environments, what waits for one, and what failed lately.

import { randomUUID } from 'node:crypto';
import {
  type ExecutionEnvironment,
  entryOf,
  type FunctionConfig,
  type Outcome,
  startExecutionEnvironment,
} from '#local/lambda/execution-environment.ts';
import type { FunctionError } from '#local/lambda/protocol.ts';

export type Failure = { readonly at: string; readonly requestId: string; readonly error: FunctionError };

export type FunctionRunner = {
  readonly config: FunctionConfig;
  /** `onboard-device`: the service that its own logs name, else its name */
  readonly displayName: string;
  /** Runs the handler in a warm environment, or in a new one. Failures of the function are values, never thrown. */
  invoke(event: unknown): Promise<Outcome>;
  /** Ends every environment, also in the middle of an invocation, as a crash of the machine beneath it would. */
  kill(): Promise<void>;
  /** newest last, bounded */
  failures(): readonly Failure[];
  invocations(): number;
  stop(): Promise<void>;
};

export type FunctionHost = {
  /** epoch milliseconds; null: the machine's own clock */
  readonly clock: (() => number) | null;
  readonly log: (functionName: string, line: string) => void;
};

/** More than this many at once wait for a free environment: one machine, not an account's thousand. */
const MAX_ENVIRONMENTS = 8;
const FAILURES_KEPT = 20;

/** @throws Error when the code has no file for the handler */
export const createFunctionRunner = (config: FunctionConfig, host: FunctionHost): FunctionRunner => {
  const entry = entryOf(config);
  const displayName = config.environment['POWERTOOLS_SERVICE_NAME'] ?? config.name;
  const environments = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  const waiting: ((environment: ExecutionEnvironment | null) => void)[] = [];
  const failures: Failure[] = [];
  let invocations = 0;
  let stopped = false;

  const start = (): ExecutionEnvironment => {
    const environment = startExecutionEnvironment(config, entry, host.clock, (line) => host.log(displayName, line));
    environments.add(environment);
    return environment;
  };

  const acquire = async (): Promise<ExecutionEnvironment | null> => {
    if (stopped) return null;
    for (let warm = idle.pop(); warm !== undefined; warm = idle.pop()) {
      if (warm.isUsable()) return warm;
      environments.delete(warm);
    }
    if (environments.size < MAX_ENVIRONMENTS) return start();
    return new Promise((resolve) => waiting.push(resolve));
  };

  const release = (environment: ExecutionEnvironment): void => {
    if (!environment.isUsable()) environments.delete(environment);
    const next = waiting.shift();
    if (next !== undefined) next(stopped ? null : environment.isUsable() ? environment : start());
    else if (environment.isUsable()) idle.push(environment);
  };

  const remember = (requestId: string, error: FunctionError): void => {
    failures.push({ at: new Date((host.clock ?? Date.now)()).toISOString(), requestId, error });
    if (failures.length > FAILURES_KEPT) failures.shift();
    host.log(displayName, `${error.errorType}: ${error.errorMessage}`);
  };

  const kill = async (): Promise<void> => {
    await Promise.all([...environments].map((environment) => environment.terminate()));
  };

  return {
    config,
    displayName,
    kill,
    invocations: () => invocations,
    failures: () => [...failures],
    invoke: async (event) => {
      const requestId = randomUUID();
      const environment = await acquire();
      if (environment === null) {
        return { ok: false, error: { errorType: 'Stopped', errorMessage: 'the system stops', trace: [] } };
      }
      invocations += 1;
      const outcome = await environment.invoke(requestId, event);
      if (!(outcome.ok || stopped)) remember(requestId, outcome.error);
      release(environment);
      return outcome;
    },
    stop: async () => {
      stopped = true;
      for (const resolve of waiting.splice(0)) resolve(null);
      await kill();
    },
  };
};
