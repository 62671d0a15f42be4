// A function of the Lambda runner, made of the handler's source in a folder of its own.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionConfig } from '#local/lambda/execution-environment.ts';
import { createFunctionRunner, type FunctionRunner } from '#local/lambda/function-runner.ts';

export type TestFunction = {
  readonly runner: FunctionRunner;
  readonly logs: readonly string[];
  readonly stop: () => Promise<void>;
};

/** @param source of an ES module that exports `handler` */
export const aFunction = async (
  source: string,
  config: Partial<FunctionConfig> = {},
  clock: (() => number) | null = null,
): Promise<TestFunction> => {
  const codeFolder = await mkdtemp(join(tmpdir(), 'vestibule-function-'));
  await writeFile(join(codeFolder, 'index.mjs'), source);
  const logs: string[] = [];
  const removeCode = () => rm(codeFolder, { recursive: true, force: true });
  try {
    const runner = createFunctionRunner(
      {
        name: 'test-function',
        arn: 'arn:aws:lambda:eu-central-1:000000000000:function:test-function',
        handler: 'index.handler',
        codeFolder,
        timeoutSeconds: 5,
        memoryMb: 128,
        environment: {},
        ...config,
      },
      { clock, log: (_, line) => logs.push(line) },
    );
    return {
      runner,
      logs,
      stop: async () => {
        await runner.stop();
        await removeCode();
      },
    };
  } catch (error) {
    await removeCode();
    throw error;
  }
};
