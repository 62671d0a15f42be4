// Names what a group of devices may do: tenant, naming profile, and the roles of their users. The identity, never the
// content: an edited role is another content of the same set.

import type { TenantName } from './ids.ts';
import type { NamingProfile } from './naming.ts';
import type { Permission } from './permission.ts';
import { COMPILER_VERSION } from './permission-compiler.ts';
import type { Role, RoleId } from './role.ts';

export type PermissionSet = {
  /** `acme.eu1`, or `acme.connectware.` and the composition: the key under which AWS resources are found */
  readonly id: string;
  readonly tenant: TenantName;
  readonly profile: NamingProfile;
  /** null: what the profile gives, and nothing more */
  readonly composition: string | null;
};

/** What a set is made of, as the registry keeps it. */
export type PermissionSetRecord = PermissionSet & {
  readonly roles: readonly RoleId[];
  /** permissions of a user's own */
  readonly permissions: readonly Permission[];
  /** `contentOf` its roles that IoT Core was last brought to, and in how many policies; null before the first time */
  readonly applied: { readonly content: string; readonly documents: number; readonly at: number } | null;
  /**
   * epoch milliseconds at which it was made or its last user left; null once it is seen to have a user a while later. A
   * set that has none then is deleted.
   */
  readonly unusedSince: number | null;
  /** raised by every write */
  readonly version: number;
};

export const permissionSetOf = (
  tenant: TenantName,
  profile: NamingProfile,
  composition: string | null = null,
): PermissionSet => ({
  id: [tenant, profile, ...(composition === null ? [] : [composition])].join('.'),
  tenant,
  profile,
  composition,
});

/** The set of the same tenant and profile that has another composition. @param id of a permission set */
export const withComposition = (id: string, composition: string | null): string =>
  [...id.split('.').slice(0, 2), ...(composition === null ? [] : [composition])].join('.');

/** The text whose digest names a composition: equal for equal roles and permissions in any order. */
export const compositionText = (roles: readonly RoleId[], permissions: readonly Permission[]): string => {
  const own = permissions.map(({ resource, operation, context, allowRetain }) =>
    JSON.stringify([resource, operation, context, allowRetain]),
  );
  return JSON.stringify([[...new Set(roles)].toSorted(), [...new Set(own)].toSorted()]);
};

/**
 * Names the content of a set: equal as long as no role of it was edited, and no release compiles it otherwise. A role that
 * was deleted and made anew has the id and the first version of the former one, not its age.
 */
export const contentOf = (roles: readonly Pick<Role, 'id' | 'createdAt' | 'version'>[]): string =>
  [
    `compiler@${COMPILER_VERSION}`,
    ...roles.map(({ id, createdAt, version }) => `${id}@${createdAt ?? 0}.${version}`).toSorted(),
  ].join(' ');
