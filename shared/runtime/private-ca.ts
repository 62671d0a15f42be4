// The private CA on AWS, for the functions that issue and revoke.

import { LambdaClient } from '@aws-sdk/client-lambda';
import { lambdaPrivateCa } from '#adapters/lambda-private-ca.ts';
import { noPrivateCa } from '#adapters/no-private-ca.ts';
import { ENV } from '#names/env.ts';
import { CONNECTION_TIMEOUT_MS, FUNCTION_TIMEOUT_SECONDS } from '#names/timing.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import { readOptionalEnv } from './env.ts';

/** One attempt waits as long as the function may run; a second one would outlive whoever waits for both. */
const INVOKE_LIMITS = {
  requestHandler: {
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: FUNCTION_TIMEOUT_SECONDS * 1_000,
    throwOnRequestTimeout: true,
  },
  maxAttempts: 1,
} as const;

export const privateCaOnAws = (): PrivateCa => {
  const functionName = readOptionalEnv(ENV.privateCaFunction);
  return functionName === null ? noPrivateCa : lambdaPrivateCa(new LambdaClient(INVOKE_LIMITS), functionName);
};
