// A small HTTP server on the loopback, as every AWS-protocol door needs it: whole requests in, whole responses out.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

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

export type HttpDoor = { readonly url: string; readonly stop: () => Promise<void> };

/** Listens on a free port of 127.0.0.1. A handler that throws is answered with HTTP 500. */
export const startHttpDoor = async (handle: (request: DoorRequest) => Promise<DoorResponse>): Promise<HttpDoor> => {
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
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the HTTP door has no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      server.close(() => close());
      server.closeAllConnections();
      await closed;
    },
  };
};
