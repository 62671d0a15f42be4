// The private CA as other functions have it: through the function that alone may ask AWS Private CA.

import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { PrivateCaAnswer, type PrivateCaRequest } from '#contracts/private-ca-request.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import { awsCall } from './sdk-errors.ts';

/** @param functionName name or ARN of the function private-ca */
export const lambdaPrivateCa = (client: LambdaClient, functionName: string): PrivateCa => {
  /** @throws PermanentError with the function's own code; TransientError when it failed, which its log explains */
  const ask = async (request: PrivateCaRequest): Promise<string | null> => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(request)) });
    const { FunctionError, Payload } = await awsCall('lambda:Invoke', client.send(command));
    if (FunctionError !== undefined)
      throw new TransientError(`the function private-ca failed to ${request.act}: its log says why`);
    const answer = v.parse(PrivateCaAnswer, JSON.parse(Buffer.from(Payload ?? []).toString()));
    if ('refused' in answer) throw new PermanentError(answer.refused.code, answer.refused.message);
    return answer.pem;
  };

  const pemOf = async (request: PrivateCaRequest): Promise<string> => {
    const pem = await ask(request);
    if (pem === null) throw new Error(`expected private-ca to answer ${request.act} with PEM`);
    return pem;
  };

  return {
    certificate: (ca) => pemOf({ act: 'certificate', ca }),
    issue: (request) => pemOf({ act: 'issue', ...request }),
    revoke: async (ca, serialNumber) => {
      await ask({ act: 'revoke', ca, serialNumber });
    },
  };
};
