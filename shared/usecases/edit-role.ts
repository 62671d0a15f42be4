// An operator changes what a role permits: checked against everything that the role is part of, written, then applied.

import type { TenantName } from '#domain/ids.ts';
import type { PermissionInput, PlusMode } from '#domain/permission.ts';
import { compositionText } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import { isBuiltIn, type Role } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { PermissionSetQueue } from '#ports/messages.ts';
import type { CompositionDeps } from './composition-sets.ts';
import { checkAlone } from './create-role.ts';
import { findRole } from './operator-queries.ts';
import { parsePermissions } from './parse-permissions.ts';
import { type Outcome, refuse, unknownRole } from './refusal.ts';
import { isApplied, type RoleInUse, type RoleSetsDeps, type SetInUse, setsInUse, setsWithRole } from './role-sets.ts';
import { inTurn, type TurnDeps, tenantBusy } from './tenant-turn.ts';

export type PlannedEditDeps = RoleSetsDeps & Pick<CompositionDeps, 'digest'>;

export type EditRoleDeps = PlannedEditDeps &
  TurnDeps & { readonly setQueue: PermissionSetQueue; readonly newId: () => string };

/** What is absent stays as it is. */
export type RoleChange = {
  readonly permissions?: readonly PermissionInput[] | undefined;
  readonly plusMode?: PlusMode | undefined;
};

export const builtInRole = ({ name }: Role) =>
  refuse('conflict', 'ROLE_BUILT_IN', `the role ${name} is built in and stays as it is; create a role of your own`);

export type PlannedEdit = {
  readonly before: Role;
  /** equal to `before`, version included, when the edit changes nothing */
  readonly after: Role;
  readonly sets: readonly SetInUse[];
};

const changed = (before: Role, { permissions, plusMode }: RoleChange): Outcome<Role> => {
  if (permissions === undefined && plusMode === undefined)
    return refuse('invalid', 'NOTHING_TO_SET', 'expected permissions or a plus mode to set, got none');
  const parsed = permissions === undefined ? ok(before.permissions) : parsePermissions(permissions);
  if (!parsed.ok) return parsed;
  const after = { ...before, permissions: parsed.value, plusMode: plusMode ?? before.plusMode };
  const same =
    after.plusMode === before.plusMode &&
    compositionText([], after.permissions) === compositionText([], before.permissions);
  return ok(same ? before : { ...after, version: before.version + 1 });
};

/** What an edit would come to; refused as a whole, naming the first composition of roles that it breaks. Writes nothing. */
export const planEdit =
  (deps: PlannedEditDeps) =>
  async (tenant: Tenant, id: string, change: RoleChange): Promise<Outcome<PlannedEdit>> => {
    const before = await findRole(deps.roles)(tenant.name, id);
    if (!before) return unknownRole(id);
    if (isBuiltIn(before)) return builtInRole(before);
    const after = changed(before, change);
    if (!after.ok) return after;
    const alone = checkAlone(deps, tenant, after.value);
    if (!alone.ok) return alone;
    const sets = setsInUse(deps, await setsWithRole(deps, after.value));
    return sets.ok ? ok({ before, after: after.value, sets: sets.value }) : sets;
  };

/**
 * Repeatable: an edit that equals what stands asks once more for the sets that IoT Core was not brought to.
 * @param disconnect whether the devices' sessions are to end once their set is applied
 */
export const editRole =
  (deps: EditRoleDeps) =>
  (name: TenantName, id: string, change: RoleChange, disconnect: boolean): Promise<Outcome<RoleInUse>> =>
    inTurn(deps, name, async (tenant, held) => {
      const planned = await planEdit(deps)(tenant, id, change);
      if (!planned.ok) return planned;
      const { before, after, sets } = planned.value;
      held.assertHeld();
      if (after !== before && !(await deps.roles.update(after, before.version))) return tenantBusy(name);
      const waiting = sets.filter(({ kept }) => disconnect || !isApplied(kept));
      const command = { act: 'apply', tenant: name, disconnect, cursor: null } as const;
      await Promise.all(
        waiting.map(({ kept: { set } }) =>
          deps.setQueue.send({ ...command, permissionSet: set.id, commandId: deps.newId() }),
        ),
      );
      return ok({ role: after, sets });
    });
