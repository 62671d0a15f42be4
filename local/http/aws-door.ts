// One URL for every AWS API: sends each request on to the door of its service, past whatever listens in.

import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { credentialScopeOf } from '#local/http/sigv4.ts';
import { findRoute } from '#local/iot/control-plane/routing.ts';

/** As the credential scope of a signature names them. */
export type Service = 'iot' | 'dynamodb' | 'sqs' | 'events';

export type AwsCall = {
  readonly service: Service;
  /** such as `UpdateCertificate` */
  readonly operation: string;
  /** name of the function that calls, null for everybody else */
  readonly caller: string | null;
};

export type Interceptor = {
  /** Before the service sees the call. Throwing an AwsFault answers it without an effect. */
  readonly before?: (call: AwsCall) => void | Promise<void>;
  /** The effect has happened, the caller has no answer yet. Throwing an AwsFault takes the answer's place. */
  readonly after?: (call: AwsCall) => void | Promise<void>;
};

/** An error that the SDK client sees as the exception of that name. */
export class AwsFault extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export type AwsDoorOptions = {
  /** URL of each service's own door */
  readonly services: Readonly<Record<Service, string>>;
  /** function by the access key that its environment holds */
  readonly callerOf: (accessKeyId: string) => string | null;
  readonly interceptors: ReadonlySet<Interceptor>;
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
};

const faultAnswer = ({ code, message, status }: AwsFault): Answer => ({
  status,
  // JSON protocols read the type in the body, REST-JSON in the header
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
  body: Buffer.from(JSON.stringify({ __type: code, message })),
});

/** DynamoDB, SQS and EventBridge name the operation in a header, IoT by method and path. */
const operationOf = ({ method = 'GET', url = '/', headers }: IncomingMessage): string => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  return findRoute(method, url.split('?')[0] ?? '/')?.model.name ?? `${method} ${url}`;
};

const isService = (name: string | undefined, services: AwsDoorOptions['services']): name is Service =>
  name !== undefined && name in services;

/** @returns a server that does not listen yet */
export const createAwsDoor = ({ services, callerOf, interceptors }: AwsDoorOptions): Server => {
  const agent = new Agent({ keepAlive: true });

  const forward = async (
    service: Service,
    incoming: IncomingMessage,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { method, url, headers } = incoming;
    const outgoing = httpRequest(new URL(url ?? '/', services[service]), { agent, method, headers, signal }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
    const response = await promise;
    return { status: response.statusCode ?? 502, headers: response.headers, body: await buffer(response) };
  };

  const answer = async (incoming: IncomingMessage, signal: AbortSignal): Promise<Answer> => {
    const body = await buffer(incoming);
    const scope = credentialScopeOf(incoming.headers.authorization);
    if (!isService(scope?.service, services)) {
      throw new AwsFault(
        'UnknownEndpoint',
        `expected a request signed for one of ${Object.keys(services).join(', ')}, got ${scope?.service ?? 'no signature'}`,
        404,
      );
    }
    const { service, accessKeyId } = { ...scope, service: scope.service };
    const call: AwsCall = { service, operation: operationOf(incoming), caller: callerOf(accessKeyId) };
    for (const interceptor of interceptors) await interceptor.before?.(call);
    const answered = await forward(service, incoming, body, signal);
    for (const interceptor of interceptors) await interceptor.after?.(call);
    return answered;
  };

  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    // whoever gives up a long poll must not leave it waiting for a message
    const closed = new AbortController();
    outgoing.once('close', () => closed.abort());
    void answer(incoming, closed.signal)
      .catch((error: unknown) => {
        if (error instanceof AwsFault) return faultAnswer(error);
        return faultAnswer(
          new AwsFault('InternalFailure', error instanceof Error ? error.message : String(error), 500),
        );
      })
      .then(({ status, headers, body }) => {
        outgoing.writeHead(status, headers as Record<string, string>);
        outgoing.end(body);
      });
  });
  server.on('close', () => agent.destroy());
  return server;
};
