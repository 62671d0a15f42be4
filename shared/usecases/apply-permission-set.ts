// Brings one permission set in IoT Core to what its roles say now.

import type { TenantName } from '#domain/ids.ts';
import { contentOf } from '#domain/permission-set.ts';
import type { Clock } from '#ports/clock.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import type { PermissionSetRegistry } from '#ports/permission-registry.ts';
import { type CompileDeps, compileSet } from './compile-permission-set.ts';
import { type GrantedDeps, rolesOf } from './granted-permissions.ts';
import { changeSet } from './unused-permission-sets.ts';

export type ApplyPermissionSetDeps = CompileDeps &
  GrantedDeps & {
    readonly permissionSets: PermissionSetRegistry;
    readonly setGateway: PermissionSetGateway;
    readonly clock: Clock;
  };

/**
 * Under the tenant's lock: nobody edits a role, deletes the set or applies it meanwhile. Repeatable: IoT Core is not asked
 * where the record says that it is done, which is written last.
 * @throws Error when the roles cannot be compiled, which the edit of a role makes sure of
 */
export const applyPermissionSet = (deps: ApplyPermissionSetDeps) => {
  const { permissionSets, setGateway, clock } = deps;
  const rolesIn = rolesOf(deps);

  return async (tenant: TenantName, id: string): Promise<void> => {
    const set = await permissionSets.find(tenant, id);
    // deleted meanwhile
    if (!set) return;
    const roles = await rolesIn(tenant, set);
    const content = contentOf(roles);
    if (set.applied?.content === content) return;
    const compiled = compileSet(deps, { set, roles, own: set.permissions, user: null });
    if (!compiled.ok) throw new Error(`permission set ${id}: ${compiled.error.message}`);
    const documents = compiled.value.documents.map(({ json }) => json);
    await setGateway.ensure(set, documents);
    await changeSet(deps, set, { applied: { content, documents: documents.length, at: clock() } });
  };
};
