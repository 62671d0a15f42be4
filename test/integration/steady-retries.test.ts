// Retries of the worker on trust, by an SDK client and a service that throttles it.

import { createServer } from 'node:http';
import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '#local/listen.ts';
import {
  FUNCTION_TIMEOUT_SECONDS,
  REQUEST_TIMEOUT_MS,
  TRUST_CALL_LIMIT_MS,
  TRUST_CALL_RETRY_MS,
} from '#names/timing.ts';
import { steadyRetries } from '#runtime/steady-retries.ts';

type Answer = { readonly status: number; readonly error?: string };
const GOOD: Answer = { status: 200 };
const THROTTLED: Answer = { status: 429, error: 'ThrottlingException' };
/** what an attempt takes, in simulated time */
const ATTEMPT_MS = 10;

let service: Awaited<ReturnType<typeof listen>>;
let client: IoTClient;
let answer: (nth: number) => Answer;
let attempts: number;

beforeEach(async () => {
  let now = 0;
  attempts = 0;
  const server = createServer((request, response) => {
    request.resume();
    now += ATTEMPT_MS;
    attempts += 1;
    const { status, error } = answer(attempts);
    response.writeHead(status, error === undefined ? {} : { 'x-amzn-errortype': error }).end('{}');
  });
  service = await listen(server, 'a service that throttles', 0);
  client = new IoTClient({
    endpoint: `http://127.0.0.1:${service.port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    retryStrategy: steadyRetries({ clock: () => now, waitMs: 1, limitMs: 500 }),
  });
});
afterEach(async () => {
  client.destroy();
  await service.stop();
});

const call = () => client.send(new DescribeEndpointCommand({}));

describe('a call of the worker on trust', () => {
  it('V-02: is tried again after hundreds of others were throttled in the same process', async () => {
    answer = () => THROTTLED;
    for (let round = 0; round < 3; round += 1)
      await expect(call()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(attempts).toBeGreaterThan(140);
    const before = attempts;
    answer = (nth) => (nth > before + 20 ? GOOD : THROTTLED);
    expect(await call()).toMatchObject({ $metadata: { attempts: 21 } });
  });

  it('V-02: is given up when its time is over, with the error that it ended with', async () => {
    answer = () => THROTTLED;
    await expect(call()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(attempts).toBe(50);
  });

  it.each([
    [{ status: 500, error: 'InternalFailureException' }, 2],
    [{ status: 503, error: 'ServiceUnavailableException' }, 2],
    [{ status: 400, error: 'InvalidRequestException' }, 1],
    [{ status: 404, error: 'ResourceNotFoundException' }, 1],
  ])('V-02: is tried again where that may help: after %o it takes %i attempts', async (failure, expected) => {
    answer = (nth) => (nth === 1 ? failure : GOOD);
    const outcome = await call().then(
      () => GOOD.status,
      () => failure.status,
    );
    expect(outcome).toBe(expected === 1 ? failure.status : GOOD.status);
    expect(attempts).toBe(expected);
  });

  it('V-02: leaves most of an invocation to the others, also where its last attempt is never answered', () => {
    expect(TRUST_CALL_RETRY_MS).toBeLessThan(TRUST_CALL_LIMIT_MS);
    expect(TRUST_CALL_LIMIT_MS + REQUEST_TIMEOUT_MS).toBeLessThan((FUNCTION_TIMEOUT_SECONDS * 1_000) / 2);
  });
});
