// The documented IAM policies: what they say they allow is what they allow, route by route.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '#contracts/management-api.ts';

type Policy = { readonly Statement: readonly { readonly Resource: readonly string[] }[] };

const page = readFileSync(new URL('../../docs/iam-policies.md', import.meta.url), 'utf8');
/** The policy under a heading of the page. */
const policyUnder = (heading: string): Policy => {
  const [, json] = new RegExp(`^## ${heading}$(?:(?!^## ).)*?\`\`\`json\\n(.*?)\`\`\``, 'ms').exec(page) ?? [];
  if (json === undefined) throw new Error(`expected a policy under ${heading}`);
  return JSON.parse(json);
};

/** As IAM matches a resource: `*` is any text, slashes included (IAM guide, IAM JSON policy elements: Resource). */
const allows = (policy: Policy, method: string, path: string): boolean => {
  const request = `arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/$default/${method}${path}`;
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(/[.$]/g, String.raw`\$&`).replaceAll('*', '.*')}$`).test(request);
  return policy.Statement.some(({ Resource }) => Resource.some(matches));
};

const routesFor = (tenant: string) =>
  Object.values(ROUTES).map(({ method, path }) => ({
    method,
    path: path.replace('{tenant}', tenant).replaceAll(/\{\w+\}/g, 'some-id'),
    ofTenant: path.startsWith('/tenants/'),
    // a role may name topics of other tenants
    ofRoles: path.startsWith('/tenants/{tenant}/api/') && method !== 'GET',
  }));
const ADMIN = 'Administrator of the tenant `acme`';
const ROLES_TOO = 'Roles and users of the tenant `acme`';

describe('documented IAM policies', () => {
  it.each(routesFor('acme'))(
    'R-07: $method $path is an operator’s, and a tenant’s own if it is under /tenants/ and writes no role or user',
    ({ method, path, ofTenant, ofRoles }) => {
      expect(allows(policyUnder('Operator'), method, path)).toBe(true);
      expect(allows(policyUnder(ADMIN), method, path)).toBe(ofTenant && !ofRoles);
      expect(allows(policyUnder(ROLES_TOO), method, path)).toBe(ofRoles);
    },
  );

  it.each(['globex', 'acme-labs'])('R-07: an administrator of acme reaches no route of %s', (tenant) => {
    for (const policy of [policyUnder(ADMIN), policyUnder(ROLES_TOO)]) {
      const reached = routesFor(tenant).filter(({ method, path }) => allows(policy, method, path));
      expect(reached).toEqual([]);
    }
  });
});
