// A role: a tenant's named list of permissions. Its name says which role it is and never changes.

import type { TenantName } from './ids.ts';
import type { Permission, PlusMode } from './permission.ts';

declare const brand: unique symbol;
/** UUID of a role in lower case, made of tenant and name (RFC 9562 §5.5): one name, one role. */
export type RoleId = string & { readonly [brand]: 'RoleId' };

export type Role = {
  readonly id: RoleId;
  readonly tenant: TenantName;
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly plusMode: PlusMode;
  /** epoch milliseconds; null for a role that is built in */
  readonly createdAt: number | null;
  /** raised by every edit */
  readonly version: number;
};

/** What a role's name is made of; so is its UUID. */
export const ROLE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

const ROLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isRoleId = (text: string): text is RoleId => ROLE_ID.test(text);

const ADMIN_ID = 'cfb72c04-e4a8-11eb-92a8-0242ac1e0006' as RoleId;
export const ADMIN_ROLE_NAME = 'connectware-admin';

/**
 * The wide role that every tenant has for tests (U-09), under the id that Connectware's own documentation gives it. It
 * cannot be edited or deleted.
 */
export const adminRole = (tenant: TenantName): Role => ({
  id: ADMIN_ID,
  tenant,
  name: ADMIN_ROLE_NAME,
  permissions: [{ resource: '#', operation: 'readWrite', context: 'mqtt', allowRetain: false }],
  plusMode: 'exact',
  createdAt: null,
  version: 1,
});

export const isBuiltIn = ({ id }: Pick<Role, 'id'>): boolean => id === ADMIN_ID;
