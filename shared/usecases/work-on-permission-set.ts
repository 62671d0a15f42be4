// Does what a command asks of a permission set.

import type { PermissionSetCommand } from '#ports/messages.ts';
import { type ApplyPermissionSetDeps, applyPermissionSet } from './apply-permission-set.ts';
import { type CollectPermissionSetDeps, collectPermissionSet } from './collect-permission-set.ts';
import { type DisconnectPermissionSetDeps, disconnectPermissionSet } from './disconnect-permission-set.ts';
import { whenFree } from './tenant-turn.ts';

export type WorkOnPermissionSetDeps = ApplyPermissionSetDeps & CollectPermissionSetDeps & DisconnectPermissionSetDeps;

/** Repeatable, as each of the acts is. */
export const workOnPermissionSet =
  (deps: WorkOnPermissionSetDeps) =>
  async (command: PermissionSetCommand): Promise<void> => {
    const { act, tenant, permissionSet, disconnect, cursor } = command;
    switch (act) {
      case 'apply':
        await whenFree(deps.tenantLock, tenant, () => applyPermissionSet(deps)(tenant, permissionSet));
        // Only now: a device that came back before would subscribe by its former rights. What it may publish and receive
        // is looked up each time, but a subscription that was taken stays, and one that was refused is not tried again.
        if (disconnect)
          await deps.setQueue.send({ ...command, act: 'disconnect', cursor: null, commandId: deps.newId() });
        return;
      case 'disconnect':
        return disconnectPermissionSet(deps)(tenant, permissionSet, cursor);
      case 'collect':
        return collectPermissionSet(deps)(tenant, permissionSet, cursor);
    }
  };
