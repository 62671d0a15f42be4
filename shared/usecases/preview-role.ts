// Says what an edit of a role would give and take, and from which devices, without making it.

import type { TenantName } from '#domain/ids.ts';
import type { Operation, Permission } from '#domain/permission.ts';
import type { Granted, Inexact } from '#domain/permission-compiler.ts';
import { ok } from '#domain/result.ts';
import type { Role } from '#domain/role.ts';
import { covers, topicPattern } from '#domain/topic-pattern.ts';
import type { DeviceListing } from '#ports/permission-registry.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { compileSet } from './compile-permission-set.ts';
import { type PlannedEditDeps, planEdit, type RoleChange } from './edit-role.ts';
import { grantedOf } from './granted-permissions.ts';
import { type Outcome, unknownTenant } from './refusal.ts';
import type { RoleInUse, SetInUse } from './role-sets.ts';

export type PreviewRoleDeps = PlannedEditDeps & {
  readonly tenants: TenantRegistry;
  readonly deviceListing: DeviceListing;
};

export type PreviewedSet = SetInUse & {
  readonly gains: readonly Permission[];
  readonly loses: readonly Permission[];
  /** what stops being exact, or is inexact in another way */
  readonly becomesInexact: readonly Inexact[];
  /** what is kept, and exact again: as it was until then */
  readonly becomesExact: readonly Inexact[];
  /** client ids of the first devices with it */
  readonly devices: readonly string[];
  readonly more: boolean;
};
export type PreviewedRole = Omit<RoleInUse, 'sets'> & { readonly sets: readonly PreviewedSet[] };

const DEVICES_SHOWN = 100;
/** Sets whose devices are read at the same time. */
const AT_ONCE = 10;

/** One of the things that a permission allows by itself. */
type Right = { readonly way: 'read' | 'write' | 'retain'; readonly permission: Permission };

const rightsOf = (permissions: readonly Permission[]): Right[] =>
  permissions.flatMap((permission) => [
    ...(permission.operation === 'write' ? [] : [{ way: 'read' as const, permission }]),
    ...(permission.operation === 'read' ? [] : [{ way: 'write' as const, permission }]),
    ...(permission.operation !== 'read' && permission.allowRetain ? [{ way: 'retain' as const, permission }] : []),
  ]);

/** A path of the HTTP door begins with `/`, a topic never does, so that neither includes the other. */
const includes = (outer: Right, inner: Right): boolean =>
  outer.way === inner.way && covers(topicPattern(outer.permission.resource), topicPattern(inner.permission.resource));

const OPERATION: Readonly<Record<string, Operation>> = { read: 'read', write: 'write', 'read write': 'readWrite' };

/** What is in `permissions` and not in `others`, each resource once. */
const beyond = (permissions: readonly Permission[], others: readonly Permission[]): readonly Permission[] => {
  const known = rightsOf(others);
  const rights = rightsOf(permissions).filter((right) => !known.some((other) => includes(other, right)));
  const byResource = Map.groupBy(rights, ({ permission: { context, resource } }) => `${context} ${resource}`);
  return [...byResource.values()].flatMap((ways) => {
    const has = (...any: readonly Right['way'][]) => ways.some(({ way }) => any.includes(way));
    const operation =
      OPERATION[[...(has('read') ? ['read'] : []), ...(has('write', 'retain') ? ['write'] : [])].join(' ')];
    const [first] = ways;
    return first === undefined || operation === undefined
      ? []
      : [{ ...first.permission, operation, allowRetain: has('retain') }];
  });
};

const isSame = (a: Granted, b: Granted): boolean =>
  a.from === b.from && a.permission.resource === b.permission.resource;

/** @param granted afterwards */
const exactness = (before: readonly Inexact[], after: readonly Inexact[], granted: readonly Granted[]) => ({
  becomesInexact: after.filter(
    (one) => !before.some((was) => was.kind === one.kind && isSame(was.granted, one.granted)),
  ),
  becomesExact: before.filter(
    (was) => granted.some((one) => isSame(one, was.granted)) && !after.some((one) => isSame(one.granted, was.granted)),
  ),
});

export const previewRole = (deps: PreviewRoleDeps) => {
  const previewed = async (before: Role, inUse: SetInUse): Promise<PreviewedSet> => {
    const { set, roles, own } = inUse.kept;
    const former = roles.map((role) => (role.id === before.id ? before : role));
    const permitted = (of: readonly Role[]) => grantedOf(of, own).map(({ permission }) => permission);
    const [now, then] = [permitted(former), permitted(roles)];
    const compiled = compileSet(deps, { ...inUse.kept, roles: former });
    const { items, cursor } = await deps.deviceListing.ofPermissionSet(set.id, { limit: DEVICES_SHOWN, cursor: null });
    const devices = items.map(({ clientId }) => clientId);
    return {
      ...inUse,
      gains: beyond(then, now),
      loses: beyond(now, then),
      ...exactness(compiled.ok ? compiled.value.inexact : [], inUse.compiled.inexact, grantedOf(roles, own)),
      devices,
      more: cursor !== null,
    };
  };

  return async (name: TenantName, id: string, change: RoleChange): Promise<Outcome<PreviewedRole>> => {
    const tenant = await deps.tenants.find(name);
    if (!tenant) return unknownTenant(name);
    const planned = await planEdit(deps)(tenant, id, change);
    if (!planned.ok) return planned;
    const { before, after, alone, sets } = planned.value;
    const shown: PreviewedSet[] = [];
    for (let start = 0; start < sets.length; start += AT_ONCE)
      shown.push(...(await Promise.all(sets.slice(start, start + AT_ONCE).map((set) => previewed(before, set)))));
    return ok({ role: after, alone, sets: shown });
  };
};
