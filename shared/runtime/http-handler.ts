// A function behind the management API: routes and shapes by the contract, errors as problem details (RFC 9457).

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type {
  APIGatewayProxyEventV2WithIAMAuthorizer as ApiEvent,
  APIGatewayProxyStructuredResultV2 as ApiResult,
} from 'aws-lambda';
import * as v from 'valibot';
import type { Body, Params, Problem, Query, Response, Routes } from '#contracts/api-shapes.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';
import type { Result } from '#domain/result.ts';
import { shown } from '#domain/shown.ts';
import type { Observability } from './observability.ts';

export type ApiRequest<Table extends Routes, Id extends keyof Table> = {
  readonly params: Params<Table, Id>;
  readonly query: Query<Table, Id>;
  readonly body: Body<Table, Id>;
  /** ARN of the caller */
  readonly actor: string;
};
type Refusal = {
  readonly kind: 'invalid' | 'not-found' | 'conflict' | 'gone';
  readonly code: string;
  readonly message: string;
};
export type Operations<Table extends Routes> = {
  readonly [Id in keyof Table]: (request: ApiRequest<Table, Id>) => Promise<Result<Response<Table, Id>, Refusal>>;
};

const STATUS_OF: Record<Refusal['kind'], number> = { invalid: 400, 'not-found': 404, conflict: 409, gone: 410 };
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ISSUES_SHOWN = 3;

/** What came, where that helps; nothing of a file, in which the message could repeat a key. */
const gotten = (input: unknown): string =>
  typeof input === 'string' && !input.includes('-----') ? `, got "${shown(input)}"` : '';

const explained = (issue: v.BaseIssue<unknown>): string => {
  const path = v.getDotPath(issue);
  const { message: words } = issue;
  const message = /^expected (?!.*, got )/.test(words) ? words + gotten(issue.input) : shown(words);
  return path === null ? message : `${path}: ${message}`;
};

const parsed = <const Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
  part: string,
): v.InferOutput<Schema> => {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issues = result.issues.slice(0, ISSUES_SHOWN).map(explained).join('; ');
  throw new HttpError(400, 'REQUEST_INVALID', `${part} of the request: ${issues}`);
};

const bodyOf = ({ body, isBase64Encoded }: ApiEvent): unknown => {
  if (body === undefined || body === '') return {};
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
  } catch {
    throw new HttpError(400, 'REQUEST_INVALID', 'body of the request: expected JSON');
  }
};

const jsonResult = (status: number, type: string, body: unknown): ApiResult => ({
  statusCode: status,
  headers: { 'content-type': type, 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});

const problem = (status: number, code: string, detail: string, requestId: string): ApiResult =>
  jsonResult(status, 'application/problem+json', {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    code,
    detail,
    requestId,
  } satisfies Problem);

/** An error of ours says what to do; of any other the caller learns no more than where to look. */
const problemOf = (error: unknown, requestId: string): ApiResult => {
  if (error instanceof HttpError) return problem(error.status, error.code, error.message, requestId);
  if (error instanceof PermanentError) return problem(400, error.code, error.message, requestId);
  if (error instanceof TransientError)
    return problem(503, 'TRY_AGAIN', 'a service behind this one is busy or away; repeat the request', requestId);
  return problem(500, 'INTERNAL', `the request failed; the function's log of request ${requestId} says why`, requestId);
};

const routeTo = <Table extends Routes, Id extends keyof Table>(
  { method, path, params, query, body, status }: Table[Id],
  operate: Operations<Table>[Id],
) => {
  const handler = async (event: ApiEvent): Promise<ApiResult> => {
    const outcome = await operate({
      params: parsed(params, event.pathParameters ?? {}, 'path'),
      query: parsed(query, event.queryStringParameters ?? {}, 'query'),
      body: parsed(body, bodyOf(event), 'body'),
      actor: event.requestContext.authorizer.iam.userArn,
    });
    if (outcome.ok) return jsonResult(status, 'application/json', outcome.value);
    throw new HttpError(STATUS_OF[outcome.error.kind], outcome.error.code, outcome.error.message);
  };
  return { method, path, handler };
};

const callOf = ({ requestId, http, authorizer }: ApiEvent['requestContext']) => ({
  requestId,
  route: `${http.method} ${shown(http.path)}`,
  actor: authorizer.iam.userArn,
});

/** @param routes those that this function answers, each with the operation of its name */
export const httpHandler = <Table extends Routes>(
  routes: Table,
  operations: Operations<Table>,
  { logger }: Pick<Observability, 'logger'>,
) => {
  const ids: readonly (keyof Table)[] = Object.keys(routes);
  const router = httpRouter<ApiEvent, ApiResult>({
    routes: ids.map((id) => routeTo<Table, typeof id>(routes[id], operations[id])),
    notFoundResponse: ({ method, path }) => {
      throw new HttpError(404, 'ROUTE_UNKNOWN', `expected a route of the management API, got ${method} ${shown(path)}`);
    },
  });
  return middy<ApiEvent, ApiResult>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .after(({ event: { requestContext }, response }) => {
      // who changed what, for the changes that leave no history in the registry as well
      if (requestContext.http.method !== 'GET')
        logger.info('request done', { ...callOf(requestContext), status: response?.statusCode });
    })
    .onError((request) => {
      const { requestContext } = request.event;
      const answer = problemOf(request.error, requestContext.requestId);
      const log = { ...callOf(requestContext), status: answer.statusCode };
      if ((answer.statusCode ?? 500) >= 500) logger.error('request failed', { ...log, error: request.error });
      else logger.info('request refused', { ...log, reason: request.error?.message });
      request.response = answer;
    })
    .handler(router);
};
