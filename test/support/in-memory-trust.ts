// Tenants, allow-lists and trust anchors in memory.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import type { AnchorRegistry, TenantRegistry } from '#ports/trust-registry.ts';
import { type InMemoryBlockLists, inMemoryBlockLists } from './in-memory-block-lists.ts';
import { pageOf } from './in-memory-page.ts';

export type InMemoryTenants = TenantRegistry & { readonly tenants: Map<TenantName, Tenant> };
export type InMemoryAnchors = AnchorRegistry & { readonly anchors: Map<AnchorId, TrustAnchor> };

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

export const inMemoryAnchorRegistry = (): InMemoryAnchors => {
  const anchors = new Map<AnchorId, TrustAnchor>();
  return {
    anchors,
    find: async (id) => anchors.get(id) ?? null,
    findAll: async (ids) => ids.map((id) => anchors.get(id)).filter((anchor) => anchor !== undefined),
    create: async (anchor) => {
      if ((anchors.get(anchor.id)?.state ?? 'DELETED') !== 'DELETED') return false;
      anchors.set(anchor.id, anchor);
      return true;
    },
    change: async (anchor, version) => {
      const known = anchors.get(anchor.id);
      if (known?.version !== version) return null;
      const { sweep, crl } = known;
      const changed = { ...anchor, sweep, crl };
      anchors.set(anchor.id, changed);
      return changed;
    },
    noteSweep: async (id, sweep) => {
      const known = anchors.get(id);
      if (known?.version !== sweep.version) return false;
      anchors.set(id, { ...known, sweep });
      return true;
    },
    noteCrl: async (id, crl) => {
      const known = anchors.get(id);
      if (!known || (known.crl !== null && known.crl.thisUpdate > crl.thisUpdate)) return false;
      anchors.set(id, { ...known, crl });
      return true;
    },
  };
};
