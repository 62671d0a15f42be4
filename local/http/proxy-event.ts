// Lambda proxy integration of an HTTP API, payload format 2.0: a request becomes an event, the answer a response.
// (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs")

import * as v from 'valibot';
import type { Principal } from '#local/http/principals.ts';
import type { Match } from '#local/http/route-table.ts';
import type { SignedRequest } from '#local/http/sigv4.ts';

export type ProxyRequest = {
  readonly request: SignedRequest;
  readonly match: Match;
  readonly principal: Principal | null;
  readonly apiId: string;
  readonly accountId: string;
  readonly sourceIp: string;
  readonly requestId: string;
  /** epoch milliseconds */
  readonly now: number;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
};

const TEXT = /^(text\/|application\/(json|javascript|xml)\b|application\/[\w.-]+\+(json|xml)\b)/;

/** `31/Jan/2026:12:00:00 +0000` */
const commonLogTime = (now: number): string => {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(now).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
};

const queryParameters = (rawQuery: string): Record<string, string> => {
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    joined[name] = joined[name] === undefined ? value : `${joined[name]},${value}`;
  }
  return joined;
};

export const proxyEvent = ({ request, match, principal, ...call }: ProxyRequest): object => {
  const { cookie, ...headers } = request.headers;
  const domainName = headers['host'] ?? '';
  const isText = TEXT.test(headers['content-type'] ?? 'text/plain');
  const query = queryParameters(request.rawQuery);
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath: request.rawPath,
    rawQueryString: request.rawQuery,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers,
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    ...(Object.keys(match.pathParameters).length === 0 ? {} : { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: call.accountId,
      apiId: call.apiId,
      ...(principal === null
        ? {}
        : {
            authorizer: {
              iam: {
                accessKey: principal.credentials.accessKeyId,
                accountId: call.accountId,
                callerId: principal.userId,
                cognitoIdentity: null,
                principalOrgId: null,
                userArn: principal.userArn,
                userId: principal.userId,
              },
            },
          }),
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method,
        path: request.rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: call.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: call.requestId,
      routeKey: match.route.routeKey,
      stage: '$default',
      time: commonLogTime(call.now),
      timeEpoch: call.now,
    },
    ...(request.body.length === 0 ? {} : { body: Buffer.from(request.body).toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
};

const FormattedAnswer = v.looseObject({
  statusCode: v.number(),
  headers: v.nullish(v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String)))),
  cookies: v.nullish(v.array(v.string())),
  body: v.nullish(v.string()),
  isBase64Encoded: v.nullish(v.boolean()),
});

/** @returns null when the answer is not one that API Gateway can read */
export const proxyResponse = (payload: unknown): HttpResponse | null => {
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload) };
  }
  const answer = v.safeParse(FormattedAnswer, payload);
  if (!answer.success) return null;
  const { statusCode: status, headers, cookies, body, isBase64Encoded } = answer.output;
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
      ...(cookies ? { 'set-cookie': cookies } : {}),
    },
    body: isBase64Encoded === true ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
};
