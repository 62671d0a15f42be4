// Holds roles and users to the topics that their tenant may name, and a tenant's topics to its roles and users.

import { namingOf } from '#domain/naming.ts';
import { parsePermission } from '#domain/permission.ts';
import type { Granted } from '#domain/permission-compiler.ts';
import { ok } from '#domain/result.ts';
import type { Role } from '#domain/role.ts';
import { shown } from '#domain/shown.ts';
import type { Tenant } from '#domain/tenant.ts';
import { firstOutside } from '#domain/tenant-topics.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import { usersWith } from './composition-users.ts';
import { everyPage } from './every-page.ts';
import { grantedOf } from './granted-permissions.ts';
import { type PrepareTenantDeps, setsUnder } from './prepare-tenant.ts';
import { type Outcome, refuse } from './refusal.ts';

/** Topics as an operator wrote them, each checked as a permission's resource is and said once. */
export const parseTopics = (topics: readonly string[] | null): Outcome<readonly string[] | null> => {
  for (const [position, resource] of (topics ?? []).entries()) {
    const parsed = parsePermission({ resource, operation: 'read', context: 'mqtt', allowRetain: false });
    if (!parsed.ok) return refuse('invalid', parsed.error.code, `topics[${position}]: ${parsed.error.message}`);
  }
  return ok(topics && [...new Set(topics)]);
};

const said = ({ name, topics }: Tenant, { permission, from, plusMode }: Granted, user: string | null): string => {
  const whose = user === null || from === `user ${user}` ? from : `${from} of user ${user}`;
  const wide = plusMode === 'widen' ? ', where + may stand for several levels' : '';
  const allowed = shown((topics ?? []).join(', '));
  return `expected permissions within the topics of tenant ${name} (${allowed}), but ${whose} permits ${permission.operation} on ${shown(permission.resource)}${wide}`;
};

/** @param user to whom the permissions are to be given; null for those of a role by itself */
export const checkTopics = (tenant: Tenant, granted: readonly Granted[], user: string | null): Outcome<null> => {
  const outside = firstOutside(tenant, granted);
  if (!outside) return ok(null);
  return refuse(
    'invalid',
    'TOPIC_NOT_OF_TENANT',
    `${said(tenant, outside, user)}; name topics within them, give other roles, or ask an operator of the platform for more topics`,
  );
};

export type TopicsInUseDeps = PrepareTenantDeps & { readonly users: UserRegistry };

const PAGE = 100;

async function* rolesIn({ roles }: TopicsInUseDeps, { name }: Tenant): AsyncGenerator<Role> {
  for await (const page of everyPage((cursor) => roles.list(name, { limit: PAGE, cursor }))) yield* page;
}

/**
 * Every role, then every combination of roles and own permissions that some user has, as the tenant would be. Under its
 * lock. The list of roles may lack one that was just created: no user can have it yet, and whoever is given it is checked.
 */
export const checkTopicsInUse = async (deps: TopicsInUseDeps, tenant: Tenant): Promise<Outcome<null>> => {
  if (tenant.topics === null) return ok(null);
  const inUse = (outside: Granted, user: string | null) =>
    refuse(
      'conflict',
      'TOPICS_IN_USE',
      `${said(tenant, outside, user)}; change that first, or set topics that include it`,
    );
  for await (const role of rolesIn(deps, tenant)) {
    const outside = firstOutside(tenant, grantedOf([role], []));
    if (outside) return inUse(outside, null);
  }
  for (const { set, roles, own } of await setsUnder(deps, tenant.name, namingOf(tenant.naming).profile)) {
    // nobody has what is kept for a while after its last user left
    if (set.composition === null || !firstOutside(tenant, grantedOf(roles, own))) continue;
    for await (const user of usersWith(deps.users, tenant.name, set.composition)) {
      const outside = firstOutside(tenant, grantedOf(roles, own, user));
      if (outside) return inUse(outside, user);
    }
  }
  return ok(null);
};
