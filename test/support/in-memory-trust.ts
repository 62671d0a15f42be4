// Tenants and their allow-lists in memory.

import type { TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type InMemoryBlockLists, inMemoryBlockLists } from './in-memory-block-lists.ts';
import { pageOf } from './in-memory-page.ts';

export type InMemoryTenants = TenantRegistry & { readonly tenants: Map<TenantName, Tenant> };

export const inMemoryTenantRegistry = (
  users: Pick<UserRegistry, 'find'>,
  blockLists: InMemoryBlockLists = inMemoryBlockLists(),
): InMemoryTenants => {
  const tenants = new Map<TenantName, Tenant>();
  const lists = new Map<string, ReadonlySet<string>>();
  const list = (tenant: TenantName, listId: string) => `${tenant}/${listId}`;
  return {
    tenants,
    find: async (name) => tenants.get(name) ?? null,
    findAround: async (name, { username, certificate, anchor, serialNumber }) => {
      const tenant = tenants.get(name);
      if (tenant === undefined) return null;
      const user = username === null ? null : await users.find(name, username);
      const [blocked, onCrl] = [blockLists.blocks(name, certificate), blockLists.revokes(anchor, serialNumber)];
      return { tenant, user, blocked, onCrl };
    },
    create: async (tenant) => {
      if (tenants.has(tenant.name)) return false;
      tenants.set(tenant.name, tenant);
      return true;
    },
    update: async (tenant, version) => {
      if (tenants.get(tenant.name)?.version !== version) return false;
      tenants.set(tenant.name, { ...tenant, version: version + 1 });
      return true;
    },
    list: async (page) =>
      pageOf(
        [...tenants.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
        page,
      ),
    isAllowed: async (tenant, listId, cn) => lists.get(list(tenant, listId))?.has(cn) ?? false,
    writeAllowList: async (tenant, listId, cns) => {
      lists.set(list(tenant, listId), new Set(cns));
    },
    removeAllowList: async (tenant, listId) => {
      lists.delete(list(tenant, listId));
    },
  };
};
