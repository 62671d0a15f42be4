// Every route of the management API at the API door, asked by nobody in particular.

import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTES } from '#contracts/management-api.ts';
import { apiDoor } from '#local/http/api-door.ts';
import { createHttpApiBuilder } from '#local/http/http-api.ts';
import { createPrincipals } from '#local/http/principals.ts';
import { listen } from '#local/listen.ts';

const ACCOUNT = { region: 'eu-central-1', accountId: '000000000000' };
const SAMPLES: Readonly<Record<string, string>> = { tenant: 'acme', device: 'acme_device01', username: 'device001' };

let door: Awaited<ReturnType<typeof listen>>;
const asked: string[] = [];

beforeAll(async () => {
  const builder = createHttpApiBuilder();
  builder.setApi('api');
  builder.setStage('$default');
  builder.addIntegration('one', `arn:aws:lambda:${ACCOUNT.region}:${ACCOUNT.accountId}:function:ops`);
  for (const { method, path } of Object.values(ROUTES))
    builder.addRoute({ routeKey: `${method} ${path}`, authorization: 'AWS_IAM', integrationId: 'one' });
  const api = builder.build({
    isPermitted: (arn) => {
      asked.push(arn);
      return true;
    },
    get: (arn) => {
      throw new Error(`expected nobody to ask function ${arn}`);
    },
  });
  if (api === null) throw new Error('no API was built');
  const principals = createPrincipals(
    ACCOUNT.accountId,
    `arn:aws:execute-api:${ACCOUNT.region}:${ACCOUNT.accountId}:api/$default`,
  );
  const handler = apiDoor({ ...ACCOUNT, api, principals, clock: Date.now, log: () => {} });
  door = await listen(createServer(handler), 'the API', 0);
});
afterAll(() => door.stop());

it.each(Object.values(ROUTES).map(({ method, path }) => [method, path] as const))(
  'U-12: %s %s is refused without credentials, and with an invented bearer token',
  async (method, path) => {
    const url = `http://127.0.0.1:${door.port}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => SAMPLES[name] ?? 'x')}`;
    for (const headers of [undefined, { authorization: 'Bearer invented' }]) {
      const answer = await fetch(url, { method, ...(headers && { headers }) });
      expect(answer.status).toBe(403);
      await answer.body?.cancel();
    }
    expect(asked).toEqual([]);
  },
);
