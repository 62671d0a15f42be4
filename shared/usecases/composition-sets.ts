// The permission sets that a composition of roles needs: one under each naming profile that the tenant's devices have.

import { type NamingProfile, namingOf } from '#domain/naming.ts';
import type { Permission } from '#domain/permission.ts';
import { compositionText, type PermissionSetRecord } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { RoleId } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import { type ApplyPermissionSetDeps, applyPermissionSet } from './apply-permission-set.ts';
import { compileSet, type SetOfRoles } from './compile-permission-set.ts';
import type { Outcome } from './refusal.ts';
import { lookLater, type UnusedSetsDeps } from './unused-permission-sets.ts';

export type CompositionDeps = ApplyPermissionSetDeps &
  UnusedSetsDeps & {
    /** SHA-256 in hex */
    readonly digest: (text: string) => string;
  };

const NAME_LENGTH = 16;

/** Name of a composition; null without roles and permissions of its own. */
export const compositionOf = (
  { digest }: Pick<CompositionDeps, 'digest'>,
  roles: readonly RoleId[],
  own: readonly Permission[],
): string | null =>
  roles.length + own.length === 0 ? null : digest(compositionText(roles, own)).slice(0, NAME_LENGTH);

/** The profile of the naming in force, and those under which devices may have come in before (N-04). */
export const profilesOf = (tenant: Tenant, sets: readonly PermissionSetRecord[]): readonly NamingProfile[] => [
  ...new Set([namingOf(tenant.naming).profile, ...sets.map(({ profile }) => profile)]),
];

/** A set as it is wanted. The role ids are the composition's own: they name it, whether or not each role exists. */
export type WantedSet = SetOfRoles & { readonly roleIds: readonly RoleId[] };

/**
 * A composition is named by a part of a digest.
 * @throws Error when two of them have one name
 */
const assertSame = ({ set, roleIds, own }: WantedSet, kept: PermissionSetRecord): void => {
  if (compositionText(roleIds, own) !== compositionText(kept.roles, kept.permissions))
    throw new Error(`permission set ${set.id} is kept for other roles and permissions: ${kept.roles.join(', ')}`);
};

/** A few sets are made at the same time: each takes some calls, and IoT Core throttles them by account. */
const AT_ONCE = 5;

/**
 * Checks them all, then makes each that is not there, and brings IoT Core to each that is not applied. Under the tenant's
 * lock, so that nobody deletes one meanwhile. A new set is marked as unused: its first user is written after it, and may
 * never be.
 */
export const makeSets = (deps: CompositionDeps) => {
  const { permissionSets, clock } = deps;
  const apply = applyPermissionSet(deps);

  const add = async (set: Omit<PermissionSetRecord, 'version'>): Promise<PermissionSetRecord | null> => {
    if (set.unusedSince !== null) await lookLater(deps, set, set.unusedSince);
    return permissionSets.put(set, null);
  };

  const make = async (wanted: WantedSet): Promise<void> => {
    const { set, roleIds, own } = wanted;
    const fresh = {
      ...set,
      roles: roleIds.toSorted(),
      permissions: own,
      applied: null,
      unusedSince: set.composition === null ? null : clock(),
    };
    const kept = await permissionSets.find(set.tenant, set.id);
    if (kept) assertSame(wanted, kept);
    else await add(fresh);
    await apply(set.tenant, set.id);
  };

  return async (sets: readonly WantedSet[]): Promise<Outcome<null>> => {
    for (const set of sets) {
      const compiled = compileSet(deps, set);
      if (!compiled.ok) return compiled;
    }
    for (let start = 0; start < sets.length; start += AT_ONCE) {
      // waits for each, also when one fails: none is left being made when the lock is given back
      const made = await Promise.allSettled(sets.slice(start, start + AT_ONCE).map(make));
      const failed = made.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
    return ok(null);
  };
};
