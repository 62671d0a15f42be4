// The only place that looks at the errors of AWS SDK clients.

import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { TransientError } from '#domain/errors.ts';

// The SDK's own predicates take any error: what they look for may be absent.
type SdkError = Parameters<typeof isTransientError>[0];
const isSdkError = (error: unknown): error is SdkError => error instanceof Error;

/** True for an SDK error with the name that the service's API reference gives it. */
export const isNamed = (error: unknown, name: string): error is Error => error instanceof Error && error.name === name;

/**
 * Waits for a call of an SDK client. What a later attempt may cure (throttling, 5xx, timeouts, a lost network) is
 * thrown as `TransientError`, after the SDK's own retries; every other error as it came.
 * @param what the call as an operator knows it, `iot:CreateThing`
 */
export const awsCall = async <Output>(what: string, call: Promise<Output>): Promise<Output> => {
  try {
    return await call;
  } catch (error) {
    // the SDK takes LimitExceededException for a throttle, which DynamoDB means by it; IoT Core means a quota on what exists
    const isQuota = isNamed(error, 'LimitExceededException');
    if (!isQuota && isSdkError(error) && (isThrottlingError(error) || isTransientError(error) || isServerError(error)))
      throw new TransientError(`${what} failed with ${error.name}`, { cause: error });
    throw error;
  }
};
