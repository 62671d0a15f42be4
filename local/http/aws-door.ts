// One URL for every AWS API: hands each request to the door of its service, past whatever listens in.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import { credentialScopeOf } from '#local/http/sigv4.ts';
import { findControlPlaneRoute } from '#local/iot/control-plane/api.ts';
import { findDataPlaneRoute } from '#local/iot/data-plane/api.ts';

/** As the credential scope of a signature names them. */
export type Service = 'iot' | 'iotdata' | 'dynamodb' | 'sqs' | 'events';

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
  /** The effect has happened, the caller has no answer yet. Throwing loses the answer: the connection is cut. */
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
  readonly services: Readonly<Record<Service, Pick<HttpDoor, 'handle'>>>;
  /** function by the access key that its environment holds */
  readonly callerOf: (accessKeyId: string) => string | null;
  readonly interceptors: ReadonlySet<Interceptor>;
};

const refuse = (response: ServerResponse, { code, message, status }: AwsFault): void => {
  // JSON protocols read the type in the body, REST-JSON in the header
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code });
  response.end(JSON.stringify({ __type: code, message }));
};

/** Holds the answer back until `ready`, and cuts the connection when that fails. */
const holdAnswer = (response: ServerResponse, ready: () => Promise<void>): void => {
  const end = response.end.bind(response);
  // every door here answers with one call of `end`; its overloads are one list of arguments to pass on
  response.end = (...answer: unknown[]) => {
    ready().then(
      () => Reflect.apply(end, response, answer),
      () => response.destroy(),
    );
    return response;
  };
};

/** DynamoDB, SQS and EventBridge name the operation in a header, IoT by method and path. */
const operationOf = (service: Service, { method = 'GET', url = '/', headers }: IncomingMessage): string => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const findRoute = service === 'iotdata' ? findDataPlaneRoute : findControlPlaneRoute;
  return findRoute(method, url.split('?')[0] ?? '/')?.model.name ?? `${method} ${url}`;
};

const isService = (name: string, services: AwsDoorOptions['services']): name is Service => name in services;

/** @returns a server that does not listen yet */
export const createAwsDoor = ({ services, callerOf, interceptors }: AwsDoorOptions): Server => {
  const admit = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const scope = credentialScopeOf(request.headers.authorization);
    if (scope === null || !isService(scope.service, services)) {
      const wanted = Object.keys(services).join(', ');
      const came = scope === null ? 'no signature' : scope.service;
      throw new AwsFault('UnknownEndpoint', `expected a request signed for one of ${wanted}, got ${came}`, 404);
    }
    const { service, accessKeyId } = scope;
    const listening = [...interceptors];
    if (listening.length > 0) {
      const call: AwsCall = { service, operation: operationOf(service, request), caller: callerOf(accessKeyId) };
      for (const interceptor of listening) await interceptor.before?.(call);
      holdAnswer(response, async () => {
        for (const interceptor of listening) await interceptor.after?.(call);
      });
    }
    services[service].handle(request, response);
  };

  return createServer((request, response) => {
    admit(request, response).catch((error: unknown) => {
      if (error instanceof AwsFault) return refuse(response, error);
      const reason = error instanceof Error ? error.message : String(error);
      refuse(response, new AwsFault('InternalFailure', reason, 500));
    });
  });
};
