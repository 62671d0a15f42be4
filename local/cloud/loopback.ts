// A door of an emulated service: an HTTP server on a free port of the loopback, which also takes requests of others.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { listen } from '#local/listen.ts';

export type HttpDoor = {
  readonly url: string;
  /** Takes a request that came in at another server of this process, as if it had come in here. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly stop: () => Promise<void>;
};

export const listenOnLoopback = async (server: Server): Promise<HttpDoor> => {
  const { port, stop } = await listen(server, 'an emulated service', 0);
  return {
    url: `http://127.0.0.1:${port}`,
    handle: (request, response) => void server.emit('request', request, response),
    stop,
  };
};
