// An operator changes a user's grants, roles or own permissions.

import type { TenantName } from '#domain/ids.ts';
import { knownUser, type User } from '#domain/user.ts';
import type { UserDeps } from './create-user.ts';
import { type Outcome, refuse, unknownUser } from './refusal.ts';
import { inTurn } from './tenant-turn.ts';
import { type UserChange, userContent } from './user-content.ts';
import { writeUser } from './write-user.ts';

/** Repeatable. The user that is built in is stored from its first change on. */
export const setUser =
  (deps: UserDeps) =>
  async (name: TenantName, username: string, change: UserChange, actor: string): Promise<Outcome<User>> => {
    if (Object.values(change).every((value) => value === undefined))
      return refuse('invalid', 'NOTHING_TO_SET', 'expected grants, roles or permissions to set, got none');
    return inTurn(deps, name, async (tenant, held) => {
      const stored = await deps.users.find(name, username);
      const known = knownUser(name, username, stored);
      if (!known) return unknownUser(username);
      const content = userContent(known, change);
      if (!content.ok) return content;
      return writeUser(deps)({ tenant, held, actor }, username, stored, content.value);
    });
  };
