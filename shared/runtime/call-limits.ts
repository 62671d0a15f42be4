// How long a function that is fed by a queue waits for AWS. The SDK by itself waits for ever.

import { CONNECTION_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '#names/timing.ts';

/** Configuration of every SDK client of such a function. */
export const CALL_LIMITS = {
  requestHandler: {
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // else a call that takes longer is a warning in the log
    throwOnRequestTimeout: true,
  },
} as const;
