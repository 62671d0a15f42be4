// Ends the sessions of a permission set's devices, so that they come back with the rights that they have now.

import type { TenantName } from '#domain/ids.ts';
import type { SessionGateway } from '#ports/iot-gateways.ts';
import type { PermissionSetQueue } from '#ports/messages.ts';
import type { DeviceListing } from '#ports/permission-registry.ts';

export type DisconnectPermissionSetDeps = {
  readonly deviceListing: DeviceListing;
  readonly sessions: SessionGateway;
  readonly setQueue: PermissionSetQueue;
  readonly newId: () => string;
};

/** What one command ends, within the function's time; the next command goes on from there. */
const DEVICES_PER_COMMAND = 100;
/** DeleteConnection is throttled by account: a few at a time leave room for others. */
const AT_ONCE = 10;

/**
 * Repeatable: a device may be sent off twice. None is spared: presence may lag by minutes, and to end the session of a
 * device that is away is nothing.
 */
export const disconnectPermissionSet =
  ({ deviceListing, sessions, setQueue, newId }: DisconnectPermissionSetDeps) =>
  async (tenant: TenantName, id: string, from: string | null): Promise<void> => {
    const page = { limit: DEVICES_PER_COMMAND, cursor: from };
    const { items, cursor } = await deviceListing.ofPermissionSet(id, page);
    for (let start = 0; start < items.length; start += AT_ONCE)
      await Promise.all(items.slice(start, start + AT_ONCE).map(({ clientId }) => sessions.disconnect(clientId)));
    if (cursor === null) return;
    await setQueue.send({ act: 'disconnect', tenant, permissionSet: id, disconnect: true, cursor, commandId: newId() });
  };
