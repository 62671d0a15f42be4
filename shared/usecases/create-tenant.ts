// An operator creates a tenant. What devices need in IoT Core is made first, so that a tenant that exists is complete.

import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { Admission, Tenant } from '#domain/tenant.ts';
import type { Clock } from '#ports/clock.ts';
import { ensurePermissionSet, type PrepareTenantDeps, permissionSetFor, writeAllowList } from './prepare-tenant.ts';
import { type Outcome, refuse } from './refusal.ts';

export type CreateTenantDeps = PrepareTenantDeps & { readonly clock: Clock };

export type NewTenant = {
  readonly name: TenantName;
  readonly naming: string;
  readonly admission: Admission;
  /** null: every common name may come */
  readonly allowedCns: readonly string[] | null;
};

/** Repeatable until the record stands; from then on `TENANT_EXISTS`. */
export const createTenant =
  (deps: CreateTenantDeps) =>
  async ({ name, naming, admission, allowedCns }: NewTenant): Promise<Outcome<Tenant>> => {
    const { tenants, clock } = deps;
    const exists = refuse(
      'conflict',
      'TENANT_EXISTS',
      `expected a new tenant, but ${name} exists; change its naming, admission or allow-list instead`,
    );
    const set = permissionSetFor(name, naming);
    if (!set.ok) return set;
    if (await tenants.find(name)) return exists;

    await ensurePermissionSet(deps, set.value);
    const allowListId = await writeAllowList(deps, name, allowedCns);
    const tenant: Tenant = { name, naming, admission, allowListId, createdAt: clock(), version: 0 };
    if (await tenants.create(tenant)) return ok(tenant);
    if (allowListId !== null) await tenants.removeAllowList(name, allowListId);
    return exists;
  };
