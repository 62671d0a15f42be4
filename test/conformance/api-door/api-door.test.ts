// The API door: routes, signatures, IAM and the proxy integration of an HTTP API (payload format 2.0).

import { createServer, request as httpRequest, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiDoorOptions, apiDoor } from '#local/http/api-door.ts';
import { createHttpApiBuilder } from '#local/http/http-api.ts';
import { type Credentials, createPrincipals } from '#local/http/principals.ts';
import type { Outcome } from '#local/lambda/execution-environment.ts';
import type { FunctionTable } from '#local/lambda/function-table.ts';
import { listen } from '#local/listen.ts';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 5);
const ACCOUNT = { region: 'eu-central-1', accountId: '000000000000' };
const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:000000000000:function:ops';
const principals = createPrincipals(ACCOUNT.accountId, 'arn:aws:execute-api:eu-central-1:000000000000:api/$default');

let outcome: Outcome;
let events: Record<string, unknown>[];
let permitted: boolean;
let logged: string[];
/** a function behind the door, as the runner would show it */
const functions: Pick<FunctionTable, 'get' | 'isPermitted'> = {
  isPermitted: (arn, principal, source) =>
    permitted &&
    arn === FUNCTION_ARN &&
    principal === 'apigateway.amazonaws.com' &&
    source.startsWith('arn:aws:execute-api:eu-central-1:000000000000:api/$default/'),
  get: () => ({
    config: {
      name: 'ops',
      arn: FUNCTION_ARN,
      handler: 'index.handler',
      codeFolder: '',
      timeoutSeconds: 3,
      memoryMb: 128,
      environment: {},
    },
    displayName: 'ops',
    kill: async () => {},
    stop: async () => {},
    failures: () => [],
    invocations: () => events.length,
    invoke: async (event) => {
      events.push(event as Record<string, unknown>);
      return outcome;
    },
  }),
};

let server: Server;
let door: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  const builder = createHttpApiBuilder();
  builder.setApi('api');
  builder.setStage('$default');
  builder.addIntegration('one', FUNCTION_ARN);
  for (const routeKey of [
    'GET /tenants/{tenant}',
    'POST /tenants/{tenant}/devices/{device}/approve',
    'POST /operator/tenants',
  ])
    builder.addRoute({ routeKey, authorization: 'AWS_IAM', integrationId: 'one' });
  builder.addRoute({ routeKey: 'GET /health', authorization: 'NONE', integrationId: 'one' });
  const api = builder.build(functions);
  if (api === null) throw new Error('no API was built');
  const options: ApiDoorOptions = { ...ACCOUNT, api, principals, clock: () => NOW, log: (line) => logged.push(line) };
  server = createServer(apiDoor(options));
  door = await listen(server, 'the API', 0);
});
afterAll(() => door.stop());
beforeEach(() => {
  outcome = { ok: true, payload: { statusCode: 200, body: 'fine' } };
  events = [];
  permitted = true;
  logged = [];
});

type Call = {
  readonly method?: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** null: unsigned */
  readonly as?: Credentials | null;
  readonly signedAt?: number;
};

const call = async ({
  method = 'GET',
  path,
  query = {},
  body,
  headers = {},
  as = principals.operator.credentials,
  signedAt = NOW,
}: Call) => {
  const host = `127.0.0.1:${door.port}`;
  const unsigned = {
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path,
    query,
    headers: { host, ...headers },
    ...(body === undefined ? {} : { body }),
  };
  const signer =
    as &&
    new SignatureV4({
      service: 'execute-api',
      region: ACCOUNT.region,
      credentials: as,
      sha256: Hash.bind(null, 'sha256'),
    });
  const signed = signer ? await signer.sign(unsigned, { signingDate: new Date(signedAt) }) : unsigned;
  const search = new URLSearchParams(query).toString();
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const outgoing = httpRequest(
      // `path` as given: a URL object would normalise it
      {
        host: '127.0.0.1',
        port: door.port,
        method,
        path: search === '' ? path : `${path}?${search}`,
        headers: signed.headers,
      },
      (response) =>
        void text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        ),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
};
const FORBIDDEN = { status: 403, body: '{"message":"Forbidden"}' };

describe('the event', () => {
  it('is that of payload format 2.0', async () => {
    await call({
      method: 'POST',
      path: '/tenants/acme/devices/acme_d%201/approve',
      query: { a: '1', b: 'x y' },
      body: '{"why":"seen"}',
      headers: { 'content-type': 'application/json', 'user-agent': 'test', 'x-many': 'one', cookie: 'k=v; l=w' },
    });

    const { credentials, userArn, userId } = principals.operator;
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: 'POST /tenants/{tenant}/devices/{device}/approve',
        rawPath: '/tenants/acme/devices/acme_d%201/approve',
        rawQueryString: 'a=1&b=x+y',
        cookies: ['k=v', 'l=w'],
        headers: expect.objectContaining({ 'content-type': 'application/json', 'x-many': 'one' }),
        queryStringParameters: { a: '1', b: 'x y' },
        pathParameters: { tenant: 'acme', device: 'acme_d 1' },
        requestContext: {
          accountId: '000000000000',
          apiId: 'api',
          authorizer: {
            iam: {
              accessKey: credentials.accessKeyId,
              accountId: '000000000000',
              callerId: userId,
              cognitoIdentity: null,
              principalOrgId: null,
              userArn,
              userId,
            },
          },
          domainName: `127.0.0.1:${door.port}`,
          domainPrefix: '127',
          http: {
            method: 'POST',
            path: '/tenants/acme/devices/acme_d%201/approve',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'test',
          },
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          routeKey: 'POST /tenants/{tenant}/devices/{device}/approve',
          stage: '$default',
          time: '31/Jan/2026:12:00:05 +0000',
          timeEpoch: NOW,
        },
        body: '{"why":"seen"}',
        isBase64Encoded: false,
      },
    ]);
    expect(events[0]?.['headers']).not.toHaveProperty('cookie');
  });

  it('carries what is no text in base64, and no body where there is none', async () => {
    await call({
      method: 'POST',
      path: '/operator/tenants',
      body: 'abc',
      headers: { 'content-type': 'application/octet-stream' },
    });
    await call({ path: '/tenants/acme' });

    expect(events[0]).toMatchObject({ body: 'YWJj', isBase64Encoded: true });
    expect(events[1]).not.toHaveProperty('body');
    expect(events[1]).not.toHaveProperty('queryStringParameters');
  });

  it.each([null, principals.operator.credentials])('of an open route names nobody, signed or not', async (as) => {
    expect(await call({ path: '/health', as })).toMatchObject({ status: 200 });
    expect(events[0]?.['requestContext']).not.toHaveProperty('authorizer');
  });
});

