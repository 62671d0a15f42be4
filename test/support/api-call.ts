// Calls a function behind the management API as API Gateway does, signed by one caller.

import type { Context } from 'aws-lambda';
import type { httpHandler } from '#runtime/http-handler.ts';

export type ApiRequest = {
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  /** parts of API Gateway's event as they are, in the place of those made here */
  readonly raw?: Record<string, unknown>;
};
export type ApiAnswer = {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Record<string, unknown>;
};
export type ApiCall = (method: string, path: string, request?: ApiRequest) => Promise<ApiAnswer>;

/** @param userArn of the caller */
export const apiCall =
  (handler: ReturnType<typeof httpHandler>, userArn: string): ApiCall =>
  async (method, path, { query, body, raw } = {}) => {
    const event = {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      ...(query && { queryStringParameters: query }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
      headers: {},
      requestContext: { requestId: 'request-1', http: { method, path }, authorizer: { iam: { userArn } } },
      ...raw,
    };
    // an event of API Gateway has a dozen fields more, which nobody reads
    const result = await handler(event as unknown as Parameters<typeof handler>[0], { awsRequestId: 'r' } as Context, {
      signal: new AbortController().signal,
    });
    const { statusCode, headers, body: text } = result ?? {};
    return {
      status: statusCode ?? 0,
      type: headers?.['content-type']?.toString(),
      body: JSON.parse(text ?? 'null') as Record<string, unknown>,
    };
  };
