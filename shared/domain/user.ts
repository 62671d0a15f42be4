// A user: who a device is to its tenant. With mutual TLS the certificate's CN is the username (U-01).

import type { TenantName } from './ids.ts';
import type { Permission } from './permission.ts';
import { adminRole, type RoleId } from './role.ts';

/** How a user may prove who it is. */
export const GRANT_METHODS = ['certificate', 'password', 'token'] as const;
export type GrantMethod = (typeof GRANT_METHODS)[number];
export type Grant = { readonly method: GrantMethod; readonly isRequired: boolean };

export type User = {
  readonly tenant: TenantName;
  /** compared byte by byte with the CN: case counts, nothing is trimmed */
  readonly username: string;
  readonly grantTypes: readonly Grant[];
  /** sorted, each once */
  readonly roles: readonly RoleId[];
  /** the user's own, beside those of its roles */
  readonly permissions: readonly Permission[];
  /** names roles and own permissions together, see permission-set.ts; null without any */
  readonly composition: string | null;
  /** epoch milliseconds; null for the user that is built in and was never changed */
  readonly createdAt: number | null;
  /** raised by every change */
  readonly version: number;
};

/** What a username is made of. */
export const USERNAME = /^[a-zA-Z0-9:._@-]{1,64}$/;

export const ADMIN_USERNAME = 'admin';

/**
 * The user as everyone is to see it: the one that is stored or, before it was ever changed, the `admin` that every tenant
 * has, which may not use a certificate (U-04).
 */
export const knownUser = (tenant: TenantName, username: string, stored: User | null): User | null =>
  stored === null && username === ADMIN_USERNAME
    ? {
        tenant,
        username,
        grantTypes: [{ method: 'password', isRequired: false }],
        roles: [adminRole(tenant).id],
        permissions: [],
        composition: null,
        createdAt: null,
        version: 0,
      }
    : stored;

/** A device may be this user: it exists and has the grant that a certificate needs. */
export const hasCertificateGrant = <T extends Pick<User, 'grantTypes'>>(user: T | null): user is T =>
  user?.grantTypes.some(({ method }) => method === 'certificate') ?? false;
