// Block lists and revocation lists in memory.

import type { AnchorId, CertificateId, TenantName } from '#domain/ids.ts';
import type { BlockLists, RevokedSerial } from '#ports/trust-registry.ts';
import { pageOf } from './in-memory-page.ts';

type Blocked = { readonly id: CertificateId; readonly at: number; readonly by: string };

export type InMemoryBlockLists = BlockLists & {
  /** Like `isBlocked`, and whether a revocation list of the anchor names the serial number, at once. */
  blocks(tenant: TenantName, certificate: CertificateId): boolean;
  revokes(anchor: AnchorId, serialNumber: string | null): boolean;
};

const sorted = <T>(items: Iterable<readonly [string, T]>): T[] =>
  [...items].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);

export const inMemoryBlockLists = (): InMemoryBlockLists => {
  const blocked = new Map<TenantName, Map<CertificateId, Blocked>>();
  const serials = new Map<AnchorId, Map<string, RevokedSerial>>();
  const ofTenant = (tenant: TenantName) => blocked.get(tenant) ?? new Map<CertificateId, Blocked>();
  const ofAnchor = (anchor: AnchorId) => serials.get(anchor) ?? new Map<string, RevokedSerial>();
  const blocks = (tenant: TenantName, certificate: CertificateId) => ofTenant(tenant).has(certificate);
  return {
    blocks,
    revokes: (anchor, serialNumber) => serialNumber !== null && ofAnchor(anchor).has(serialNumber),
    block: async (tenant, id, note) => {
      blocked.set(tenant, ofTenant(tenant).set(id, { id, ...note }));
    },
    unblock: async (tenant, id) => {
      ofTenant(tenant).delete(id);
    },
    isBlocked: async (tenant, id) => blocks(tenant, id),
    listBlocked: async (tenant, page) => pageOf(sorted(ofTenant(tenant)), page),
    addSerials: async (anchor, some) => {
      serials.set(anchor, new Map([...ofAnchor(anchor), ...some.map((one) => [one.serialNumber, one] as const)]));
    },
    dropSerials: async (anchor, some) => {
      for (const serialNumber of some) ofAnchor(anchor).delete(serialNumber);
    },
    listSerials: async (anchor, page) => pageOf(sorted(ofAnchor(anchor)), page),
  };
};
