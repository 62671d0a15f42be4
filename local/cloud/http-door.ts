// A small HTTP server on the loopback, as every AWS-protocol door needs it: whole requests in, whole responses out.

import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
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

/** What one PutEvents takes, the largest request here: 1 MB (Amazon EventBridge user guide, PutEvents). */
const MAX_BODY_BYTES = 1_048_576;

/** Reads to the end in any case, as a client that is cut off while it sends may never see the answer; null: too large. */
const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : null;
};

const refuse = (status: number, message: string): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

/**
 * Listens on a free port of 127.0.0.1. A handler that throws, or answers with what HTTP cannot carry, is answered with
 * HTTP 500, a body of over 1 MiB with 413, and a page in a browser, which says its origin, with 403.
 */
export const startHttpDoor = (handle: (request: DoorRequest) => Promise<DoorResponse>): Promise<HttpDoor> => {
  const server = createServer((request, response) => {
    const answer = async (): Promise<DoorResponse> => {
      const body = await readBody(request);
      if (request.headers.origin !== undefined) return refuse(403, 'pages in a browser are not let in');
      if (body === null) return refuse(413, `a request body of ${MAX_BODY_BYTES} bytes at most is expected`);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      return handle({ method: request.method ?? 'GET', url, headers: request.headers, body });
    };
    answer()
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
      .catch((error: unknown) => response.writeHead(500).end(JSON.stringify({ message: String(error) })));
  });
  return listenOnLoopback(server);
};
