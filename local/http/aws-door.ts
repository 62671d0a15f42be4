// One URL for every AWS API: hands each request to the door of its service, past whatever listens in.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { invokedFunction } from '#local/cloud/lambda-door.ts';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import { s3OperationOf } from '#local/cloud/s3/routing.ts';
import { AwsFault } from '#local/http/aws-fault.ts';
import { credentialScopeOf } from '#local/http/sigv4.ts';
import { findControlPlaneRoute } from '#local/iot/control-plane/api.ts';
import { findDataPlaneRoute } from '#local/iot/data-plane/api.ts';

/** As the credential scope of a signature names them. */
export type Service = 'iot' | 'iotdata' | 'dynamodb' | 'sqs' | 'events' | 's3' | 'lambda' | 'acm-pca';

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

export type AwsDoorOptions = {
  readonly services: Readonly<Record<Service, Pick<HttpDoor, 'handle'>>>;
  /** function by the access key that its environment holds */
  readonly callerOf: (accessKeyId: string) => string | null;
  readonly interceptors: ReadonlySet<Interceptor>;
  /** epoch milliseconds */
  readonly clock: () => number;
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

/** Of those that do not name the operation in a header, by method and path (as on the request line, without the query). */
const OPERATION_BY_PATH: Partial<Record<Service, (method: string, path: string, query: string) => string | undefined>> =
  {
    iot: (method, path) => findControlPlaneRoute(method, path)?.model.name,
    iotdata: (method, path) => findDataPlaneRoute(method, path)?.model.name,
    s3: (method, path, query) => s3OperationOf(method, path, new URLSearchParams(query)) ?? undefined,
    lambda: (method, path) => (invokedFunction(method, path) === null ? undefined : 'Invoke'),
  };

const operationOf = (service: Service, { method = 'GET', url = '/', headers }: IncomingMessage): string => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const [path = '/', query = ''] = url.split('?', 2);
  return OPERATION_BY_PATH[service]?.(method, path, query) ?? `${method} ${url}`;
};

const isService = (name: string, services: AwsDoorOptions['services']): name is Service => name in services;

/** @returns a server that does not listen yet */
export const createAwsDoor = ({ services, callerOf, interceptors, clock }: AwsDoorOptions): Server => {
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
    // SDK clients take the date of an answer for the time, and every error of a client whose own differs for one to retry
    response.setHeader('date', new Date(clock()).toUTCString());
    admit(request, response).catch((error: unknown) => {
      if (error instanceof AwsFault) return refuse(response, error);
      const reason = error instanceof Error ? error.message : String(error);
      refuse(response, new AwsFault('InternalFailure', reason, 500));
    });
  });
};
