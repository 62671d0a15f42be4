// The permission sets of users that a role is part of: what an edit of it must fit into, and how far it got.

import type { CompiledSet } from '#domain/permission-compiler.ts';
import { contentOf, type PermissionSetRecord } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { Role } from '#domain/role.ts';
import type { PermissionSetRegistry, UserRegistry } from '#ports/permission-registry.ts';
import { type CompileDeps, compileSet, type SetOfRoles } from './compile-permission-set.ts';
import { setsOfUsers } from './composition-users.ts';
import { type GrantedDeps, rolesOf } from './granted-permissions.ts';
import type { Outcome } from './refusal.ts';

export type RoleSetsDeps = CompileDeps &
  GrantedDeps & { readonly permissionSets: PermissionSetRegistry; readonly users: UserRegistry };

export type KeptSet = SetOfRoles<PermissionSetRecord>;

/**
 * Every set with the role that some user has, made of this version of it and of the other roles as they stand. One that is
 * kept for a while after its last user left is brought to its roles when a user is given it.
 */
export const setsWithRole = async (deps: RoleSetsDeps, role: Role): Promise<readonly KeptSet[]> => {
  const kept = await deps.permissionSets.ofTenant(role.tenant);
  const having = kept.filter(({ roles }) => roles.includes(role.id));
  const sets = await setsOfUsers(deps.users, role.tenant, having);
  const ids = [...new Set(sets.flatMap(({ roles }) => roles))];
  const stored = await rolesOf(deps)(role.tenant, { roles: ids });
  const byId = new Map([...stored, role].map((each) => [each.id, each]));
  return sets.map((set) => ({
    set,
    roles: set.roles.flatMap((id) => byId.get(id) ?? []),
    own: set.permissions,
    user: null,
  }));
};

export const isApplied = ({ set, roles }: KeptSet): boolean => set.applied?.content === contentOf(roles);

/** A set, and what it comes to. */
export type SetInUse = { readonly kept: KeptSet; readonly compiled: CompiledSet };
export type RoleInUse = {
  readonly role: Role;
  /** what the role comes to by itself; null where its tenant's naming or topics refuse it by now */
  readonly alone: CompiledSet | null;
  readonly sets: readonly SetInUse[];
};

/** What each set comes to; the refusal names the first that no policy can say. */
export const setsInUse = (deps: CompileDeps, sets: readonly KeptSet[]): Outcome<readonly SetInUse[]> => {
  const inUse: SetInUse[] = [];
  for (const kept of sets) {
    const compiled = compileSet(deps, kept);
    if (!compiled.ok) return compiled;
    inUse.push({ kept, compiled: compiled.value });
  }
  return ok(inUse);
};
