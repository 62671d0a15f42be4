// An operator creates a user. A device whose certificate has its name as CN is this user.

import type { TenantName } from '#domain/ids.ts';
import { knownUser } from '#domain/user.ts';
import { type Outcome, refuse } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';
import { type UserChange, userContent } from './user-content.ts';
import { sameContent, type WriteUserDeps, type WrittenUser, writeUser } from './write-user.ts';

export type UserDeps = WriteUserDeps & TurnDeps;

/**
 * Repeatable until the user stands; from then on `USER_EXISTS`. A repeat that says the same still finishes what an earlier
 * attempt left undone: devices of a user that was deleted and created anew come back with it.
 */
export const createUser =
  (deps: UserDeps) =>
  async (
    name: TenantName,
    username: string,
    content: Required<UserChange>,
    actor: string,
  ): Promise<Outcome<WrittenUser>> => {
    const wanted = userContent({ grantTypes: [], roles: [], permissions: [] }, content);
    if (!wanted.ok) return wanted;
    return inTurn(deps, name, async (tenant, held) => {
      const stored = await deps.users.find(name, username);
      const known = knownUser(name, username, stored);
      const write = () => writeUser(deps)({ tenant, held, actor }, username, stored, wanted.value);
      if (!known) return write();
      if (stored && sameContent(stored, wanted.value)) {
        const finished = await write();
        if (!finished.ok) return finished;
      }
      return refuse(
        'conflict',
        'USER_EXISTS',
        `expected a new user, but ${name} has a user ${username}; change its grants or roles instead`,
      );
    });
  };
