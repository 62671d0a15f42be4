// Who may sign requests to the API door: an operator, and an admin of each tenant that was asked for.

import { createHash } from 'node:crypto';
import type { IamStatement } from '#local/http/iam-policy.ts';

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

export type Principal = {
  readonly userArn: string;
  readonly userId: string;
  readonly credentials: Credentials;
  readonly statements: readonly IamStatement[];
};

export type Principals = {
  readonly operator: Principal;
  /** The same credentials each time for one tenant. */
  tenantAdmin(tenant: string): Principal;
  byAccessKey(accessKeyId: string): Principal | null;
};

/** Fixed and public: they open nothing but a system that listens on this machine's loopback. */
const credentialsOf = (user: string): Credentials => {
  const digest = createHash('sha256').update(`vestibule local ${user}`);
  const hex = digest.digest('hex');
  return { accessKeyId: `AKIALOCAL${hex.slice(0, 11).toUpperCase()}`, secretAccessKey: hex.slice(-40) };
};

/** @param apiArn `arn:aws:execute-api:region:account:api/stage`, the prefix of every route's ARN */
export const createPrincipals = (accountId: string, apiArn: string): Principals => {
  const byAccessKey = new Map<string, Principal>();
  const principal = (user: string, routes: readonly string[]): Principal => {
    const credentials = credentialsOf(user);
    const made: Principal = {
      userArn: `arn:aws:iam::${accountId}:user/${user}`,
      userId: credentials.accessKeyId.replace('AKIA', 'AIDA'),
      credentials,
      statements: [
        { Effect: 'Allow', Action: ['execute-api:Invoke'], Resource: routes.map((route) => `${apiArn}/${route}`) },
      ],
    };
    byAccessKey.set(credentials.accessKeyId, made);
    return made;
  };
  return {
    operator: principal('operator', ['*']),
    tenantAdmin: (tenant) =>
      principal(
        `${tenant}-admin`,
        // the documented policy of a tenant's admin, which names the method too, since `*` crosses `/`. Roles and users
        // are not in it: they reach other tenants' devices where a tenant has no topics of its own
        [
          `GET/tenants/${tenant}`,
          `GET/tenants/${tenant}/*`,
          `POST/tenants/${tenant}/devices/*`,
          `POST/tenants/${tenant}/anchors`,
          `POST/tenants/${tenant}/anchors/*`,
          `DELETE/tenants/${tenant}/anchors/*`,
          `POST/tenants/${tenant}/certificates`,
          `POST/tenants/${tenant}/certificates/*`,
        ],
      ),
    byAccessKey: (accessKeyId) => byAccessKey.get(accessKeyId) ?? null,
  };
};
