// Custom resources: CloudFormation hears how it went, whatever went wrong.

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { customResource } from '#runtime/custom-resource.ts';

const RESPONSE_URL = 'https://cloudformation-custom-resource.example/answer?X-Amz-Signature=secret';
const aRequest = (overrides: Record<string, unknown> = {}) => ({
  RequestType: 'Create',
  ResponseURL: RESPONSE_URL,
  StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/VestibuleOnboarding/1',
  RequestId: 'request-1',
  LogicalResourceId: 'EventMessages',
  ResourceType: 'Custom::Test',
  ResourceProperties: { ServiceToken: 'arn', Size: 'large' },
  ...overrides,
});

const Properties = v.object({ Size: v.picklist(['large']) });

/** A custom resource with what it applied, and what CloudFormation was told where. */
const aResource = ({ fail, status = 200 }: { fail?: Error; status?: number } = {}) => {
  const applied: v.InferOutput<typeof Properties>[] = [];
  const answers: { url: string; method: string; headers: Record<string, string>; answer: Record<string, unknown> }[] =
    [];
  const handler = customResource(
    'the-resource',
    Properties,
    async (properties) => {
      if (fail) throw fail;
      applied.push(properties);
    },
    async (url, { method, headers, body }) => {
      answers.push({ url, method, headers, answer: JSON.parse(body) });
      return new Response(null, { status });
    },
  );
  return { handler, applied, answers };
};

describe('customResource', () => {
  it.each(['Create', 'Update'])('G-01: applies the properties on %s and answers that it did', async (RequestType) => {
    const { handler, applied, answers } = aResource();

    await handler(aRequest({ RequestType }));

    expect(applied).toEqual([{ Size: 'large' }]);
    expect(answers).toEqual([
      {
        url: RESPONSE_URL,
        method: 'PUT',
        headers: { 'content-type': '' },
        answer: {
          Status: 'SUCCESS',
          PhysicalResourceId: 'the-resource',
          StackId: aRequest().StackId,
          RequestId: 'request-1',
          LogicalResourceId: 'EventMessages',
        },
      },
    ]);
  });

  it('G-04: does nothing on Delete, even when the properties are those that Create failed on', async () => {
    const { handler, applied, answers } = aResource();

    await handler(aRequest({ RequestType: 'Delete', ResourceProperties: { Size: 'wrong' } }));

    expect(applied).toEqual([]);
    expect(answers.map(({ answer }) => answer['Status'])).toEqual(['SUCCESS']);
  });

  it('keeps the physical id that the resource has, for a new one would have it deleted', async () => {
    const { handler, answers } = aResource();

    await handler(aRequest({ RequestType: 'Update', PhysicalResourceId: 'of-old' }));

    expect(answers[0]?.answer['PhysicalResourceId']).toBe('of-old');
  });

  it('answers a failure with its reason, shortened to what CloudFormation takes', async () => {
    const { handler, answers } = aResource({ fail: new RangeError('too '.repeat(2_000)) });

    await handler(aRequest());

    expect(answers[0]?.answer['Status']).toBe('FAILED');
    expect(answers[0]?.answer['Reason']).toMatch(/^RangeError: too too/);
    expect(JSON.stringify(answers[0]?.answer).length).toBeLessThan(4_096);
  });

  it('answers wrong properties with what was wrong, and applies nothing', async () => {
    const { handler, applied, answers } = aResource();

    await handler(aRequest({ ResourceProperties: { Size: 'small' } }));

    expect(applied).toEqual([]);
    expect(answers[0]?.answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('"small"') });
  });

  it('fails when CloudFormation does not take the answer, so that Lambda tries again', async () => {
    const { handler } = aResource({ status: 403 });

    await expect(handler(aRequest())).rejects.toThrow('CloudFormation did not take the answer: HTTP 403');
  });

  it('refuses what is no request of CloudFormation, without giving away the address that it holds', async () => {
    const { handler, answers } = aResource();
    const attempt = handler(aRequest({ RequestType: 'Explode', StackId: undefined }));

    await expect(attempt).rejects.toThrow('wrong or missing RequestType, StackId');
    await expect(attempt).rejects.not.toThrow('secret');
    expect(answers).toEqual([]);
  });
});
