// Signature Version 4: AWS's own test vectors, requests that the SDK's signer signed, and everything that must be refused.

import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { type SignedRequest, verifySignature } from '#local/http/sigv4.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const secretOf = (id: string) => (id === KEY.accessKeyId ? KEY.secretAccessKey : null);
const SCOPE = { region: 'eu-central-1', service: 'execute-api' };

type Parts = { method?: string; path?: string; query?: Record<string, string>; body?: string; secret?: string };

const signed = async ({ method = 'GET', path = '/tenants', query = {}, body, secret }: Parts = {}) => {
  const signer = new SignatureV4({
    ...SCOPE,
    credentials: { ...KEY, ...(secret === undefined ? {} : { secretAccessKey: secret }) },
    sha256: Hash.bind(null, 'sha256'),
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      headers: { host: '127.0.0.1:8880', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    },
    { signingDate: new Date(NOW) },
  );
  const request: SignedRequest = {
    method,
    rawPath: path,
    rawQuery: new URLSearchParams(query).toString(),
    headers,
    body: Buffer.from(body ?? ''),
  };
  return request;
};

const verify = (request: SignedRequest, now = NOW) => verifySignature(request, SCOPE, secretOf, now);

describe('verifySignature', () => {
  it.each([
    ['get-vanilla', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      'Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('accepts %s of the AWS test suite', (_, rawQuery, signature) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', authorization };
    const request = { method: 'GET', rawPath: '/', rawQuery, headers, body: Buffer.alloc(0) };

    const verified = verifySignature(
      request,
      { region: 'us-east-1', service: 'service' },
      secretOf,
      Date.UTC(2015, 7, 30, 12, 36),
    );

    expect(verified).toEqual({ ok: true, accessKeyId: 'AKIDEXAMPLE' });
  });

  it.each<[string, Parts]>([
    ['a plain GET', {}],
    ['a query with awkward characters', { query: { cursor: "a+b/c=d&e f'(g)*", prefix: 'ä' } }],
    ['a path that is percent-encoded', { path: '/tenants/acme/devices/acme%3Adevice%2001' }],
    ['a body', { method: 'POST', body: '{"tenant":"acme"}' }],
  ])('accepts %s that the SDK signed', async (_, parts) => {
    expect(verify(await signed(parts))).toEqual({ ok: true, accessKeyId: KEY.accessKeyId });
  });

  it.each<[string, (request: SignedRequest) => SignedRequest, RegExp]>([
    ['another path', (request) => ({ ...request, rawPath: '/tenants/globex' }), /does not match/],
    ['another method', (request) => ({ ...request, method: 'DELETE' }), /does not match/],
    ['another query', (request) => ({ ...request, rawQuery: 'limit=1' }), /does not match/],
    ['another body', (request) => ({ ...request, body: Buffer.from('{}') }), /does not match/],
    ['another host', (request) => ({ ...request, headers: { ...request.headers, host: 'evil' } }), /does not match/],
    [
      'an unknown access key',
      (request) => ({
        ...request,
        headers: {
          ...request.headers,
          authorization: request.headers['authorization']?.replace(KEY.accessKeyId, 'AKIAOTHER'),
        },
      }),
      /unknown access key/,
    ],
    [
      'no signature',
      (request) => ({ ...request, headers: { ...request.headers, authorization: undefined } }),
      /not signed/,
    ],
    [
      'something else in the Authorization header',
      (request) => ({ ...request, headers: { ...request.headers, authorization: 'Bearer x' } }),
      /Signature Version 4/,
    ],
    [
      'a host that is not signed',
      (request) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers['authorization']?.replace('host;', '') },
      }),
      /host header/,
    ],
    [
      'a scope of another service',
      (request) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers['authorization']?.replace('execute-api', 'iot') },
      }),
      /signed for iot/,
    ],
  ])('refuses %s', async (_, tamper, because) => {
    const verified = verify(tamper(await signed()));

    expect(verified).toMatchObject({ ok: false, because: expect.stringMatching(because) });
  });

  it('refuses a wrong secret', async () => {
    expect(verify(await signed({ secret: 'wrong' }))).toMatchObject({ ok: false });
  });

  it('refuses a signature in the query, as a presigned URL has it', async () => {
    const signer = new SignatureV4({ ...SCOPE, credentials: KEY, sha256: Hash.bind(null, 'sha256') });
    const host = '127.0.0.1:8880';
    const { query } = await signer.presign(
      { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path: '/tenants', headers: { host } },
      { signingDate: new Date(NOW) },
    );
    const rawQuery = new URLSearchParams(query as Record<string, string>).toString();
    expect(rawQuery).toContain('X-Amz-Signature=');

    expect(verify({ method: 'GET', rawPath: '/tenants', rawQuery, headers: { host }, body: Buffer.alloc(0) })).toEqual({
      ok: false,
      because: 'the request is not signed',
    });
  });

  it('refuses a signature that is more than five minutes old or ahead', async () => {
    const request = await signed();

    expect(verify(request, NOW + 299_000).ok).toBe(true);
    expect(verify(request, NOW + 301_000)).toMatchObject({ ok: false, because: expect.stringMatching(/clock/) });
    expect(verify(request, NOW - 301_000)).toMatchObject({ ok: false, because: expect.stringMatching(/clock/) });
  });

  it('refuses a time that no calendar has: it would never be too old', async () => {
    const request = await signed();
    const headers = { ...request.headers, 'x-amz-date': '20260131T996000Z' };

    expect(verify({ ...request, headers })).toMatchObject({ ok: false, because: expect.stringMatching(/X-Amz-Date/) });
  });
});
