// Lambda's Invoke before the SDK's client, as the Lambda API reference describes it.

import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AwsCall } from '#local/http/aws-door.ts';
import { type EmulatedServices, startEmulatedServices } from '#support/emulated-services.ts';
import { aFunction, type TestFunction } from '#support/lambda-function.ts';

const ARN = 'arn:aws:lambda:eu-central-1:000000000000:function:test-function';
const HANDLER = `export const handler = async (event) => {
  if (event.fail) throw new RangeError('too much');
  if (event.hang) await new Promise(() => {});
  return event;
};`;

let system: EmulatedServices;
let made: TestFunction;
let lambda: LambdaClient;
beforeAll(async () => {
  system = await startEmulatedServices();
  made = await aFunction(HANDLER, { timeoutSeconds: 1 });
  system.services.lambda.serve((name) => (name === 'test-function' ? made.runner : null));
  lambda = system.client(LambdaClient);
});
afterAll(async () => {
  await made.stop();
  await system.stop();
});

const invoke = async (input: Partial<InvokeCommandInput> & { event?: unknown }) => {
  const { event, ...more } = input;
  const payload = event === undefined ? {} : { Payload: JSON.stringify(event) };
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'test-function', ...payload, ...more }));
  return { ...answer, Payload: JSON.parse(answer.Payload?.transformToString() ?? '') as unknown };
};

describe('Invoke', () => {
  it.each([
    ['its name', 'test-function'],
    ['its ARN', ARN],
    ['a partial ARN', '000000000000:function:test-function'],
    ['its name and the version that there is', 'test-function:$LATEST'],
    ['its ARN and that version', `${ARN}:$LATEST`],
  ])('answers with what the function of %s returned', async (_, FunctionName) => {
    expect(await invoke({ FunctionName, event: { n: 1, text: 'ü' } })).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: { n: 1, text: 'ü' },
    });
  });

  it('without a payload hands on an empty event', async () => {
    expect((await invoke({})).Payload).toEqual({});
  });

  it('succeeds though the function fails, and says so beside the error', async () => {
    const failed = await invoke({ event: { fail: true } });

    expect(failed).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      Payload: { errorType: 'RangeError', errorMessage: 'too much', trace: expect.any(Array) },
    });
    expect(await invoke({ event: {} })).not.toHaveProperty('FunctionError');
  });

  it('of a function that takes too long ends with its time', async () => {
    expect(await invoke({ event: { hang: true } })).toMatchObject({
      FunctionError: 'Unhandled',
      Payload: { errorMessage: expect.stringContaining('Task timed out after 1.00 seconds') },
    });
  });

  it.each<[string, Partial<InvokeCommandInput>, { name: string; message?: unknown; $metadata: object }]>([
    [
      'a function that is not there',
      { FunctionName: 'other' },
      { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } },
    ],
    [
      'a version that is not there',
      { Qualifier: '7' },
      { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } },
    ],
    [
      'a payload that is no JSON',
      { Payload: '{"n":' },
      {
        name: 'InvalidRequestContentException',
        message: expect.stringContaining('Could not parse request body into json'),
        $metadata: { httpStatusCode: 400 },
      },
    ],
    [
      'a payload of more than 6 MB',
      { Payload: JSON.stringify('x'.repeat(6 * 1_024 * 1_024)) },
      { name: 'RequestTooLargeException', $metadata: { httpStatusCode: 413 } },
    ],
    [
      'an asynchronous invocation',
      { InvocationType: 'Event' },
      { name: 'NotEmulatedException', message: expect.stringContaining('Event'), $metadata: {} },
    ],
    [
      'the end of the log',
      { LogType: 'Tail' },
      { name: 'NotEmulatedException', message: expect.stringContaining('Tail'), $metadata: {} },
    ],
  ])('refuses %s, and invokes nothing', async (_, input, error) => {
    const before = made.runner.invocations();
    await expect(invoke(input)).rejects.toMatchObject(error);
    expect(made.runner.invocations()).toBe(before);
  });

  it('is told to interceptors, and is not open to pages in a browser', async () => {
    const seen: AwsCall[] = [];
    const interceptor = { before: (call: AwsCall) => void seen.push(call) };
    system.services.interceptors.add(interceptor);
    onTestFinished(() => void system.services.interceptors.delete(interceptor));
    const before = made.runner.invocations();
    await invoke({ event: {} });
    const authorization = 'AWS4-HMAC-SHA256 Credential=k/20260131/eu-central-1/lambda/aws4_request';
    const headers = { authorization, origin: 'https://evil.example' };
    const url = `${system.services.endpoint}/2015-03-31/functions/test-function/invocations`;
    const answer = await fetch(url, { method: 'POST', body: '{}', headers });

    expect(answer.status).toBe(403);
    expect(made.runner.invocations()).toBe(before + 1);
    expect(seen[0]).toEqual({ service: 'lambda', operation: 'Invoke', caller: null });
  });
});
