// Does what a command asks of a permission set.

import type { PermissionSetCommand } from '#ports/messages.ts';
import { type ApplyPermissionSetDeps, applyPermissionSet } from './apply-permission-set.ts';
import { type CollectPermissionSetDeps, collectPermissionSet } from './collect-permission-set.ts';
import { type DisconnectPermissionSetDeps, disconnectPermissionSet } from './disconnect-permission-set.ts';

export type WorkOnPermissionSetDeps = ApplyPermissionSetDeps & CollectPermissionSetDeps & DisconnectPermissionSetDeps;

/** Repeatable, as each of the acts is. */
export const workOnPermissionSet =
  (deps: WorkOnPermissionSetDeps) =>
  async (command: PermissionSetCommand): Promise<void> => {
    const { act, tenant, permissionSet, disconnect, cursor } = command;
    switch (act) {
      case 'apply':
        await applyPermissionSet(deps)(tenant, permissionSet);
        // only now: a device that came back before would have its former rights for the whole of its session
        if (disconnect)
          await deps.setQueue.send({ ...command, act: 'disconnect', cursor: null, commandId: deps.newId() });
        return;
      case 'disconnect':
        return disconnectPermissionSet(deps)(tenant, permissionSet, cursor);
      case 'collect':
        return collectPermissionSet(deps)(tenant, permissionSet, cursor);
    }
  };
