// Request rates of an API, as AWS enforces them per account and Region.

import { IotError } from './errors.ts';

type Bucket = { tokens: number; at: number };

/**
 * A token bucket for each operation that holds one second's worth. Operations without a published rate are unlimited.
 *
 * @returns a function that takes one token, or throws ThrottlingException
 */
export const createQuotas = (
  now: () => number,
  requestsPerSecond: Readonly<Record<string, number>>,
): ((operation: string) => void) => {
  const buckets = new Map<string, Bucket>();
  return (operation) => {
    const rate = requestsPerSecond[operation];
    if (rate === undefined) return;
    const at = now();
    const bucket = buckets.get(operation) ?? { tokens: rate, at };
    const refill = (Math.max(0, at - bucket.at) / 1000) * rate;
    const tokens = Math.min(rate, bucket.tokens + refill);
    buckets.set(operation, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
    if (tokens < 1)
      throw new IotError('ThrottlingException', `Rate exceeded: ${operation} has ${rate} requests per second`);
  };
};
