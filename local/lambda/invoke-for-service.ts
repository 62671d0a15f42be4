// Functions as an AWS service invokes them: only where the function's resource policy lets that service, for that source.

import type { FunctionTable } from '#local/lambda/function-table.ts';

/** Resolves to what the function answers. Rejects when it is not there, may not be invoked, or fails. */
export type InvokeForSource = (functionArn: string, sourceArn: string, event: unknown) => Promise<unknown>;

/** @param principal such as `iot.amazonaws.com` */
export const invokeForService =
  (functions: FunctionTable, principal: string): InvokeForSource =>
  async (functionArn, sourceArn, event) => {
    if (!functions.isPermitted(functionArn, principal, sourceArn))
      throw new Error(`${functionArn} lets ${principal} not invoke it for ${sourceArn}`);
    const outcome = await functions.get(functionArn).invoke(event);
    if (outcome.ok) return outcome.payload;
    throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  };
