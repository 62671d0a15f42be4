// The registry's records of tenants, their allow-lists and their trust anchors.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { User } from '#domain/user.ts';

export type Page<T> = { readonly items: readonly T[]; readonly cursor: string | null };
/** @property cursor opaque, from the previous page */
export type PageRequest = { readonly limit: number; readonly cursor: string | null };

export interface TenantRegistry {
  find(name: TenantName): Promise<Tenant | null>;
  /** Both in one consistent read, the user as it is stored; null without the tenant. */
  findWithUser(name: TenantName, username: string): Promise<{ tenant: Tenant; user: User | null } | null>;
  /** False when the tenant exists already. */
  create(tenant: Tenant): Promise<boolean>;
  /** Replaces the tenant at `version` by one of the next version. False when it has moved on. */
  update(tenant: Tenant, version: number): Promise<boolean>;
  list(page: PageRequest): Promise<Page<Tenant>>;
  isAllowed(tenant: TenantName, listId: string, cn: string): Promise<boolean>;
  /** Writes a whole list under a new id, before a tenant refers to it. */
  writeAllowList(tenant: TenantName, listId: string, cns: readonly string[]): Promise<void>;
  removeAllowList(tenant: TenantName, listId: string): Promise<void>;
}

export interface AnchorRegistry {
  find(id: AnchorId): Promise<TrustAnchor | null>;
  /** False when the anchor exists already. */
  create(anchor: TrustAnchor): Promise<boolean>;
  list(tenant: TenantName, page: PageRequest): Promise<Page<TrustAnchor>>;
}
