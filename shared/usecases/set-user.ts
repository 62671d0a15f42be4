// An operator changes a user's grants, roles or own permissions.

import type { TenantName } from '#domain/ids.ts';
import { knownUser } from '#domain/user.ts';
import type { UserDeps } from './create-user.ts';
import { changedMeanwhile, type Outcome, refuse, unknownUser } from './refusal.ts';
import { inTurn } from './tenant-turn.ts';
import { type UserChange, userContent } from './user-content.ts';
import { sameContent, type WrittenUser, writeUser } from './write-user.ts';

export type VersionedChange = UserChange & {
  /** of the user that the change was made of; absent: of whichever is stored */
  readonly version?: number | undefined;
};

/** Repeatable. The user that is built in is stored from its first change on. */
export const setUser =
  (deps: UserDeps) =>
  async (
    name: TenantName,
    username: string,
    { version, ...change }: VersionedChange,
    actor: string,
  ): Promise<Outcome<WrittenUser>> => {
    if (Object.values(change).every((value) => value === undefined))
      return refuse('invalid', 'NOTHING_TO_SET', 'expected grants, roles or permissions to set, got none');
    return inTurn(deps, name, async (tenant, held) => {
      const stored = await deps.users.find(name, username);
      const known = knownUser(name, username, stored);
      if (!known) return unknownUser(username);
      const content = userContent(known, change);
      if (!content.ok) return content;
      // what stands already is no conflict, so that a change may be repeated
      if (version !== undefined && version !== known.version && !sameContent(known, content.value))
        return changedMeanwhile('user', username, { seen: version, now: known.version });
      return writeUser(deps)({ tenant, held, actor }, username, stored, content.value);
    });
  };
