// The choice of a route among those of an HTTP API.

import { describe, expect, it } from 'vitest';
import { matchRoute } from '#local/http/route-table.ts';

const routes = (...keys: string[]) =>
  keys.map((routeKey) => ({ routeKey, authorization: 'AWS_IAM' as const, integrationId: 'i' }));

const TABLE = routes(
  'ANY /{proxy+}',
  'GET /tenants/{tenant}',
  'GET /tenants/self',
  'ANY /tenants/{tenant}',
  'POST /tenants/{tenant}/devices/{device}/approve',
  'GET /files/{path+}',
);

describe('matchRoute', () => {
  it.each<[string, string, string | undefined, Readonly<Record<string, string>> | undefined]>([
    ['GET', '/tenants/acme', 'GET /tenants/{tenant}', { tenant: 'acme' }],
    ['GET', '/tenants/self', 'GET /tenants/self', {}],
    ['PUT', '/tenants/acme', 'ANY /tenants/{tenant}', { tenant: 'acme' }],
    ['GET', '/tenants/a%2Fb', 'GET /tenants/{tenant}', { tenant: 'a/b' }],
    ['GET', '/files/a/b%20c', 'GET /files/{path+}', { path: 'a/b c' }],
    ['GET', '/nowhere/else', 'ANY /{proxy+}', { proxy: 'nowhere/else' }],
  ])('%s %s', (method, path, routeKey, pathParameters) => {
    const match = matchRoute(TABLE, method, path);

    expect(match?.route.routeKey).toBe(routeKey);
    expect(match?.pathParameters).toEqual(pathParameters);
  });

  it.each([
    ['another method', 'DELETE', '/tenants/acme/devices/d/approve'],
    ['a trailing slash', 'POST', '/tenants/acme/devices/d/approve/'],
    ['an empty segment', 'POST', '/tenants//devices/d/approve'],
    ['a longer path', 'POST', '/tenants/acme/devices/d/approve/now'],
  ])('finds nothing for %s', (_, method, path) => {
    expect(matchRoute(routes('POST /tenants/{tenant}/devices/{device}/approve'), method, path)).toBeNull();
  });

  it('falls back to $default', () => {
    expect(matchRoute(routes('GET /a', '$default'), 'GET', '/b')?.route.routeKey).toBe('$default');
  });
});
