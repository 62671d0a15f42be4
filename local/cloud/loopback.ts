// Makes an HTTP server listen on a free port of the loopback, and stop at once.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export type HttpDoor = {
  readonly url: string;
  /** Takes a request that came in at another server of this process, as if it had come in here. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly stop: () => Promise<void>;
};

export const listenOnLoopback = async (server: Server): Promise<HttpDoor> => {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
  const stop = async () => {
    const { promise: closed, resolve: close, reject: fail } = Promise.withResolvers<void>();
    server.close((error) => (error ? fail(error) : close()));
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    handle: (request, response) => void server.emit('request', request, response),
    stop,
  };
};
