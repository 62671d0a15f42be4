// An operator changes how a tenant's devices are named or admitted. Devices that are in keep their names (N-04).

import type { TenantName } from '#domain/ids.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { Admission, Tenant } from '#domain/tenant.ts';
import { ensurePermissionSet, type PrepareTenantDeps, permissionSetFor, writeAllowList } from './prepare-tenant.ts';
import { type Outcome, refuse, unknownTenant } from './refusal.ts';

/** What is absent stays as it is. */
export type TenantChange = {
  readonly naming?: string | undefined;
  readonly admission?: Admission | undefined;
  /** null lifts the allow-list */
  readonly allowedCns?: readonly string[] | null | undefined;
};

/** The permission set that a change of naming needs; null when the naming stays. */
const neededSet = (name: TenantName, change: TenantChange): Outcome<PermissionSet | null> => {
  if (Object.values(change).every((value) => value === undefined))
    return refuse('invalid', 'NOTHING_TO_SET', 'expected a naming, an admission or an allow-list to set, got none');
  return change.naming === undefined ? ok(null) : permissionSetFor(name, change.naming);
};

export const setTenant =
  (deps: PrepareTenantDeps) =>
  async (name: TenantName, change: TenantChange): Promise<Outcome<Tenant>> => {
    const { tenants } = deps;
    const { naming, admission, allowedCns } = change;
    const set = neededSet(name, change);
    if (!set.ok) return set;
    const before = await tenants.find(name);
    if (!before) return unknownTenant(name);

    // first: a device that onboards a moment after the change joins this set
    if (set.value) await ensurePermissionSet(deps, set.value);
    const allowListId = allowedCns === undefined ? before.allowListId : await writeAllowList(deps, name, allowedCns);
    const after: Tenant = {
      ...before,
      naming: naming ?? before.naming,
      admission: admission ?? before.admission,
      allowListId,
      version: before.version + 1,
    };
    const changed = await tenants.update(after, before.version);

    const unused = changed ? before.allowListId : allowListId;
    if (allowedCns !== undefined && unused !== null) await tenants.removeAllowList(name, unused);
    if (changed) return ok(after);
    return refuse(
      'conflict',
      'TENANT_CHANGED',
      `tenant ${name} was changed by someone else at the same moment; look at it and repeat`,
    );
  };
