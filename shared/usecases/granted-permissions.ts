// What the roles of a permission set grant, each permission with the name of who gives it.

import type { TenantName } from '#domain/ids.ts';
import type { Granted } from '#domain/permission-compiler.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import { adminRole, isBuiltIn, type Role } from '#domain/role.ts';
import type { RoleRegistry } from '#ports/permission-registry.ts';

type SetContent = Pick<PermissionSetRecord, 'roles' | 'permissions'>;
export type GrantedDeps = { readonly roles: RoleRegistry };

/** The roles of a set, in the set's order. One that was deleted grants nothing: a set that nobody uses may name it yet. */
export const rolesOf =
  ({ roles }: GrantedDeps) =>
  async (tenant: TenantName, { roles: ids }: Pick<SetContent, 'roles'>): Promise<readonly Role[]> => {
    const builtIn = adminRole(tenant);
    const stored = ids.filter((id) => !isBuiltIn({ id }));
    const found = stored.length === 0 ? [] : await roles.findAll(tenant, stored);
    const byId = new Map([builtIn, ...found].map((role) => [role.id, role]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  };

/** @param user whose own permissions the set holds; null where it may be several users' */
export const grantedOf = (
  roles: readonly Role[],
  own: SetContent['permissions'],
  user: string | null = null,
): readonly Granted[] => [
  ...roles.flatMap(({ name, permissions, plusMode }) =>
    permissions.map((permission) => ({ permission, from: `role ${name}`, plusMode })),
  ),
  ...own.map((permission) => ({
    permission,
    from: user === null ? 'the permissions of a user' : `user ${user}`,
    plusMode: 'exact' as const,
  })),
];