describe('the response', () => {
  it.each<[string, unknown, object]>([
    [
      'status, headers, cookies and body',
      {
        statusCode: 201,
        headers: { 'X-One': 1, 'Content-Type': 'application/json' },
        cookies: ['a=1', 'b=2'],
        body: '{"n":1}',
      },
      {
        status: 201,
        headers: { 'x-one': '1', 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] },
        body: '{"n":1}',
      },
    ],
    ['a body in base64', { statusCode: 200, body: 'YWJj', isBase64Encoded: true }, { body: 'abc' }],
    ['no body', { statusCode: 204 }, { status: 204, body: '' }],
    [
      'plain JSON, where there is no status',
      { n: 1 },
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"n":1}' },
    ],
    [
      'an error for what cannot be read',
      { statusCode: 'two hundred' },
      { status: 500, body: '{"message":"Internal Server Error"}' },
    ],
  ])('is %s', async (_, payload, expected) => {
    outcome = { ok: true, payload };

    const { status, headers, body } = await call({ path: '/tenants/acme' });

    expect({ status, headers, body }).toMatchObject(expected);
  });

  it('is an error without details when the function fails', async () => {
    outcome = { ok: false, error: { errorType: 'Error', errorMessage: 'secret', trace: [] } };

    expect(await call({ path: '/tenants/acme' })).toMatchObject({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });
  });
});

describe('an answer that HTTP cannot carry', () => {
  it.each([
    ['a status that there is not', { statusCode: 42, body: 'x' }],
    ['a header with a line break', { statusCode: 200, headers: { 'x-name': 'a\nb' } }],
  ])('with %s is an internal error, and the door stays open', async (_, payload) => {
    outcome = { ok: true, payload };
    expect(await call({ path: '/tenants/acme' })).toMatchObject({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });

    outcome = { ok: true, payload: { statusCode: 200, body: 'fine' } };
    expect(await call({ path: '/tenants/acme' })).toMatchObject({ status: 200, body: 'fine' });
  });
});

describe('R-07: who is let in', () => {
  const admin = principals.tenantAdmin('acme').credentials;

  it("is an admin on its own tenant's routes, nobody on another's", async () => {
    expect(await call({ path: '/tenants/acme', as: admin })).toMatchObject({ status: 200 });
    expect(await call({ path: '/tenants/globex', as: admin })).toMatchObject(FORBIDDEN);
    expect(await call({ method: 'POST', path: '/operator/tenants', as: admin })).toMatchObject(FORBIDDEN);
    expect(events).toHaveLength(1);
    expect(logged.join('\n')).toMatch(/acme-admin may not execute-api:Invoke on .*\/GET\/tenants\/globex/);
  });

  it.each(['/tenants/%67lobex', '/tenants/acme%2F..%2Fglobex', '/tenants/acme/../globex'])(
    'is no admin by way of %s',
    async (path) => {
      const { status } = await call({ path, as: admin });

      expect([403, 404]).toContain(status);
      expect(events).toEqual([]);
    },
  );

  it.each<[string, Partial<Call>, RegExp]>([
    ['no signature', { as: null }, /not signed/],
    ['an unknown key', { as: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } }, /unknown access key/],
    ['a wrong secret', { as: { ...principals.operator.credentials, secretAccessKey: 'x' } }, /does not match/],
    ['a clock that is six minutes late', { signedAt: NOW - 6 * 60_000 }, /clock/],
  ])('is nobody with %s, and only the log says why', async (_, more, because) => {
    expect(await call({ path: '/tenants/acme', ...more })).toMatchObject(FORBIDDEN);
    expect(events).toEqual([]);
    expect(logged.join('\n')).toMatch(because);
  });
});

describe('a request', () => {
  it('for no route is not found, signed or not', async () => {
    expect(await call({ path: '/nowhere', as: null })).toMatchObject({ status: 404, body: '{"message":"Not Found"}' });
    expect(await call({ method: 'DELETE', path: '/tenants/acme' })).toMatchObject({ status: 404 });
  });

  it('of more than ten megabytes is refused', async () => {
    const body = 'x'.repeat(10 * 1024 * 1024 + 1);

    expect(await call({ method: 'POST', path: '/operator/tenants', body })).toMatchObject({ status: 413 });
  });

  it('fails when no permission lets API Gateway invoke the function', async () => {
    permitted = false;

    expect(await call({ path: '/tenants/acme' })).toMatchObject({ status: 500 });
    expect(events).toEqual([]);
    expect(logged.join('\n')).toMatch(/no Lambda permission/);
  });
});
