// Changes of a tenant's roles, users, naming and CA certificates take turns: each is checked against all the others.

import { TransientError } from '#domain/errors.ts';
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
    `roles, users, naming or CA certificates of ${tenant} are being changed by others; repeat in a moment`,
  );

/** Gives the turn back, whatever comes of it. What matters is the result: a lock that cannot be given back ends by itself. */
export const whileHeld = async <T>(held: HeldLock, work: (held: HeldLock) => Promise<T>): Promise<T> => {
  try {
    return await work(held);
  } finally {
    await held.release().catch(() => undefined);
  }
};

/** For work that is tried again by itself. @throws TransientError when its turn did not come */
export const whenFree = async (
  lock: TenantLock,
  tenant: TenantName,
  work: (held: HeldLock) => Promise<void>,
): Promise<void> => {
  const held = await lock.take(tenant);
  if (!held) throw new TransientError(`roles, users, naming or CA certificates of tenant ${tenant} are being changed`);
  await whileHeld(held, work);
};

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
  return whileHeld(held, async () => {
    const tenant = await tenants.find(name);
    return tenant ? change(tenant, held) : unknownTenant(name);
  });
};
