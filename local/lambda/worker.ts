// Runs inside an execution environment (a worker thread): loads the bundled handler once, then answers invocations.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { EnvironmentSettings, FromEnvironment, FunctionError, ToEnvironment } from '#local/lambda/protocol.ts';

const settings = workerData as EnvironmentSettings;
const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');

const RealDate = Date;
let clockOffsetMs = settings.clockOffsetMs ?? 0;

/** The system's clock can be set: then the function's own `Date` tells that time, with product code unchanged. */
const shiftDate = (): void => {
  const now = () => RealDate.now() + clockOffsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
};

const errorOf = (thrown: unknown): FunctionError =>
  thrown instanceof Error
    ? { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') }
    : { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };

const send = (message: FromEnvironment): void => port.postMessage(message);

const loadHandler = async (): Promise<(event: unknown, context: object) => unknown> => {
  const module: unknown = await import(pathToFileURL(join(settings.codeFolder, settings.file)).href);
  const handler = Object.entries(module as object).find(([name]) => name === settings.exportName)?.[1];
  if (typeof handler !== 'function') throw new Error(`${settings.file} exports no function ${settings.exportName}`);
  return handler as (event: unknown, context: object) => unknown;
};

const contextOf = ({ requestId, deadline }: ToEnvironment) => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName: settings.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: settings.functionArn,
  memoryLimitInMB: String(settings.memoryMb),
  logGroupName: `/aws/lambda/${settings.functionName}`,
  logStreamName: settings.logStreamName,
  getRemainingTimeInMillis: () => Math.max(0, deadline - RealDate.now()),
});

if (settings.clockOffsetMs !== null) shiftDate();
try {
  const handler = await loadHandler();
  port.on('message', (invocation: ToEnvironment) => {
    clockOffsetMs = invocation.clockOffsetMs ?? 0;
    const { requestId } = invocation;
    const run = async () => handler(JSON.parse(invocation.event), contextOf(invocation));
    run().then(
      // Lambda hands on what JSON keeps of an answer
      (answer) =>
        send({ kind: 'answered', requestId, payload: answer === undefined ? 'null' : JSON.stringify(answer) }),
      (thrown: unknown) => send({ kind: 'failed', requestId, error: errorOf(thrown) }),
    );
  });
  send({ kind: 'ready' });
} catch (thrown) {
  send({ kind: 'unusable', error: errorOf(thrown) });
}
