// What must stand before a tenant's record refers to it: rights in IoT Core, and a whole allow-list.

import type { TenantName } from '#domain/ids.ts';
import { type NamingProfile, parseNaming } from '#domain/naming.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import type { CompositionDeps, WantedSet } from './composition-sets.ts';
import { setsOfUsers } from './composition-users.ts';
import { rolesOf } from './granted-permissions.ts';
import { type Outcome, refuse } from './refusal.ts';

export type PrepareTenantDeps = CompositionDeps & {
  readonly tenants: TenantRegistry;
  readonly users: UserRegistry;
};

export const profileOf = (naming: string): Outcome<NamingProfile> => {
  const parsed = parseNaming(naming);
  return parsed.ok ? ok(parsed.value.profile) : refuse('invalid', 'NAMING_INVALID', parsed.error);
};

/**
 * The sets that devices need under a profile, and under those of earlier namings (N-04): without a user, and with each
 * composition that some user has.
 */
export const setsUnder = async (
  deps: PrepareTenantDeps,
  tenant: TenantName,
  profile: NamingProfile,
): Promise<readonly WantedSet[]> => {
  const kept = await deps.permissionSets.ofTenant(tenant);
  const inUse = await setsOfUsers(deps.users, tenant, kept);
  const ids = [...new Set(inUse.flatMap(({ roles }) => roles))];
  const byId = new Map((await rolesOf(deps)(tenant, { roles: ids })).map((role) => [role.id, role]));
  const compositions = new Map(inUse.map((set) => [set.composition, set]));
  const under = (each: NamingProfile): readonly WantedSet[] => [
    { set: permissionSetOf(tenant, each), roleIds: [], roles: [], own: [], user: null },
    ...[...compositions].map(([composition, { roles, permissions }]) => ({
      set: permissionSetOf(tenant, each, composition),
      roleIds: roles,
      roles: roles.flatMap((id) => byId.get(id) ?? []),
      own: permissions,
      user: null,
    })),
  ];
  return [...new Set([profile, ...kept.map((set) => set.profile)])].flatMap(under);
};

/**
 * Writes a list whole under an id of its own, so that no device ever meets half a list.
 * @returns the list's id; null for no list, which lets every common name in
 */
export const writeAllowList = async (
  { tenants, newId }: PrepareTenantDeps,
  tenant: TenantName,
  cns: readonly string[] | null,
): Promise<string | null> => {
  if (cns === null) return null;
  const listId = newId();
  await tenants.writeAllowList(tenant, listId, cns);
  return listId;
};
