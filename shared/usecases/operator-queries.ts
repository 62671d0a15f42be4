// What operators look up: nothing is decided here, and another tenant's things are not found.

import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { ADMIN_ROLE_NAME, adminRole, isBuiltIn, isRoleId, type Role, type RoleId } from '#domain/role.ts';
import type { Tenant } from '#domain/tenant.ts';
import { ADMIN_USERNAME, knownUser, type User } from '#domain/user.ts';
import type { BrokerGateway } from '#ports/iot-gateways.ts';
import type { RejectedEvent, RejectedEvents } from '#ports/messages.ts';
import type { RoleRegistry, UserRegistry } from '#ports/permission-registry.ts';
import type { Page, PageRequest, TenantRegistry } from '#ports/trust-registry.ts';
import { type CheckRoleDeps, checkAlone } from './create-role.ts';
import { type Outcome, refuse, unknownRole, unknownTenant, unknownUser } from './refusal.ts';
import { type RoleInUse, type RoleSetsDeps, setsInUse, setsWithRole } from './role-sets.ts';

export const showTenant =
  (tenants: TenantRegistry) =>
  async (name: TenantName): Promise<Outcome<Tenant>> => {
    const tenant = await tenants.find(name);
    return tenant ? ok(tenant) : unknownTenant(name);
  };

/** Stored or built in. */
export const findRole =
  (roles: RoleRegistry) =>
  async (tenant: TenantName, id: string): Promise<Role | null> => {
    if (!isRoleId(id)) return null;
    return isBuiltIn({ id }) ? adminRole(tenant) : roles.find(tenant, id);
  };

export const showRole =
  (deps: CheckRoleDeps & RoleSetsDeps & { readonly tenants: TenantRegistry }) =>
  async (name: TenantName, id: string): Promise<Outcome<RoleInUse>> => {
    const tenant = await deps.tenants.find(name);
    if (!tenant) return unknownTenant(name);
    const role = await findRole(deps.roles)(name, id);
    if (!role) return unknownRole(id);
    const sets = setsInUse(deps, await setsWithRole(deps, role));
    if (!sets.ok) return sets;
    const alone = checkAlone(deps, tenant, role);
    return ok({ role, alone: alone.ok ? alone.value : null, sets: sets.value });
  };

/** The cursor behind a first page that had room for nothing but what is built in. */
const BEHIND_BUILT_IN = 'behind-built-in';

/** Pages that begin with what is built in, then go on with what is stored. */
const behindBuiltIn = async <T>(
  builtIn: T,
  { limit, cursor }: PageRequest,
  list: (page: PageRequest) => Promise<Page<T>>,
): Promise<Page<T>> => {
  if (cursor !== null) return list({ limit, cursor: cursor === BEHIND_BUILT_IN ? null : cursor });
  if (limit === 1) return { items: [builtIn], cursor: BEHIND_BUILT_IN };
  const stored = await list({ limit: limit - 1, cursor: null });
  return { ...stored, items: [builtIn, ...stored.items] };
};

export const listRoles =
  ({
    tenants,
    roles,
    roleIdOf,
  }: {
    readonly tenants: TenantRegistry;
    readonly roles: RoleRegistry;
    readonly roleIdOf: (tenant: TenantName, name: string) => RoleId;
  }) =>
  /** @param name exactly the role's, whose key is made of it; null for all of them */
  async (tenant: TenantName, name: string | null, page: PageRequest): Promise<Outcome<Page<Role>>> => {
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const builtIn = adminRole(tenant);
    if (name === null) return ok(await behindBuiltIn(builtIn, page, (request) => roles.list(tenant, request)));
    const found = name === ADMIN_ROLE_NAME ? builtIn : await roles.find(tenant, roleIdOf(tenant, name));
    return ok({ items: found ? [found] : [], cursor: null });
  };

type UsersDeps = { readonly tenants: TenantRegistry; readonly users: UserRegistry };

export const showUser =
  ({ tenants, users }: UsersDeps) =>
  async (tenant: TenantName, username: string): Promise<Outcome<User>> => {
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const user = knownUser(tenant, username, await users.find(tenant, username));
    return user ? ok(user) : unknownUser(username);
  };

export const listUsers =
  ({ tenants, users }: UsersDeps) =>
  async (tenant: TenantName, page: PageRequest): Promise<Outcome<Page<User>>> => {
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const list = (request: PageRequest) => users.list(tenant, request);
    // once it was changed it is stored, and stands among the others
    const stored = page.cursor === null ? await users.find(tenant, ADMIN_USERNAME) : null;
    const builtIn = stored ? null : knownUser(tenant, ADMIN_USERNAME, null);
    return ok(builtIn ? await behindBuiltIn(builtIn, page, list) : await list(page));
  };

export const showRejectedEvent =
  (rejectedEvents: RejectedEvents) =>
  async (id: string): Promise<Outcome<RejectedEvent>> => {
    const event = await rejectedEvents.find(id);
    return event
      ? ok(event)
      : refuse('not-found', 'EVENT_UNKNOWN', `expected the id of a rejected event, got ${id}; list those of its day`);
  };

/** Port and server CA are the platform's choice at deployment, the host is IoT Core's. */
export type BrokerInformation = { readonly host: string; readonly port: number; readonly serverCaPem: string };

export const brokerInformation =
  (broker: BrokerGateway, { port, serverCaPem }: Omit<BrokerInformation, 'host'>) =>
  async (): Promise<BrokerInformation> => ({ host: await broker.host(), port, serverCaPem });
