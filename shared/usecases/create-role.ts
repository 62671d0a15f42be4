// An operator creates a role.

import type { TenantName } from '#domain/ids.ts';
import { namingOf } from '#domain/naming.ts';
import type { PermissionInput, PlusMode } from '#domain/permission.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import { ADMIN_ROLE_NAME, type Role, type RoleId } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { Clock } from '#ports/clock.ts';
import type { RoleRegistry } from '#ports/permission-registry.ts';
import { type CompileDeps, compileSet } from './compile-permission-set.ts';
import { type CompositionDeps, compositionOf } from './composition-sets.ts';
import { grantedOf } from './granted-permissions.ts';
import { parsePermissions } from './parse-permissions.ts';
import { builtInRole, type Outcome, refuse } from './refusal.ts';
import type { RoleInUse } from './role-sets.ts';
import { checkTopics } from './tenant-topics.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

export type CheckRoleDeps = CompileDeps & Pick<CompositionDeps, 'digest'>;
export type CreateRoleDeps = CheckRoleDeps &
  TurnDeps & {
    readonly roles: RoleRegistry;
    readonly roleIdOf: (tenant: TenantName, name: string) => RoleId;
    readonly clock: Clock;
  };

export type NewRole = {
  readonly name: string;
  readonly permissions: readonly PermissionInput[];
  readonly plusMode: PlusMode;
};

/**
 * A role must make sense by itself: within its tenant's topics, and under the naming that the tenant has now neither too
 * large nor at odds with itself.
 */
export const checkAlone = (deps: CheckRoleDeps, tenant: Tenant, role: Role) => {
  const within = checkTopics(tenant, grantedOf([role], []), null);
  if (!within.ok) return within;
  const set = permissionSetOf(tenant.name, namingOf(tenant.naming).profile, compositionOf(deps, [role.id], []));
  return compileSet(deps, { set, roles: [role], own: [], user: null });
};

/** Repeatable until the role stands; from then on `ROLE_EXISTS`. */
export const createRole =
  (deps: CreateRoleDeps) =>
  async (tenantName: TenantName, { name, permissions, plusMode }: NewRole): Promise<Outcome<RoleInUse>> => {
    const { roles, roleIdOf, clock } = deps;
    const parsed = parsePermissions(permissions);
    if (!parsed.ok) return parsed;
    const exists = refuse(
      'conflict',
      'ROLE_EXISTS',
      `expected a new role, but ${tenantName} has a role ${name}; edit it instead`,
    );
    if (name === ADMIN_ROLE_NAME) return builtInRole(name);

    return inTurn(deps, tenantName, async (tenant, held) => {
      const id = roleIdOf(tenantName, name);
      if (await roles.find(tenantName, id)) return exists;
      const role: Role = {
        id,
        tenant: tenantName,
        name,
        permissions: parsed.value,
        plusMode,
        createdAt: clock(),
        version: 1,
      };
      const alone = checkAlone(deps, tenant, role);
      if (!alone.ok) return alone;
      held.assertHeld();
      // nobody has it: a user's roles are there, and stay as long as the user
      return (await roles.create(role)) ? ok({ role, alone: alone.value, sets: [] }) : exists;
    });
  };
