// An HTTP hop that writes down every call a function makes to one AWS service: what is counted is what crossed the wire.

import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from '#local/listen.ts';

export type RecordedCall = {
  /** `PutItem` for JSON protocols, `PATCH /things/x` for REST */
  readonly operation: string;
  readonly startedAt: number;
  readonly endedAt: number;
};

export type RecordingProxy = {
  readonly url: string;
  /** Calls since the last `take`, in order of their end. */
  take(): RecordedCall[];
  stop(): Promise<void>;
};

/** @param holdMs how long each answer is held back, so that calls made side by side overlap beyond doubt */
export const startRecordingProxy = async (upstream: string, holdMs: number): Promise<RecordingProxy> => {
  const calls: RecordedCall[] = [];
  const target = new URL(upstream);
  const forward = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const body = await buffer(request);
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .request(
          {
            host: target.hostname,
            port: target.port,
            method: request.method,
            path: request.url,
            headers: request.headers,
          },
          resolve,
        )
        .on('error', reject)
        .end(body);
    });
    const answered = await buffer(answer);
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    const action = request.headers['x-amz-target'];
    calls.push({
      operation: typeof action === 'string' ? (action.split('.').at(-1) ?? action) : `${request.method} ${request.url}`,
      startedAt,
      endedAt: performance.now(),
    });
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(answered);
  };
  const server = http.createServer((request, response) => {
    forward(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const { port, stop } = await listen(server, 'the recording proxy', 0);
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => calls.splice(0),
    stop,
  };
};

/** The most calls that had to wait for one another: the longest chain in which each begins after the last has ended. */
export const sequentialCalls = (calls: readonly RecordedCall[]): number => {
  let count = 0;
  let freeAt = -Infinity;
  for (const call of calls.toSorted((a, b) => a.endedAt - b.endedAt)) {
    if (call.startedAt < freeAt) continue;
    count += 1;
    freeAt = call.endedAt;
  }
  return count;
};
