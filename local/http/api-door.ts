// The front door of the template's HTTP API: route, signature, IAM policy, then the function.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAllowed } from '#local/http/iam-policy.ts';
import type { Principal, Principals } from '#local/http/principals.ts';
import { type HttpResponse, proxyEvent, proxyResponse } from '#local/http/proxy-event.ts';
import { type Match, matchRoute, type Route } from '#local/http/route-table.ts';
import { type SignedRequest, verifySignature } from '#local/http/sigv4.ts';
import type { Outcome } from '#local/lambda/execution-environment.ts';

export type HttpApi = {
  readonly id: string;
  readonly routes: readonly Route[];
  /** The function behind an integration; null when it lets API Gateway in by no permission. */
  integration(id: string, routeArn: string): ((event: unknown) => Promise<Outcome>) | null;
};

export type ApiDoorOptions = {
  readonly api: HttpApi;
  readonly principals: Principals;
  readonly region: string;
  readonly accountId: string;
  readonly clock: () => number;
  /** why a request was refused: the caller learns no more than on AWS */
  readonly log: (line: string) => void;
};

/** API Gateway takes no larger payload. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const message = (status: number, text: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: text }),
});
const FORBIDDEN = message(403, 'Forbidden');

const readBody = async (incoming: IncomingMessage): Promise<Uint8Array | null> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const headersOf = (incoming: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [
      name,
      (values ?? []).join(name === 'cookie' ? '; ' : ','),
    ]),
  );

/** @returns the request listener of the API's HTTP server */
export const apiDoor = ({ api, principals, region, accountId, clock, log }: ApiDoorOptions) => {
  const routeArn = (method: string, path: string) =>
    `arn:aws:execute-api:${region}:${accountId}:${api.id}/$default/${method}${path}`;

  const authorize = (request: SignedRequest): Principal | null => {
    const secretOf = (key: string) => principals.byAccessKey(key)?.credentials.secretAccessKey ?? null;
    const verified = verifySignature(request, { region, service: 'execute-api' }, secretOf, clock());
    if (!verified.ok) {
      log(`${request.method} ${request.rawPath}: ${verified.because}`);
      return null;
    }
    const principal = principals.byAccessKey(verified.accessKeyId);
    const arn = routeArn(request.method, request.rawPath);
    if (principal !== null && isAllowed(principal.statements, 'execute-api:Invoke', arn)) return principal;
    log(`${principal?.userArn ?? 'nobody'} may not execute-api:Invoke on ${arn}`);
    return null;
  };

  const integrate = async (request: SignedRequest, match: Match, principal: Principal | null, sourceIp: string) => {
    const invoke = api.integration(match.route.integrationId, routeArn(request.method, request.rawPath));
    if (invoke === null) {
      log(`no Lambda permission lets API Gateway invoke the function behind ${match.route.routeKey}`);
      return message(500, 'Internal Server Error');
    }
    const call = { apiId: api.id, accountId, sourceIp, requestId: randomUUID(), now: clock() };
    const outcome = await invoke(proxyEvent({ request, match, principal, ...call }));
    return (outcome.ok ? proxyResponse(outcome.payload) : null) ?? message(500, 'Internal Server Error');
  };

  const respond = async (incoming: IncomingMessage): Promise<HttpResponse> => {
    const body = await readBody(incoming);
    if (body === null) return message(413, 'Request Entity Too Large');
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const request: SignedRequest = {
      method: incoming.method ?? 'GET',
      rawPath: mark < 0 ? url : url.slice(0, mark),
      rawQuery: mark < 0 ? '' : url.slice(mark + 1),
      headers: headersOf(incoming),
      body,
    };
    const match = matchRoute(api.routes, request.method, request.rawPath);
    if (match === null) return message(404, 'Not Found');
    const isOpen = match.route.authorization === 'NONE';
    const principal = isOpen ? null : authorize(request);
    if (principal === null && !isOpen) return FORBIDDEN;
    return integrate(request, match, principal, incoming.socket.remoteAddress ?? '');
  };

  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const answer = ({ status, headers, body }: HttpResponse): void => {
      outgoing.writeHead(status, headers as Record<string, string | string[]>);
      outgoing.end(body);
    };
    respond(incoming)
      .then(answer)
      // also of an answer with a status or a header that HTTP does not have
      .catch((error: unknown) => {
        log(`${incoming.method} ${incoming.url}: ${error instanceof Error ? error.message : String(error)}`);
        answer(message(500, 'Internal Server Error'));
      });
  };
};
