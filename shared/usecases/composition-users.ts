// Which users have a composition of roles, by the users' own records.

import type { TenantName } from '#domain/ids.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import { everyPage } from './every-page.ts';

const PAGE = 100;

/**
 * A note is there before the user's record says so and may outlive it after a crash, so each is checked. Reliable under
 * the tenant's lock.
 */
export async function* usersWith(users: UserRegistry, tenant: TenantName, composition: string): AsyncGenerator<string> {
  for await (const page of everyPage((cursor) => users.withComposition(tenant, composition, { limit: PAGE, cursor })))
    for (const username of page) if ((await users.find(tenant, username))?.composition === composition) yield username;
}

export const hasUsers = async (users: UserRegistry, tenant: TenantName, composition: string): Promise<boolean> => {
  for await (const _ of usersWith(users, tenant, composition)) return true;
  return false;
};

/** Those of a tenant's sets whose composition some user has. */
export const setsOfUsers = async <S extends PermissionSet>(
  users: UserRegistry,
  tenant: TenantName,
  sets: readonly S[],
): Promise<readonly S[]> => {
  const compositions = [...new Set(sets.flatMap(({ composition }) => composition ?? []))];
  const had = await Promise.all(compositions.map((composition) => hasUsers(users, tenant, composition)));
  const inUse = new Set(compositions.filter((_, index) => had[index]));
  return sets.filter(({ composition }) => composition !== null && inUse.has(composition));
};

/** Takes away the notes of a composition that no user has. */
export const dropStaleNotes = async (users: UserRegistry, tenant: TenantName, composition: string): Promise<void> => {
  for (;;) {
    const { items } = await users.withComposition(tenant, composition, { limit: PAGE, cursor: null });
    if (items.length === 0) return;
    await Promise.all(items.map((username) => users.dropNote(tenant, composition, username)));
  }
};
