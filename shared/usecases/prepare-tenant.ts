// What must stand before a tenant's record refers to it: rights in IoT Core, and a whole allow-list.

import type { TenantName } from '#domain/ids.ts';
import { type NamingProfile, parseNaming } from '#domain/naming.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import type { SetOfRoles } from './compile-permission-set.ts';
import type { CompositionDeps } from './composition-sets.ts';
import { rolesOf } from './granted-permissions.ts';
import { type Outcome, refuse } from './refusal.ts';

export type PrepareTenantDeps = CompositionDeps & { readonly tenants: TenantRegistry };

export const profileOf = (naming: string): Outcome<NamingProfile> => {
  const parsed = parseNaming(naming);
  return parsed.ok ? ok(parsed.value.profile) : refuse('invalid', 'NAMING_INVALID', parsed.error);
};

/** The sets that devices need under a profile: without a user, and with each composition that a user may have now. */
export const setsUnder = async (
  deps: PrepareTenantDeps,
  tenant: TenantName,
  profile: NamingProfile,
): Promise<readonly SetOfRoles[]> => {
  const kept = await deps.permissionSets.ofTenant(tenant);
  const compositions = new Map(kept.map((set) => [set.composition, set]));
  const ids = [...new Set(kept.flatMap(({ roles }) => roles))];
  const byId = new Map((await rolesOf(deps)(tenant, { roles: ids })).map((role) => [role.id, role]));
  compositions.delete(null);
  return [
    { set: permissionSetOf(tenant, profile), roles: [], own: [], user: null },
    ...[...compositions].map(([composition, { roles, permissions }]) => ({
      set: permissionSetOf(tenant, profile, composition),
      roles: roles.flatMap((id) => byId.get(id) ?? []),
      own: permissions,
      user: null,
    })),
  ];
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
