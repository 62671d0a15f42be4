// An operator creates a tenant. What devices need in IoT Core is made first, so that a tenant that exists is complete.

import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { Tenant, TenantSettings } from '#domain/tenant.ts';
import { makeSets } from './composition-sets.ts';
import { type PrepareTenantDeps, profileOf, setsUnder, writeAllowList } from './prepare-tenant.ts';
import { type Outcome, refuse } from './refusal.ts';
import { parseTopics } from './tenant-topics.ts';
import { type TurnDeps, tenantBusy, whileHeld } from './tenant-turn.ts';

export type NewTenant = TenantSettings & {
  readonly name: TenantName;
  /** null: every common name may come */
  readonly allowedCns: readonly string[] | null;
};

/** Repeatable until the record stands; from then on `TENANT_EXISTS`. */
export const createTenant =
  (deps: PrepareTenantDeps & TurnDeps) =>
  async ({ name, allowedCns, ...settings }: NewTenant): Promise<Outcome<Tenant>> => {
    const { tenants, tenantLock, clock } = deps;
    const exists = refuse(
      'conflict',
      'TENANT_EXISTS',
      `expected a new tenant, but ${name} exists; change its naming, admission or allow-list instead`,
    );
    const profile = profileOf(settings.naming);
    if (!profile.ok) return profile;
    const parsed = parseTopics(settings.topics);
    if (!parsed.ok) return parsed;
    if (await tenants.find(name)) return exists;
    const turn = await tenantLock.take(name);
    if (!turn) return tenantBusy(name);
    return whileHeld(turn, async () => {
      const made = await makeSets(deps)(await setsUnder(deps, name, profile.value));
      if (!made.ok) return made;
      const allowListId = await writeAllowList(deps, name, allowedCns);
      const tenant: Tenant = { ...settings, name, allowListId, topics: parsed.value, createdAt: clock(), version: 0 };
      if (await tenants.create(tenant)) return ok(tenant);
      if (allowListId !== null) await tenants.removeAllowList(name, allowListId);
      return exists;
    });
  };
