// The private CA through its function: what crosses, and which failures are worth another attempt.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { lambdaPrivateCa } from '#adapters/lambda-private-ca.ts';
import { noPrivateCa } from '#adapters/no-private-ca.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import { answerPrivateCa } from '#runtime/private-ca-answers.ts';

const CA = 'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555';
const client = new LambdaClient({ region: 'eu-central-1' });
const mock = mockClient(client);
const throughLambda = lambdaPrivateCa(client, 'the-function');
const logged: unknown[] = [];

/** The function itself behind the mock: what one side writes the other one reads. */
const behind = (privateCa: Partial<PrivateCa>) => {
  const refuse = async (): Promise<never> => {
    throw new Error('not prepared');
  };
  const log = (...line: unknown[]) => void logged.push(line);
  const handler = answerPrivateCa(
    { certificate: refuse, issue: refuse, revoke: refuse, ...privateCa },
    { info: log, warn: log },
  );
  mock.on(InvokeCommand).callsFake(async ({ Payload }: { Payload: Uint8Array }) => {
    try {
      const answer = await handler(JSON.parse(Buffer.from(Payload).toString()));
      return { StatusCode: 200, Payload: Uint8ArrayBlobAdapter.fromString(JSON.stringify(answer)) };
    } catch (error) {
      const what = { errorType: 'Error', errorMessage: String(error) };
      return {
        StatusCode: 200,
        FunctionError: 'Unhandled',
        Payload: Uint8ArrayBlobAdapter.fromString(JSON.stringify(what)),
      };
    }
  });
};

beforeEach(() => {
  mock.reset();
  logged.length = 0;
});

it('I-03: hands over requests and certificates', async () => {
  const revoked: string[] = [];
  behind({
    certificate: async (ca) => `certificate of ${ca}`,
    issue: async ({ ca, csr, days, idempotencyToken }) => [ca, csr, days, idempotencyToken].join(' '),
    revoke: async (ca, serialNumber) => void revoked.push(`${ca} ${serialNumber}`),
  });
  expect(await throughLambda.certificate(CA)).toBe(`certificate of ${CA}`);
  expect(await throughLambda.issue({ ca: CA, csr: 'csr', days: 3, idempotencyToken: 't' })).toBe(`${CA} csr 3 t`);
  await throughLambda.revoke(CA, '0a');
  expect(revoked).toEqual([`${CA} 0a`]);
  expect(
    mock.calls().every(({ args }) => 'FunctionName' in args[0].input && args[0].input.FunctionName === 'the-function'),
  ).toBe(true);
});

it('R-06: the log says which act on which CA, and nothing of a request', async () => {
  behind({ issue: async () => 'the certificate' });
  await throughLambda.issue({ ca: CA, csr: 'the request', days: 3, idempotencyToken: 't' });
  expect(logged).toEqual([['private CA answered', { act: 'issue', ca: CA }]]);
});

it('a refusal stays one, with its code', async () => {
  behind({
    issue: async () => {
      throw new PermanentError('PRIVATE_CA_REFUSED', 'no');
    },
  });
  const error = await throughLambda
    .issue({ ca: CA, csr: 'csr', days: 3, idempotencyToken: 't' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({ code: 'PRIVATE_CA_REFUSED', message: 'no' });
});

it('a function that failed, and a request that is none, are worth another attempt', async () => {
  behind({});
  await expect(throughLambda.certificate(CA)).rejects.toThrow(TransientError);
  behind({ revoke: async () => undefined });
  await expect(throughLambda.revoke(CA, 'not hex')).rejects.toThrow(TransientError);
});

it('without a private CA every act says how to have one', async () => {
  await expect(noPrivateCa.certificate(CA)).rejects.toMatchObject({
    code: 'NO_PRIVATE_CA',
    message: expect.stringContaining('privateCa=create'),
  });
});
