// Changes of a tenant's roles, users and naming take turns: each is checked against all the others.

import type { TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { HeldLock, TenantLock } from '#ports/permission-registry.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, refuse, unknownTenant } from './refusal.ts';

export type TurnDeps = { readonly tenants: TenantRegistry; readonly tenantLock: TenantLock };

export const tenantBusy = (tenant: string) =>
  refuse(
    'conflict',
    'TENANT_BUSY',
    `roles, users or naming of ${tenant} are being changed by others; repeat in a moment`,
  );

/**
 * Changes a tenant as it stands once it is its turn. `TENANT_UNKNOWN` or, when the turn did not come, `TENANT_BUSY`:
 * nothing was changed then.
 */
export const inTurn = async <T>(
  { tenants, tenantLock }: TurnDeps,
  name: TenantName,
  change: (tenant: Tenant, held: HeldLock) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  // before the lock: one that is no tenant leaves nothing behind
  if (!(await tenants.find(name))) return unknownTenant(name);
  const held = await tenantLock.take(name);
  if (!held) return tenantBusy(name);
  try {
    const tenant = await tenants.find(name);
    return tenant ? await change(tenant, held) : unknownTenant(name);
  } finally {
    await held.release();
  }
};
