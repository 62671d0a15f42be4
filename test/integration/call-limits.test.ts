// What the functions do when AWS takes a call and never answers it.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { certificateId } from '#domain/ids.ts';
import { listen } from '#local/listen.ts';
import { FUNCTION_TIMEOUT_SECONDS, REQUEST_TIMEOUT_MS } from '#names/timing.ts';
import { lambdaContext, sqsEvent, sqsRecord } from '#support/lambda.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

/** Attempts of the SDK's standard retry mode. */
const SDK_ATTEMPTS = 3;

let silent: Awaited<ReturnType<typeof listen>>;
let table: RegistryTable;

beforeAll(async () => {
  table = await startRegistryTable();
  silent = await listen(createServer(), 'a service that never answers', 0);
  for (const key of ['EVENT_BUS_NAME', 'COMMAND_QUEUE_URL', 'PARTITION', 'ACCOUNT_ID'])
    vi.stubEnv(key, key.toLowerCase());
  vi.stubEnv('REGISTRY_TABLE', table.tableName);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${silent.port}`);
  // one attempt shows the limit as well as three
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await silent.stop();
  await table[Symbol.asyncDispose]();
});

describe('J-12: a call that is never answered', () => {
  const request = { certificateId: certificateId('ab'.repeat(32)), owner: 'event', cameAt: null, iotStatus: null };

  it('leaves most of an invocation to the other messages, with every retry of the SDK', () => {
    expect(SDK_ATTEMPTS * REQUEST_TIMEOUT_MS).toBeLessThan((FUNCTION_TIMEOUT_SECONDS * 1_000) / 2);
  });

  it.each([
    ['DynamoDB', () => '', 'dynamodb:UpdateItem failed with TimeoutError'],
    ['IoT Core', () => table.url, 'iot:DescribeCertificate failed with TimeoutError'],
  ])('of %s is one that a later attempt may cure', { timeout: 15_000 }, async (_, dynamoUrl, message) => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamoUrl());
    const { onboardingOnAws } = await import('#runtime/onboarding.ts');

    await expect(onboardingOnAws().onboard(request)).rejects.toMatchObject({ name: 'TransientError', message });
  });

  it('has a presence event delivered again', { timeout: 15_000 }, async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', '');
    const { handler } = await import('../../functions/record-presence/handler.ts');
    const sample = readFileSync(new URL('../../events/samples/presence-event/connected.json', import.meta.url), 'utf8');

    const answer = await handler(sqsEvent(sqsRecord(sample)), lambdaContext('record-presence'));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  });
});
