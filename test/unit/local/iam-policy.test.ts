// IAM policies on routes: what the documented policies of an operator and a tenant's admin let through.

import { describe, expect, it } from 'vitest';
import { type IamStatement, isAllowed, isArnLike } from '#local/http/iam-policy.ts';
import { createPrincipals } from '#local/http/principals.ts';

const API = 'arn:aws:execute-api:eu-central-1:000000000000:a1b2c3d4e5/$default';
const principals = createPrincipals('000000000000', API);
const may = (statements: readonly IamStatement[], route: string) =>
  isAllowed(statements, 'execute-api:Invoke', `${API}/${route}`);

describe('isAllowed', () => {
  const allow = (...Resource: string[]): IamStatement => ({
    Effect: 'Allow',
    Action: ['execute-api:Invoke'],
    Resource,
  });
  const deny = (...Resource: string[]): IamStatement => ({ Effect: 'Deny', Action: ['*'], Resource });

  it.each<[string, readonly IamStatement[], boolean]>([
    ['nothing says anything', [], false],
    ['a statement allows it', [allow(`${API}/GET/tenants/acme`)], true],
    ['`*` crosses slashes', [allow(`${API}/GET/*`)], true],
    ['`?` is one character', [allow(`${API}/GET/tenants/acm?`)], true],
    ['a statement is of another resource', [allow(`${API}/POST/*`)], false],
    ['a statement is of another action', [{ ...allow('*'), Action: ['iot:*'] }], false],
    ['actions ignore case', [{ ...allow('*'), Action: ['EXECUTE-API:invoke'] }], true],
    ['an explicit denial outranks', [allow('*'), deny(`${API}/GET/tenants/*`)], false],
    ['dots and dollars mean themselves', [allow(`${API.replace('$default', '.default')}/GET/tenants/acme`)], false],
  ])('%s', (_, statements, expected) => {
    expect(may(statements, 'GET/tenants/acme')).toBe(expected);
  });
});

describe('R-07: principals', () => {
  it('the operator may call every route', () => {
    expect(may(principals.operator.statements, 'POST/operator/tenants')).toBe(true);
    expect(may(principals.operator.statements, 'GET/tenants/acme/devices')).toBe(true);
  });

  it.each([
    ['GET/tenants/acme', true],
    ['GET/tenants/acme/devices', true],
    ['POST/tenants/acme/devices/acme_d1/approve', true],
    ['GET/tenants/acme/api/roles', true],
    ['POST/tenants/acme/api/roles', false],
    ['PATCH/tenants/acme/api/users/device01', false],
    ['DELETE/tenants/acme/api/users/device01', false],
    ['GET/tenants/globex', false],
    ['GET/tenants/acme-labs/devices', false],
    ['GET/tenants/globex/tenants/acme/devices', false],
    ['POST/operator/tenants', false],
    ['PATCH/operator/tenants/acme', false],
  ])('the admin of acme on %s: %s', (route, expected) => {
    expect(may(principals.tenantAdmin('acme').statements, route)).toBe(expected);
  });

  it('are found by their access key, and one tenant has one', () => {
    const admin = principals.tenantAdmin('globex');

    expect(principals.byAccessKey(admin.credentials.accessKeyId)?.userArn).toBe(
      'arn:aws:iam::000000000000:user/globex-admin',
    );
    expect(principals.tenantAdmin('globex').credentials).toEqual(admin.credentials);
    expect(principals.byAccessKey('AKIANOBODY')).toBeNull();
  });
});

describe('isArnLike', () => {
  it('matches the source of a permission', () => {
    expect(
      isArnLike('arn:aws:execute-api:eu-central-1:0:api/*/*', 'arn:aws:execute-api:eu-central-1:0:api/$default/GET/x'),
    ).toBe(true);
    expect(
      isArnLike(
        'arn:aws:execute-api:eu-central-1:0:api/*/*',
        'arn:aws:execute-api:eu-central-1:0:other/$default/GET/x',
      ),
    ).toBe(false);
  });
});
