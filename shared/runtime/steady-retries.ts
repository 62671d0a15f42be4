// How the calls of who works on trust are tried again: at a steady interval, for a while that is counted for each call by
// itself.

import type { RetryInputConfig } from '@smithy/core/retry';
import type { Clock } from '#ports/clock.ts';

type RetryStrategy = Extract<NonNullable<RetryInputConfig['retryStrategy']>, { readonly recordSuccess: unknown }>;
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;

/**
 * The SDK's own strategies share a budget among all calls of a client: a storm of throttled ones uses it up, and whoever
 * is throttled after that fails at once (AWS SDKs and Tools reference guide, Retry behavior). Here none pays for another.
 * @param waitMs between two attempts of a call
 * @param limitMs no attempt begins later than this after the first one
 */
export const steadyRetries = ({
  clock,
  waitMs,
  limitMs,
}: {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly limitMs: number;
}): RetryStrategy => {
  const endOf = new WeakMap<RetryToken, number>();
  const tokenOf = (retries: number, delayMs: number, until: number): RetryToken => {
    const token = { getRetryCount: () => retries, getRetryDelay: () => delayMs };
    endOf.set(token, until);
    return token;
  };
  return {
    acquireInitialRetryToken: async () => tokenOf(0, 0, clock() + limitMs),
    refreshRetryTokenForRetry: async (token, { errorType }) => {
      const until = endOf.get(token) ?? 0;
      // the client throws the error of the call itself
      if (errorType === 'CLIENT_ERROR' || clock() + waitMs > until) throw new Error('is not tried again');
      return tokenOf(token.getRetryCount() + 1, waitMs, until);
    },
    recordSuccess: () => undefined,
  };
};
