// Tenants, allow-lists and trust anchors in memory.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import type { AnchorRegistry, TenantRegistry } from '#ports/trust-registry.ts';
import { pageOf } from './in-memory-certificate-registry.ts';

export type InMemoryTenants = TenantRegistry & { readonly tenants: Map<TenantName, Tenant> };
export type InMemoryAnchors = AnchorRegistry & { readonly anchors: Map<AnchorId, TrustAnchor> };

export const inMemoryTenantRegistry = (users: Pick<UserRegistry, 'find'>): InMemoryTenants => {
  const tenants = new Map<TenantName, Tenant>();
  const lists = new Map<string, ReadonlySet<string>>();
  const list = (tenant: TenantName, listId: string) => `${tenant}/${listId}`;
  return {
    tenants,
    find: async (name) => tenants.get(name) ?? null,
    findWithUser: async (name, username) => {
      const tenant = tenants.get(name);
      return tenant === undefined ? null : { tenant, user: await users.find(name, username) };
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

export const inMemoryAnchorRegistry = (): InMemoryAnchors => {
  const anchors = new Map<AnchorId, TrustAnchor>();
  return {
    anchors,
    find: async (id) => anchors.get(id) ?? null,
    create: async (anchor) => {
      if (anchors.has(anchor.id)) return false;
      anchors.set(anchor.id, anchor);
      return true;
    },
    list: async (tenant, page) =>
      pageOf(
        [...anchors.values()].filter((anchor) => anchor.tenant === tenant),
        page,
      ),
  };
};
