// Makes an HTTP server listen on a port of 127.0.0.1, and says what to do when the port is taken.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Keeps `code` and `port` of the system's error for whoever words it for a command line. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly code = 'EADDRINUSE';
  readonly port: number;

  constructor(what: string, port: number, options: ErrorOptions) {
    super(`port ${port} on 127.0.0.1, for ${what}, is in use: give another one, or 0 for any`, options);
    this.port = port;
  }
}

/** @throws PortInUseError for the error of a `listen` that found its port taken, any other error as it is */
export const rethrowListenError = (error: unknown, what: string, port: number): never => {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    throw new PortInUseError(what, port, { cause: error });
  }
  throw error;
};

/** @returns the port, and how to stop at once */
export const listen = async (
  server: Server,
  what: string,
  port: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> => {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await listening.catch((error: unknown) => rethrowListenError(error, what, port));
  // a server that listens on a host and port has an AddressInfo, never a pipe's name or null
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    stop: async () => {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      server.close(() => close());
      server.closeAllConnections();
      await closed;
    },
  };
};
