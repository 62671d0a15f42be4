// Inside the function's process: loads the bundle at the first event, as a cold start does, and answers with times.

import { pathToFileURL } from 'node:url';
import type { Reply } from './function-process.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const [bundle = ''] = process.argv.slice(2);
const context = {
  functionName: 'onboard-device',
  functionVersion: '1',
  memoryLimitInMB: '1024',
  awsRequestId: 'bench',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:onboard-device',
  getRemainingTimeInMillis: () => 20_000,
};
let handler: Handler | null = null;

const run = async (event: unknown): Promise<Reply> => {
  const start = performance.now();
  if (handler === null) handler = ((await import(pathToFileURL(bundle).href)) as { handler: Handler }).handler;
  const loaded = performance.now();
  const result = await handler(event, context);
  return { importMs: loaded - start, invocationMs: performance.now() - loaded, result };
};

process.on('message', (event) => {
  run(event).then(
    (reply) => process.send?.(reply),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
