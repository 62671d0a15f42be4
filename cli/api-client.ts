// Calls the management API: signed (AWS Signature Version 4), typed and checked by the table of routes.

import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import * as v from 'valibot';
import { Problem } from '#contracts/api-shapes.ts';
import {
  type Body,
  type OperationId,
  type Params,
  type Query,
  type Response,
  ROUTES,
} from '#contracts/management-api.ts';
import { Failure } from './failure.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 30_000;

type Empty = Record<never, never>;
/** of a union: those of every member */
type KeysOf<T> = T extends unknown ? keyof T : never;
/** A part of the request is asked for only where the route has one. */
type Part<Name extends string, T> = [KeysOf<T>] extends [never]
  ? Empty
  : Empty extends T
    ? { [K in Name]?: T }
    : { [K in Name]: T };
export type Request<Id extends OperationId> = Part<'params', Params<Id>> &
  Part<'query', Query<Id>> &
  Part<'body', Body<Id>>;

export type Api = <Id extends OperationId>(id: Id, request: Request<Id>) => Promise<Response<Id>>;

/** An answer that is not the one the route promises. */
export class ApiFailure extends Failure {
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(code, message);
    this.status = status;
  }
}

const fill = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const failureOf = (status: number, body: unknown): ApiFailure => {
  const problem = v.safeParse(Problem, body);
  if (problem.success) return new ApiFailure(problem.output.code, problem.output.detail, status);
  if (status === 401 || status === 403) {
    return new ApiFailure(
      'ACCESS_DENIED',
      'these credentials may not do this: ask for the policy that allows this route of the management API',
      status,
    );
  }
  return new ApiFailure('API_FAILED', `the management API answered with status ${status} and no reason`, status);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
};

/**
 * @param clock epoch milliseconds: when a request was signed, which is good for minutes
 * @returns a function that throws Failure: the API's own code and detail, or UNREACHABLE
 */
export const createApi = (target: Target, clock: () => number = Date.now): Api => {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: target.region,
    credentials: target.credentials,
    sha256: Hash.bind(null, 'sha256'),
  });

  const send = async (method: string, url: URL, body: string | null): Promise<globalThis.Response> => {
    const request = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port ? { port: Number(url.port) } : {}),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...(body === null ? {} : { 'content-type': 'application/json' }) },
      ...(body === null ? {} : { body }),
    };
    const signed = await signer.sign(request, { signingDate: new Date(clock()) });
    const { host: _, ...headers } = signed.headers;
    try {
      return await fetch(url, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new Failure('UNREACHABLE', `${target.name} does not answer: ${reasonOf(error)}`, { cause: error });
    }
  };

  return async (id, request) => {
    const route = ROUTES[id];
    const {
      params = {},
      query = {},
      body,
    } = request as {
      params?: Record<string, string>;
      query?: Record<string, string | undefined>;
      body?: unknown;
    };
    const url = new URL(`${target.apiUrl.replace(/\/$/, '')}${fill(route.path, params)}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const answer = await send(route.method, url, body === undefined ? null : JSON.stringify(body));
    const content = parsed(await answer.text());
    if (!answer.ok) throw failureOf(answer.status, content);
    const result = v.safeParse(route.response, content);
    if (!result.success) {
      throw new ApiFailure(
        'UNEXPECTED_ANSWER',
        `the management API answered ${id} in a shape that this version does not know: ${result.issues[0].message}`,
        answer.status,
      );
    }
    // The schema that parsed it is the one that Response<Id> is inferred from.
    return result.output as Response<typeof id>;
  };
};
