// Runs a bundled function in a process of its own, as fresh as a cold start, and times it there.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('./function-process-entry.ts', import.meta.url));

export type Invocation = {
  /** loading the bundle, milliseconds; 0 for all but the first */
  readonly importMs: number;
  readonly invocationMs: number;
  readonly result: unknown;
};
export type Reply = Invocation | { readonly error: string };

export type FunctionProcess = AsyncDisposable & { invoke(event: object): Promise<Invocation> };

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
};

/** Ends the listeners of an invocation with it: the process outlives many. */
const abortOnDispose = (): Disposable & { readonly signal: AbortSignal } => {
  const controller = new AbortController();
  return { signal: controller.signal, [Symbol.dispose]: () => controller.abort() };
};

/** @param environment all that the function sees of its surroundings */
export const startFunctionProcess = (
  bundle: string,
  environment: Readonly<Record<string, string>>,
): FunctionProcess => {
  const child = fork(ENTRY, [bundle], { env: { ...environment }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    invoke: async (event) => {
      using listening = abortOnDispose();
      const reply = Promise.race([
        once(child, 'message', listening).then(([message]) => message as Reply),
        once(child, 'exit', listening).then(([code]): Reply => ({ error: `the process ended with ${code}` })),
      ]);
      child.send(event);
      const answer = await reply;
      if ('error' in answer) throw new Error(`the function failed: ${answer.error}`);
      return answer;
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
};
