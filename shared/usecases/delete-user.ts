// An operator deletes a user. Its devices are suspended, nobody else's (V-08).

import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { ADMIN_USERNAME, knownUser } from '#domain/user.ts';
import type { UserDeps } from './create-user.ts';
import { type Outcome, refuse, unknownUser } from './refusal.ts';
import { tellDevices } from './tell-devices.ts';
import { inTurn } from './tenant-turn.ts';
import { leaveComposition, type WrittenUser } from './write-user.ts';

/**
 * Repeatable: one that is gone is `USER_UNKNOWN`, after the devices that did not follow yet are told once more. The
 * built-in user can only lose what was changed of it.
 */
export const deleteUser =
  (deps: UserDeps) =>
  (name: TenantName, username: string, actor: string): Promise<Outcome<WrittenUser>> =>
    inTurn(deps, name, async (tenant, held) => {
      const user = await deps.users.find(name, username);
      if (user) {
        const { composition } = user;
        if (composition !== null) await leaveComposition(deps, name, composition, username);
        held.assertHeld();
        await deps.users.remove(name, username);
        if (composition !== null) await deps.users.dropNote(name, composition, username);
      }
      const devices = await tellDevices(deps)(tenant, username, knownUser(name, username, null), actor);
      if (user) return ok({ user, devices });
      return username === ADMIN_USERNAME
        ? refuse(
            'conflict',
            'USER_BUILT_IN',
            `the user ${username} is built in and as it was at first; change its grants`,
          )
        : unknownUser(username);
    });
