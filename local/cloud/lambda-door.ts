// Lambda as one who calls a function sees it: Invoke, and the answer.

import { AwsFault, notEmulated } from '#local/http/aws-fault.ts';
import type { FunctionRunner } from '#local/lambda/function-runner.ts';
import { type DoorRequest, type DoorResponse, startHttpDoor } from './http-door.ts';
import type { HttpDoor } from './loopback.ts';

/** What a synchronous invocation takes: 6 MB (Lambda Developer Guide, "Lambda quotas"). */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** A name, a partial ARN or an ARN, and perhaps a version (Lambda API reference, Invoke, FunctionName). */
const FUNCTION = /^(?:(?:arn:[^:]+:lambda:[^:]+:)?\d{12}:function:)?([\w-]+)(?::(\$LATEST|[\w-]+))?$/;

/** Name or ARN in the path of an Invoke, null for any other request. @param path percent-encoded */
export const invokedFunction = (method: string, path: string): string | null => {
  const name = method === 'POST' ? INVOCATIONS.exec(path)?.[1] : undefined;
  try {
    return name === undefined ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
};

export type LambdaDoor = HttpDoor & {
  /** Functions are known from now on. @param find by name; null when there is none */
  readonly serve: (find: (name: string) => Pick<FunctionRunner, 'invoke'> | null) => void;
};

const respond = (status: number, headers: Readonly<Record<string, string>>, payload: unknown): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(payload),
});
const refusal = ({ code, message, status }: AwsFault): DoorResponse =>
  respond(status, { 'x-amzn-errortype': code }, { Type: status < 500 ? 'User' : 'Service', message, Message: message });

const payloadOf = (body: string): unknown => {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new AwsFault('InvalidRequestContentException', `Could not parse request body into json: ${because}`);
  }
};

/** Listens on a free port of 127.0.0.1. Requests are not authenticated. */
export const startLambda = async (): Promise<LambdaDoor> => {
  let find: Parameters<LambdaDoor['serve']>[0] = () => null;

  const invoke = async ({ method, url, headers, body }: DoorRequest): Promise<DoorResponse> => {
    const wanted = invokedFunction(method, url.pathname);
    if (wanted === null) throw notEmulated(`${method} ${url.pathname} of Lambda`);
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse') throw notEmulated(`Invoke with the invocation type ${String(type)}`);
    if (headers['x-amz-log-type'] === 'Tail') throw notEmulated('Invoke with the log type Tail');
    const [, name = '', version] = FUNCTION.exec(wanted) ?? [];
    const qualifier = url.searchParams.get('Qualifier') ?? version ?? '$LATEST';
    const runner = qualifier === '$LATEST' ? find(name) : null;
    if (runner === null) throw new AwsFault('ResourceNotFoundException', `Function not found: ${wanted}`, 404);
    const outcome = await runner.invoke(payloadOf(body));
    const executed = { 'x-amz-executed-version': '$LATEST' };
    return outcome.ok
      ? respond(200, executed, outcome.payload)
      : respond(200, { ...executed, 'x-amz-function-error': 'Unhandled' }, outcome.error);
  };

  const door = await startHttpDoor(
    async (request) => {
      try {
        return await invoke(request);
      } catch (error) {
        if (error instanceof AwsFault) return refusal(error);
        throw error;
      }
    },
    {
      maxBodyBytes: MAX_PAYLOAD_BYTES,
      refuse: (status, message) =>
        refusal(new AwsFault(status === 413 ? 'RequestTooLargeException' : 'AccessDeniedException', message, status)),
    },
  );
  return {
    ...door,
    serve: (functions) => {
      find = functions;
    },
  };
};
