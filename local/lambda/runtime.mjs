// Runs inside an execution environment, a process of its own: loads the bundled handler once, then answers invocations.
// Plain JavaScript, as stripping types would double the time that an environment takes to start.
// @ts-check

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {import('./protocol.ts').FromEnvironment} FromEnvironment */
/** @typedef {import('./protocol.ts').FunctionError} FunctionError */
/** @typedef {import('./protocol.ts').Invocation} Invocation */
/** @typedef {import('./protocol.ts').EnvironmentSettings} EnvironmentSettings */
/** @typedef {(event: unknown, context: object) => unknown} Handler */

/** @type {EnvironmentSettings} */
const settings = JSON.parse(process.argv[2] ?? 'null');

const RealDate = Date;
let clockOffsetMs = 0;

/** The system's clock can be set: then the function's own `Date` tells that time, with product code unchanged. */
const shiftDate = () => {
  const now = () => RealDate.now() + clockOffsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
};

/** @param {FromEnvironment} message */
const send = (message) => process.send?.(message);

/**
 * @param {unknown} thrown
 * @returns {FunctionError}
 */
const errorOf = (thrown) =>
  thrown instanceof Error
    ? { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') }
    : { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };

/** @returns {Promise<Handler>} */
const loadHandler = async () => {
  const module = await import(pathToFileURL(join(settings.codeFolder, settings.file)).href);
  const handler = module[settings.exportName];
  if (typeof handler !== 'function') throw new Error(`${settings.file} exports no function ${settings.exportName}`);
  return handler;
};

/** @type {(value: unknown) => string | undefined} nothing is left of a function, a symbol or undefined */
const toJson = JSON.stringify;

/**
 * Lambda hands on what JSON keeps of an answer.
 * @param {unknown} answer
 */
const payloadOf = (answer) => {
  try {
    return toJson(answer) ?? 'null';
  } catch (cause) {
    // in the words of Lambda's own runtime
    throw new Error('Unable to stringify response body', { cause });
  }
};

/** @param {Invocation} invocation */
const contextOf = ({ requestId, deadline }) => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName: settings.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: settings.functionArn,
  memoryLimitInMB: String(settings.memoryMb),
  logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
  logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
  getRemainingTimeInMillis: () => Math.max(0, deadline - RealDate.now()),
});

// the system is gone: nobody is left to answer to
process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error, origin) => {
  const { errorType, ...rest } = errorOf(error);
  const type = origin === 'unhandledRejection' ? 'Runtime.UnhandledPromiseRejection' : errorType;
  process.send?.({ kind: 'crashed', error: { errorType: type, ...rest } }, () => process.exit(129));
});

if (settings.clockOffsetMs !== null) {
  clockOffsetMs = settings.clockOffsetMs;
  shiftDate();
}
try {
  const handler = await loadHandler();
  process.on('message', (/** @type {Invocation} */ invocation) => {
    clockOffsetMs = invocation.clockOffsetMs ?? 0;
    const { requestId } = invocation;
    const run = async () => payloadOf(await handler(JSON.parse(invocation.event), contextOf(invocation)));
    run().then(
      (payload) => send({ kind: 'answered', requestId, payload }),
      (thrown) => send({ kind: 'failed', requestId, error: errorOf(thrown) }),
    );
  });
  send({ kind: 'ready' });
} catch (thrown) {
  send({ kind: 'crashed', error: errorOf(thrown) });
}
