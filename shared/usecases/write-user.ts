// Writes what a user is to be: first what its devices will need in IoT Core, then the record, then the devices follow.

import type { EveryTopic } from '#domain/every-topic.ts';
import type { TenantName } from '#domain/ids.ts';
import { compositionText, permissionSetOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { Tenant } from '#domain/tenant.ts';
import { knownUser, type User } from '#domain/user.ts';
import type { HeldLock, UserRegistry } from '#ports/permission-registry.ts';
import { type CompositionDeps, compositionOf, makeSets, profilesOf } from './composition-sets.ts';
import { usersWith } from './composition-users.ts';
import { grantedOf, rolesOf } from './granted-permissions.ts';
import { type Outcome, refuse } from './refusal.ts';
import { type TellDevicesDeps, tellDevices } from './tell-devices.ts';
import { checkTopics } from './tenant-topics.ts';
import { tenantBusy } from './tenant-turn.ts';
import { markUnused } from './unused-permission-sets.ts';
import { warningsOn } from './user-warnings.ts';

export type LeaveCompositionDeps = CompositionDeps & { readonly users: UserRegistry };
export type WriteUserDeps = LeaveCompositionDeps &
  TellDevicesDeps & {
    /** what deserves a second look, for whoever reads the log */
    readonly warn: (code: string, about: Readonly<Record<string, string>>) => void;
  };

/** Marks the sets that lose their last user, before they do: a mark on a set that has one is taken away again. */
export const leaveComposition = async (
  deps: LeaveCompositionDeps,
  tenant: TenantName,
  composition: string,
  username: string,
): Promise<void> => {
  for await (const other of usersWith(deps.users, tenant, composition)) if (other !== username) return;
  const sets = await deps.permissionSets.ofTenant(tenant);
  for (const set of sets) if (set.composition === composition) await markUnused(deps, set);
};

/** What a user is, each part whole: role ids may be of roles that do not exist. */
export type UserContent = Pick<User, 'grantTypes' | 'roles' | 'permissions'>;

export const sameContent = (a: UserContent, b: UserContent): boolean => {
  const grants = ({ grantTypes }: UserContent) =>
    grantTypes
      .map(({ method, isRequired }) => `${method} ${isRequired}`)
      .toSorted()
      .join();
  const granted = ({ roles, permissions }: UserContent) => compositionText(roles, permissions);
  return grants(a) === grants(b) && granted(a) === granted(b);
};

/** A user as it was written or deleted, and how many devices are it: those follow, and no other. */
export type WrittenUser = { readonly user: User; readonly devices: number };

/**
 * Repeatable: a user that is so already is not written again, and what an earlier attempt left undone is done, down to
 * the devices.
 */
export const writeUser = (deps: WriteUserDeps) => {
  const { users, permissionSets, warn, clock } = deps;
  const rolesIn = rolesOf(deps);
  const make = makeSets(deps);
  const tell = tellDevices(deps);
  const readWarnings = warningsOn(deps);

  const next = (tenant: TenantName, username: string, before: User | null, content: UserContent): User => ({
    tenant,
    username,
    ...content,
    composition: compositionOf(deps, content.roles, content.permissions),
    createdAt: before?.createdAt ?? clock(),
    version: (before?.version ?? 0) + 1,
  });

  const prepare = async (tenant: Tenant, user: User): Promise<Outcome<unknown>> => {
    const { roles: ids, permissions: own, username, composition } = user;
    const roles = await rolesIn(tenant.name, { roles: ids });
    const missing = ids.filter((id) => !roles.some((role) => role.id === id));
    if (missing.length > 0)
      return refuse(
        'invalid',
        'ROLE_UNKNOWN',
        `expected roles of this tenant, got ${missing.join(', ')}; list its roles`,
      );
    const within = checkTopics(tenant, grantedOf(roles, own, username), username);
    if (!within.ok) return within;
    if (composition === null) return ok(null);
    const profiles = profilesOf(tenant, await permissionSets.ofTenant(tenant.name));
    return make(
      profiles.map((profile) => ({
        set: permissionSetOf(tenant.name, profile, composition),
        roleIds: ids,
        roles,
        own,
        user: username,
      })),
    );
  };

  /** Between the two notes the user counts as one of both compositions. */
  const record = async (held: HeldLock, before: User | null, user: User): Promise<boolean> => {
    const { tenant, username, composition } = user;
    held.assertHeld();
    if (composition !== null) await users.note(tenant, composition, username);
    const left = before?.composition === composition ? null : (before?.composition ?? null);
    if (left !== null) await leaveComposition(deps, tenant, left, username);
    held.assertHeld();
    const written = before === user || (await (before ? users.update(user, before.version) : users.create(user)));
    if (written && left !== null) await users.dropNote(tenant, left, username);
    return written;
  };

  /** Of what the user did not have before. */
  const warnOf = async (user: User, before: User | null, actor: string): Promise<void> => {
    const { tenant, username } = user;
    const warningsOf = await readWarnings(tenant, before ? [user, before] : [user]);
    const inWords = ({ code, from, permission: { operation, resource } }: EveryTopic) =>
      ({ code, about: { tenant, username, actor, from, operation, resource } }) as const;
    const had = new Set((before ? warningsOf(before) : []).map((one) => JSON.stringify(inWords(one))));
    for (const one of warningsOf(user).map(inWords)) if (!had.has(JSON.stringify(one))) warn(one.code, one.about);
  };

  /** @param before as it is stored; null when it is not */
  return async (
    { tenant, held, actor }: { readonly tenant: Tenant; readonly held: HeldLock; readonly actor: string },
    username: string,
    before: User | null,
    content: UserContent,
  ): Promise<Outcome<WrittenUser>> => {
    const user = before && sameContent(before, content) ? before : next(tenant.name, username, before, content);
    const prepared = await prepare(tenant, user);
    if (!prepared.ok) return prepared;
    if (!(await record(held, before, user))) return tenantBusy(tenant.name);
    await warnOf(user, knownUser(tenant.name, username, before), actor);
    return ok({ user, devices: await tell(tenant, username, user, actor) });
  };
};
