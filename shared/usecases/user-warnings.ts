// What deserves a second look in what users are given.

import { type EveryTopic, reachingEveryTopic } from '#domain/every-topic.ts';
import type { TenantName } from '#domain/ids.ts';
import type { User } from '#domain/user.ts';
import { type GrantedDeps, grantedOf, rolesOf } from './granted-permissions.ts';

/** Reads the roles of all users at once. @returns tells of each of them */
export const warningsOn =
  (deps: GrantedDeps) =>
  async (tenant: TenantName, users: readonly User[]): Promise<(user: User) => readonly EveryTopic[]> => {
    const roles = await rolesOf(deps)(tenant, { roles: [...new Set(users.flatMap((user) => user.roles))] });
    return (user) => {
      const own = roles.filter(({ id }) => user.roles.includes(id));
      return reachingEveryTopic(grantedOf(own, user.permissions, user.username));
    };
  };
