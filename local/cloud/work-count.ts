// Requests that an engine still works on. It works on after its caller has gone, so connections do not tell.

import type { IncomingMessage, ServerResponse } from 'node:http';

export type WorkCount = {
  /** Counts the request until it is answered. False once the end has begun: the connection is cut instead. */
  begin(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes no more requests, and waits until every one is answered. */
  end(): Promise<void>;
};

export const createWorkCount = (): WorkCount => {
  const pending = new Set<ServerResponse>();
  const { promise: idle, resolve: settle } = Promise.withResolvers<void>();
  let ending = false;
  const done = (response: ServerResponse): void => {
    pending.delete(response);
    if (ending && pending.size === 0) settle();
  };

  return {
    begin: (request, response) => {
      if (ending) {
        response.destroy();
        return false;
      }
      pending.add(response);
      // a body that broke off is never worked on
      request.once('close', () => request.complete || done(response));
      const answer = response.end.bind(response);
      // the overloads of `end` are one list of arguments to pass on
      response.end = (...body: unknown[]) => {
        done(response);
        Reflect.apply(answer, response, body);
        return response;
      };
      return true;
    },
    end: () => {
      ending = true;
      if (pending.size === 0) settle();
      return idle;
    },
  };
};
