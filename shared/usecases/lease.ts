// The end of a lease, watched: a certificate whose lease is over may belong to another event.

import { TransientError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';

/** Starts a call only while the lease lasts. @throws TransientError after its end */
export type WhileLeased = <Output>(call: () => Promise<Output>) => Promise<Output>;

export const whileLeased =
  (clock: Clock, until: number): WhileLeased =>
  async (call) => {
    if (clock() >= until) throw new TransientError('the lease of the certificate ended before its work was done');
    return call();
  };
