// The registry's records of tenants, their allow-lists and their trust anchors.

import type { AnchorId, CertificateId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { AnchorCrl, AnchorSweep, AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';
import type { User } from '#domain/user.ts';

export type Page<T> = { readonly items: readonly T[]; readonly cursor: string | null };
/** @property cursor opaque, from the previous page */
export type PageRequest = { readonly limit: number; readonly cursor: string | null };

/** What a decision asks for beside the certificate itself. */
export type AroundKeys = {
  /** null when there is no common name that could be a user's */
  readonly username: string | null;
  readonly certificate: CertificateId;
  readonly anchor: AnchorId;
  readonly serialNumber: string | null;
};
export type Around = {
  readonly tenant: Tenant;
  readonly user: User | null;
  /** the tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of the anchor names the serial number */
  readonly onCrl: boolean;
};

export interface TenantRegistry {
  find(name: TenantName): Promise<Tenant | null>;
  /** All in one consistent read, the user as it is stored; null without the tenant. */
  findAround(name: TenantName, keys: AroundKeys): Promise<Around | null>;
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

/** What onboarding reads. */
export type TrustReads = {
  readonly anchors: Pick<AnchorRegistry, 'find'>;
  readonly tenants: Pick<TenantRegistry, 'find' | 'findAround' | 'isAllowed'>;
};

/**
 * A tenant's place for a CA: it is taken by an upload, or by a registration, before the anchor exists, and given back after
 * the anchor is deleted. All places stand together, so that a tenant's can be counted, and every anchor can be found,
 * consistently.
 */
export type AnchorPlace = { readonly tenant: TenantName; readonly id: AnchorId; readonly upload: AnchorUpload | null };

export interface AnchorPlaces {
  find(tenant: TenantName, id: AnchorId): Promise<AnchorPlace | null>;
  /** Consistent; @param tenant null for every tenant. In the order of tenant and id. */
  list(tenant: TenantName | null, page: PageRequest): Promise<Page<AnchorPlace>>;
  /** Takes a place or writes another upload, or none, into it. Repeatable. */
  put(place: AnchorPlace): Promise<void>;
  remove(tenant: TenantName, id: AnchorId): Promise<void>;
}

export interface AnchorRegistry {
  find(id: AnchorId): Promise<TrustAnchor | null>;
  /** Consistent; those of the ids that exist, in no order. */
  findAll(ids: readonly AnchorId[]): Promise<readonly TrustAnchor[]>;
  /** False when the anchor exists already and is not deleted. */
  create(anchor: TrustAnchor): Promise<boolean>;
  /** Replaces the anchor's facts at `version` by these, which carry the next; `sweep` and `crl` stay. Null when it moved on. */
  change(anchor: TrustAnchor, version: number): Promise<TrustAnchor | null>;
  /** Notes progress. False when the anchor's state is of another version by now, or its sweep is complete: that work is over. */
  noteSweep(id: AnchorId, sweep: AnchorSweep): Promise<boolean>;
  /** Notes the revocation list that was taken in. False when a newer one (by `thisUpdate`) stands there. */
  noteCrl(id: AnchorId, crl: AnchorCrl): Promise<boolean>;
}

/** A serial number on a revocation list, lower-case hex without leading zeros. */
export type RevokedSerial = {
  readonly serialNumber: string;
  readonly revokedAt: number;
  readonly reason: string | null;
};

/** Lists that name certificates, known ones and such as have never come. */
export interface BlockLists {
  /** Repeatable. */
  block(tenant: TenantName, certificate: CertificateId, note: { at: number; by: string }): Promise<void>;
  unblock(tenant: TenantName, certificate: CertificateId): Promise<void>;
  isBlocked(tenant: TenantName, certificate: CertificateId): Promise<boolean>;
  /** By fingerprint. */
  listBlocked(tenant: TenantName, page: PageRequest): Promise<Page<{ id: CertificateId; at: number; by: string }>>;
  /** Repeatable; a serial number that is listed stays listed. */
  addSerials(anchor: AnchorId, serials: readonly RevokedSerial[]): Promise<void>;
  /** Takes back what a newer list no longer names and only had on hold (RFC 5280 §5.3.1). */
  dropSerials(anchor: AnchorId, serialNumbers: readonly string[]): Promise<void>;
  /** Consistent, in the order of the serial numbers. */
  listSerials(anchor: AnchorId, page: PageRequest): Promise<Page<RevokedSerial>>;
}
