// Deletes a permission set that no user and no device has had for a while.

import { TransientError } from '#domain/errors.ts';
import type { TenantName } from '#domain/ids.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import type { DeviceListing, HeldLock, TenantLock, UserRegistry } from '#ports/permission-registry.ts';
import { dropStaleNotes, usersWith } from './composition-users.ts';
import { changeSet, lookLater, type UnusedSetsDeps } from './unused-permission-sets.ts';

export type CollectPermissionSetDeps = UnusedSetsDeps & {
  readonly users: UserRegistry;
  readonly deviceListing: DeviceListing;
  readonly setGateway: PermissionSetGateway;
  readonly tenantLock: TenantLock;
};

/** `used` by a user, `occupied` by a device of no such user, which is on its way out or suspended; or `free` */
type Use = 'used' | 'occupied' | 'free';

export const collectPermissionSet = (deps: CollectPermissionSetDeps) => {
  const { permissionSets, users, deviceListing, setGateway, tenantLock, clock, collectionDelayMs } = deps;

  const useOf = async (set: PermissionSetRecord, composition: string): Promise<Use> => {
    for await (const _ of usersWith(users, set.tenant, composition)) return 'used';
    const { items } = await deviceListing.ofPermissionSet(set.id, { limit: 1, cursor: null });
    return items.length > 0 ? 'occupied' : 'free';
  };

  const remove = async (set: PermissionSetRecord, composition: string, held: HeldLock): Promise<void> => {
    // from here on nobody may take for there what is being deleted
    await changeSet(deps, set, { applied: null });
    held.assertHeld();
    await setGateway.remove(set);
    await permissionSets.remove(set.tenant, set.id);
    await dropStaleNotes(users, set.tenant, composition);
  };

  const look = async (set: PermissionSetRecord, composition: string, held: HeldLock): Promise<void> => {
    const { unusedSince: mark } = set;
    if (mark === null) return;
    const use = await useOf(set, composition);
    if (use === 'used') {
      await changeSet(deps, set, { unusedSince: null });
      return;
    }
    if (use === 'occupied' || clock() < mark + collectionDelayMs) await lookLater(deps, set, mark);
    else await remove(set, composition, held);
  };

  /**
   * Repeatable. The tenant's lock keeps users from being given the set meanwhile.
   * @param mark the time at which the set was marked; null for whichever mark it has
   * @throws TransientError when others change the tenant's users
   */
  return async (tenant: TenantName, id: string, mark: string | null): Promise<void> => {
    const held = await tenantLock.take(tenant);
    if (!held) throw new TransientError(`roles and users of tenant ${tenant} are being changed`);
    try {
      const set = await permissionSets.find(tenant, id);
      // what the naming profile alone gives stays as long as its tenant; a newer mark has a newer command
      if (!set || set.composition === null || (mark !== null && mark !== String(set.unusedSince))) return;
      await look(set, set.composition, held);
    } finally {
      await held.release();
    }
  };
};
