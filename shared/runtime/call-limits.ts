// How long a function waits for AWS where something waits for it. The SDK by itself waits for ever.

import { CONNECTION_TIMEOUT_MS, GATE_REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '#names/timing.ts';

/** Configuration of every SDK client of a function that is fed by a queue. */
export const CALL_LIMITS = {
  requestHandler: {
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // else a call that takes longer is a warning in the log
    throwOnRequestTimeout: true,
  },
} as const;

/** Of the pre-authentication gate, for which a device waits. */
export const GATE_CALL_LIMITS = {
  requestHandler: { ...CALL_LIMITS.requestHandler, requestTimeout: GATE_REQUEST_TIMEOUT_MS },
  maxAttempts: 2,
} as const;
