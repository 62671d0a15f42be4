import { beforeEach, describe, expect, test } from 'vitest';
import { PermanentError, TransientError } from '#domain/errors.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { fingerprint, NOW, OPERATOR, startOpsApi } from '#support/ops-api.ts';

let api: ReturnType<typeof startOpsApi>;
beforeEach(() => {
  api = startOpsApi();
  api.tenant('acme');
});

describe('errors', () => {
  test('are problem details with a code and the id of the request (RFC 9457)', async () => {
    expect(await api.call('GET', '/tenants/globex')).toEqual({
      status: 404,
      type: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        code: 'TENANT_UNKNOWN',
        detail: 'expected a tenant of this system, got globex; list them or create it first',
        requestId: 'request-1',
      },
    });
  });

  test.each([
    ['GET', '/'],
    ['GET', '/tenants/acme/'.repeat(2)],
    ['DELETE', '/operator/tenants/acme'],
    ['POST', '/tenants/acme'],
  ])('%s %s is no route', async (method, path) => {
    expect(await api.call(method, path)).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } });
  });

  test('an unknown error shows nothing of itself to the caller and all of it to the log', async () => {
    api.tenants.find = () => Promise.reject(new Error('secret table name'));
    const answer = await api.call('GET', '/tenants/acme');
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL', requestId: 'request-1' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(api.logged).toHaveLength(1);
    expect(api.logged[0]).toContain('"error","request failed"');
  });

  test('a service that is busy is an answer to repeat', async () => {
    api.tenants.find = () => Promise.reject(new TransientError('dynamodb:GetItem failed with ThrottlingException'));
    expect(await api.call('GET', '/tenants/acme')).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
  });

  test('what an adapter refuses for good is the request that was wrong', async () => {
    api.tenants.list = () => Promise.reject(new PermanentError('CURSOR_INVALID', 'expected the cursor of the page'));
    expect(await api.call('GET', '/operator/tenants')).toMatchObject({
      status: 400,
      body: { code: 'CURSOR_INVALID', detail: 'expected the cursor of the page' },
    });
  });

  test.each([
    ['no JSON', { body: '{', isBase64Encoded: false }],
    ['base64 of no JSON', { body: 'eyI=', isBase64Encoded: true }],
  ])('a body that is %s is refused', async (_, raw) => {
    const answer = await api.call('POST', '/operator/tenants', { raw });
    expect(answer.body).toMatchObject({ code: 'REQUEST_INVALID', detail: 'body of the request: expected JSON' });
  });
});

test('R-06: a key that is sent in the wrong place is not repeated in the answer or the log', async () => {
  const { keyPem } = makeTenantCa();
  const answer = await api.call('POST', '/operator/tenants', { body: { tenant: keyPem, naming: 'eu1' } });
  expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  expect(JSON.stringify(answer) + api.logged.join()).not.toMatch(/MI[GI]|PRIVATE KEY/);
});

test('a body in base64 is read', async () => {
  const body = Buffer.from('{"tenant":"globex","naming":"eu1"}').toString('base64');
  const answer = await api.call('POST', '/operator/tenants', { raw: { body, isBase64Encoded: true } });
  expect(answer).toMatchObject({ status: 201, body: { tenant: 'globex' } });
});

test('path parameters are the ones that API Gateway decoded', async () => {
  await api.decided(fingerprint(1), api.tenant('acme'), 'hold', 'acme:1');
  const raw = { pathParameters: { tenant: 'acme', device: 'acme:1' } };
  expect(await api.call('GET', '/tenants/acme/devices/acme%3A1', { raw })).toMatchObject({
    status: 200,
    body: { clientId: 'acme:1' },
  });
});

test('who changed what is logged, who looked is not', async () => {
  await api.call('GET', '/tenants/acme');
  await api.call('PATCH', '/operator/tenants/acme', { body: { admission: 'approve' } });
  expect(api.logged.map((line) => JSON.parse(line))).toEqual([
    [
      'info',
      'request done',
      { requestId: 'request-1', route: 'PATCH /operator/tenants/acme', actor: OPERATOR, status: 200 },
    ],
  ]);
});

describe('broker', () => {
  const broker = { host: 'broker.example.com', port: 8883, serverCaPem: 'PEM' };
  test('CA-11: says where devices connect and whom they trust', async () => {
    expect(await api.call('GET', '/operator/broker')).toMatchObject({ status: 200, body: broker });
    expect(await api.call('GET', '/tenants/acme/broker')).toMatchObject({ status: 200, body: broker });
    expect(await api.call('GET', '/tenants/globex/broker')).toMatchObject({ status: 404 });
  });
});

describe('rejected events', () => {
  const event = { source: 'onboard-device', code: 'MALFORMED_EVENT', reason: 'not JSON', body: '{' } as const;
  test('are listed by day, today when none is named, and shown one by one', async () => {
    await api.rejectedEvents.keep({ ...event, id: 'e1', at: NOW });
    await api.rejectedEvents.keep({ ...event, id: 'e0', at: NOW - 86_400_000 });
    const shown = { ...event, id: 'e1', at: '2026-01-31T12:00:00.000Z' };
    expect((await api.call('GET', '/operator/rejected-events')).body).toEqual({ events: [shown], cursor: null });
    const yesterday = await api.call('GET', '/operator/rejected-events', { query: { day: '2026-01-30' } });
    expect(yesterday.body).toMatchObject({ events: [{ id: 'e0' }] });
    expect((await api.call('GET', '/operator/rejected-events/e1')).body).toEqual(shown);
    expect(await api.call('GET', '/operator/rejected-events/e2')).toMatchObject({
      status: 404,
      body: { code: 'EVENT_UNKNOWN' },
    });
    const bad = await api.call('GET', '/operator/rejected-events', { query: { day: 'today' } });
    expect(bad).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });
});
