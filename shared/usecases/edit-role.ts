// An operator changes what a role permits: checked against everything that the role is part of, written, then applied.

import type { TenantName } from '#domain/ids.ts';
import type { PermissionInput, PlusMode } from '#domain/permission.ts';
import type { CompiledSet } from '#domain/permission-compiler.ts';
import { compositionText } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import { isBuiltIn, type Role } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { PermissionSetQueue } from '#ports/messages.ts';
import { type CheckRoleDeps, checkAlone } from './create-role.ts';
import { findRole } from './operator-queries.ts';
import { parsePermissions } from './parse-permissions.ts';
import { builtInRole, changedMeanwhile, type Outcome, refuse, unknownRole } from './refusal.ts';
import { isApplied, type RoleInUse, type RoleSetsDeps, type SetInUse, setsInUse, setsWithRole } from './role-sets.ts';
import { inTurn, type TurnDeps, tenantBusy } from './tenant-turn.ts';

export type PlannedEditDeps = RoleSetsDeps & CheckRoleDeps;

export type EditRoleDeps = PlannedEditDeps &
  TurnDeps & { readonly setQueue: PermissionSetQueue; readonly newId: () => string };

/** What is absent stays as it is. */
export type RoleChange = {
  readonly permissions?: readonly PermissionInput[] | undefined;
  readonly plusMode?: PlusMode | undefined;
  /** of the role that the change was made of; absent: of whichever is stored */
  readonly version?: number | undefined;
};

export type PlannedEdit = {
  readonly before: Role;
  /** equal to `before`, version included, when the edit changes nothing */
  readonly after: Role;
  readonly alone: CompiledSet;
  readonly sets: readonly SetInUse[];
};

const changed = (before: Role, { permissions, plusMode, version = before.version }: RoleChange): Outcome<Role> => {
  if (permissions === undefined && plusMode === undefined)
    return refuse('invalid', 'NOTHING_TO_SET', 'expected permissions or a plus mode to set, got none');
  const parsed = permissions === undefined ? ok(before.permissions) : parsePermissions(permissions);
  if (!parsed.ok) return parsed;
  const after = { ...before, permissions: parsed.value, plusMode: plusMode ?? before.plusMode };
  const same =
    after.plusMode === before.plusMode &&
    compositionText([], after.permissions) === compositionText([], before.permissions);
  // what stands already is no conflict, so that an edit may be repeated
  if (same) return ok(before);
  if (version !== before.version) return changedMeanwhile('role', before.name, { seen: version, now: before.version });
  return ok({ ...after, version: before.version + 1 });
};

/** What an edit would come to; refused as a whole, naming the first composition of roles that it breaks. Writes nothing. */
export const planEdit =
  (deps: PlannedEditDeps) =>
  async (tenant: Tenant, id: string, change: RoleChange): Promise<Outcome<PlannedEdit>> => {
    const before = await findRole(deps.roles)(tenant.name, id);
    if (!before) return unknownRole(id);
    if (isBuiltIn(before)) return builtInRole(before.name);
    const after = changed(before, change);
    if (!after.ok) return after;
    const alone = checkAlone(deps, tenant, after.value);
    if (!alone.ok) return alone;
    const sets = setsInUse(deps, await setsWithRole(deps, after.value));
    return sets.ok ? ok({ before, after: after.value, alone: alone.value, sets: sets.value }) : sets;
  };

/** Longer than a request runs: by then its role is written, or never will be. */
const AFTERWARDS_SECONDS = 60;

/**
 * A request that ends right after the role was written leaves nothing as it was: the sets are applied by commands that were
 * sent before, and find nothing to do where all went well.
 *
 * Repeatable: an edit that equals what stands asks once more for the sets that IoT Core was not brought to.
 * @param disconnect whether the devices' sessions are to end once their set is applied
 */
export const editRole =
  (deps: EditRoleDeps) =>
  (name: TenantName, id: string, change: RoleChange, disconnect: boolean): Promise<Outcome<RoleInUse>> =>
    inTurn(deps, name, async (tenant, held) => {
      const planned = await planEdit(deps)(tenant, id, change);
      if (!planned.ok) return planned;
      const { before, after, alone, sets } = planned.value;
      const waiting = sets.filter(({ kept }) => disconnect || !isApplied(kept));
      const ask = async (disconnecting: boolean, delaySeconds?: number) => {
        const command = { act: 'apply', tenant: name, disconnect: disconnecting, cursor: null } as const;
        const send = ({ kept: { set } }: SetInUse) =>
          deps.setQueue.send({ ...command, permissionSet: set.id, commandId: deps.newId() }, delaySeconds);
        await Promise.all(waiting.map(send));
      };
      if (after !== before) {
        await ask(false, AFTERWARDS_SECONDS);
        held.assertHeld();
        if (!(await deps.roles.update(after, before.version))) return tenantBusy(name);
      }
      await ask(disconnect);
      return ok({ role: after, alone, sets });
    });
