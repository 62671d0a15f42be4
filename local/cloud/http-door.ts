// A small HTTP server on the loopback, as every AWS-protocol door needs it: whole requests in, whole responses out.

import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type HttpDoor, listenOnLoopback } from './loopback.ts';

export type DoorRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** the body as it came */
  readonly bytes: Uint8Array;
};

export type DoorResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

export type DoorOptions = {
  /** @default what one PutEvents takes, the largest request of most services: 1 MB (Amazon EventBridge user guide) */
  readonly maxBodyBytes?: number;
  /** how the door words its own refusals. @default `{"message": …}` */
  readonly refuse?: (status: number, message: string) => DoorResponse;
};

const MAX_BODY_BYTES = 1_048_576;

/** Reads to the end in any case, as a client that is cut off while it sends may never see the answer; null: too large. */
const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Buffer | null> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size <= maxBytes ? Buffer.concat(chunks) : null;
};

const refuseInJson = (status: number, message: string): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

/**
 * Listens on a free port of 127.0.0.1. A handler that throws, or answers with what HTTP cannot carry, is answered with
 * HTTP 500, a body that is too large with 413, and a page in a browser, which says its origin, with 403.
 */
export const startHttpDoor = (
  handle: (request: DoorRequest) => Promise<DoorResponse>,
  { maxBodyBytes = MAX_BODY_BYTES, refuse = refuseInJson }: DoorOptions = {},
): Promise<HttpDoor> => {
  const server = createServer((request, response) => {
    const answer = async (): Promise<DoorResponse> => {
      const bytes = await readBody(request, maxBodyBytes);
      if (request.headers.origin !== undefined) return refuse(403, 'pages in a browser are not let in');
      if (bytes === null) return refuse(413, `a request body of ${maxBodyBytes} bytes at most is expected`);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const { method = 'GET', headers } = request;
      return handle({ method, url, headers, bytes, body: bytes.toString() });
    };
    answer()
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
      .catch((error: unknown) => response.writeHead(500).end(JSON.stringify({ message: String(error) })));
  });
  return listenOnLoopback(server);
};
