// A small HTTP server on the loopback, as every AWS-protocol door needs it: whole requests in, whole responses out.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { type HttpDoor, listenOnLoopback } from './loopback.ts';

export type DoorRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type DoorResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Listens on a free port of 127.0.0.1. A handler that throws is answered with HTTP 500. */
export const startHttpDoor = (handle: (request: DoorRequest) => Promise<DoorResponse>): Promise<HttpDoor> => {
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = await text(request);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      return handle({ method: request.method ?? 'GET', url, headers: request.headers, body });
    };
    answer().then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ message: String(error) })),
    );
  });
  return listenOnLoopback(server);
};
