// Deletes a permission set that no user has had for a while, once every device that is in has left it.

import { isKnownActive } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import type { TenantName } from '#domain/ids.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import type { DeviceListing, HeldLock, TenantLock, UserRegistry } from '#ports/permission-registry.ts';
import type { Page } from '#ports/trust-registry.ts';
import { dropStaleNotes, hasUsers } from './composition-users.ts';
import { whenFree } from './tenant-turn.ts';
import { changeSet, lookLater, type UnusedSetsDeps } from './unused-permission-sets.ts';

export type CollectPermissionSetDeps = UnusedSetsDeps & {
  readonly users: UserRegistry;
  readonly deviceListing: DeviceListing;
  readonly certificates: Pick<CertificateRegistry, 'find'>;
  readonly setGateway: PermissionSetGateway;
  readonly tenantLock: TenantLock;
};

const DEVICES_READ = 100;

export const collectPermissionSet = (deps: CollectPermissionSetDeps) => {
  const { permissionSets, users, deviceListing, certificates, setGateway, tenantLock, clock, collectionDelayMs } = deps;

  /**
   * A device that is in is on its way to another set, or out. One that is barred holds none: whenever it may come in, it
   * joins the set that its user has by then before its certificate is active, and that set was made with the user.
   */
  const holds = async ({ certificateId }: Device): Promise<boolean> => {
    const record = await certificates.find(certificateId);
    return record !== null && isKnownActive(record);
  };
  const hasDevice = async ({ id }: PermissionSetRecord): Promise<boolean> => {
    let from: string | null = null;
    do {
      const page: Page<Device> = await deviceListing.ofPermissionSet(id, { limit: DEVICES_READ, cursor: from });
      if ((await Promise.all(page.items.map(holds))).includes(true)) return true;
      from = page.cursor;
    } while (from !== null);
    return false;
  };

  /** The set, when it may be deleted now; otherwise its mark is taken away, or it is looked at again later. */
  const ripe = async (tenant: TenantName, id: string, mark: string | null): Promise<PermissionSetRecord | null> => {
    const set = await permissionSets.find(tenant, id);
    // what the naming profile alone gives stays as long as its tenant; a newer mark has a newer command
    if (!set || set.composition === null || set.unusedSince === null) return null;
    if (mark !== null && mark !== String(set.unusedSince)) return null;
    if (await hasUsers(users, tenant, set.composition)) {
      // not written when the record moved on: a user that leaves marks it anew
      await permissionSets.put({ ...set, unusedSince: null }, set.version);
      return null;
    }
    if (clock() >= set.unusedSince + collectionDelayMs && !(await hasDevice(set))) return set;
    await lookLater(deps, set, set.unusedSince);
    return null;
  };

  const remove = async (set: PermissionSetRecord, held: HeldLock): Promise<void> => {
    // from here on nobody takes for there what is being deleted
    await changeSet(deps, set, { applied: null });
    held.assertHeld();
    await setGateway.remove(set);
    await permissionSets.remove(set.tenant, set.id);
    if (set.composition !== null) await dropStaleNotes(users, set.tenant, set.composition);
  };

  /**
   * Repeatable. Looked at again under the tenant's lock, which keeps users from being given the set meanwhile.
   * @param mark the time at which the set was marked; null for whichever mark it has
   * @throws TransientError when others change the tenant's users
   */
  return async (tenant: TenantName, id: string, mark: string | null): Promise<void> => {
    if (!(await ripe(tenant, id, mark))) return;
    await whenFree(tenantLock, tenant, async (held) => {
      const set = await ripe(tenant, id, mark);
      if (set) await remove(set, held);
    });
  };
};
