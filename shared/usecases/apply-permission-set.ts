// Brings one permission set in IoT Core to what its roles say now.

import { TransientError } from '#domain/errors.ts';
import type { TenantName } from '#domain/ids.ts';
import { contentOf } from '#domain/permission-set.ts';
import type { Clock } from '#ports/clock.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import type { PermissionSetRegistry } from '#ports/permission-registry.ts';
import { type CompileDeps, compileSet } from './compile-permission-set.ts';
import { type GrantedDeps, rolesOf } from './granted-permissions.ts';

export type ApplyPermissionSetDeps = CompileDeps &
  GrantedDeps & {
    readonly permissionSets: PermissionSetRegistry;
    readonly setGateway: PermissionSetGateway;
    readonly clock: Clock;
  };

/** Roles are edited by people: more often than this in a row nobody does. */
const ATTEMPTS = 5;

/**
 * Repeatable. IoT Core is asked even where the record says that it is done: of two that apply one set, the one with the
 * older content may come last, and then it sees at its re-read that the roles moved on, at the latest when its message is
 * delivered again.
 * @throws Error when the roles cannot be compiled, which the edit of a role makes sure of
 */
export const applyPermissionSet = (deps: ApplyPermissionSetDeps) => {
  const { permissionSets, setGateway, clock } = deps;
  const rolesIn = rolesOf(deps);

  return async (tenant: TenantName, id: string): Promise<void> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const set = await permissionSets.find(tenant, id);
      // collected meanwhile
      if (!set) return;
      const roles = await rolesIn(tenant, set);
      const compiled = compileSet(deps, { set, roles, own: set.permissions, user: null });
      if (!compiled.ok) throw new Error(`permission set ${id}: ${compiled.error.message}`);
      const documents = compiled.value.documents.map(({ json }) => json);
      await setGateway.ensure(set, documents);

      const content = contentOf(roles);
      if (contentOf(await rolesIn(tenant, set)) !== content) continue;
      const applied = { content, documents: documents.length, at: clock() };
      if (await permissionSets.put({ ...set, applied }, set.version)) return;
    }
    throw new TransientError(`permission set ${id} was changed by others each time that it was applied`);
  };
};
