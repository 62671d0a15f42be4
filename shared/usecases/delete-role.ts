// An operator deletes a role that no user has.

import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { isBuiltIn, type Role } from '#domain/role.ts';
import type { PermissionSetRegistry, RoleRegistry, UserRegistry } from '#ports/permission-registry.ts';
import { usersWith } from './composition-users.ts';
import { findRole } from './operator-queries.ts';
import { builtInRole, type Outcome, refuse, unknownRole } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

export type DeleteRoleDeps = TurnDeps & {
  readonly roles: RoleRegistry;
  readonly users: UserRegistry;
  readonly permissionSets: PermissionSetRegistry;
};

/** Users that are counted: who has more of them wants a number no more. */
const COUNTED = 100;

/** Sets that have the role and no user are deleted by themselves a while later. */
export const deleteRole = (deps: DeleteRoleDeps) => {
  const { roles, users, permissionSets } = deps;

  const usersOf = async (tenant: TenantName, role: Role): Promise<readonly string[]> => {
    const sets = (await permissionSets.ofTenant(tenant)).filter((set) => set.roles.includes(role.id));
    const compositions = new Set(sets.map(({ composition }) => composition).filter((name) => name !== null));
    const found: string[] = [];
    for (const composition of compositions)
      for await (const username of usersWith(users, tenant, composition)) {
        found.push(username);
        if (found.length === COUNTED) return found;
      }
    return found;
  };

  return (tenant: TenantName, id: string): Promise<Outcome<Role>> =>
    inTurn(deps, tenant, async (_, held) => {
      const role = await findRole(roles)(tenant, id);
      if (!role) return unknownRole(id);
      if (isBuiltIn(role)) return builtInRole(role.name);
      const having = await usersOf(tenant, role);
      const [first] = having;
      if (first !== undefined) {
        const count = having.length === COUNTED ? `${COUNTED} or more` : having.length;
        return refuse(
          'conflict',
          'ROLE_IN_USE',
          `expected a role that no user has, but ${role.name} has ${count}, among them ${first}; take it from them first`,
        );
      }
      held.assertHeld();
      await roles.remove(tenant, role.id);
      return ok(role);
    });
};
