// An operator changes how a tenant's devices are named, admitted and renewed, what its CA certificates must be like, and
// which topics its roles may name. Devices that are in keep their names (N-04).

import type { TenantName } from '#domain/ids.ts';
import type { NamingProfile } from '#domain/naming.ts';
import { ok } from '#domain/result.ts';
import type { Tenant, TenantSettings } from '#domain/tenant.ts';
import type { HeldLock } from '#ports/permission-registry.ts';
import { makeSets } from './composition-sets.ts';
import { type PrepareTenantDeps, profileOf, setsUnder, writeAllowList } from './prepare-tenant.ts';
import { type Outcome, refuse, unknownTenant } from './refusal.ts';
import { checkTopicsInUse, parseTopics, type TopicsInUseDeps } from './tenant-topics.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

export type SetTenantDeps = PrepareTenantDeps & TurnDeps & TopicsInUseDeps;

/** What is absent stays as it is. */
export type TenantChange = { readonly [Setting in keyof TenantSettings]?: TenantSettings[Setting] | undefined } & {
  /** null lifts the allow-list */
  readonly allowedCns?: readonly string[] | null | undefined;
};

/** The profile whose sets a change of naming needs; null when the naming stays. */
const neededProfile = (change: TenantChange): Outcome<NamingProfile | null> => {
  if (Object.values(change).every((value) => value === undefined))
    return refuse('invalid', 'NOTHING_TO_SET', 'expected a setting of the tenant and its value, got none');
  return change.naming === undefined ? ok(null) : profileOf(change.naming);
};

/** Without what is absent, which an explicit undefined would overwrite. */
const given = (settings: Omit<TenantChange, 'allowedCns'>): Partial<TenantSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

const writeChange = async (deps: SetTenantDeps, before: Tenant, change: TenantChange): Promise<Outcome<Tenant>> => {
  const { tenants } = deps;
  const { allowedCns, ...settings } = change;
  const { name } = before;
  const allowListId = allowedCns === undefined ? before.allowListId : await writeAllowList(deps, name, allowedCns);
  const after: Tenant = {
    ...before,
    ...given(settings),
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

/**
 * A naming first has its permission sets made, one for each composition of roles that a user has: a device that onboards a
 * moment later joins one. The naming that stands already brings all sets to what this release compiles. New topics must
 * hold all that roles and users name already. Repeatable, and a repeat goes on where many sets took longer than a request
 * may.
 */
export const setTenant =
  (deps: SetTenantDeps) =>
  async (name: TenantName, change: TenantChange): Promise<Outcome<Tenant>> => {
    const profile = neededProfile(change);
    if (!profile.ok) return profile;
    const needed = profile.value;
    const topics = change.topics === undefined ? ok(undefined) : parseTopics(change.topics);
    if (!topics.ok) return topics;
    const parsed = { ...change, topics: topics.value };
    if (needed === null && parsed.topics === undefined) {
      const before = await deps.tenants.find(name);
      return before ? writeChange(deps, before, parsed) : unknownTenant(name);
    }
    return inTurn(deps, name, async (before: Tenant, held: HeldLock) => {
      if (parsed.topics !== undefined) {
        const fits = await checkTopicsInUse(deps, { ...before, topics: parsed.topics });
        if (!fits.ok) return fits;
      }
      if (needed !== null) {
        const made = await makeSets(deps)(await setsUnder(deps, name, needed));
        if (!made.ok) return made;
      }
      held.assertHeld();
      return writeChange(deps, before, parsed);
    });
  };
