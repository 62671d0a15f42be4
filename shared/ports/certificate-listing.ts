// Lists of certificates by each access path of the registry; never a scan.

import type { CertificateState } from '#domain/certificate.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { ReasonCode } from '#domain/reasons.ts';
import type { Page, PageRequest } from './trust-registry.ts';

export type ListedCertificate = {
  readonly id: CertificateId;
  readonly clientId: ClientId | null;
  readonly tenant: TenantName;
  readonly anchorId: AnchorId;
  readonly state: CertificateState;
  readonly reason: ReasonCode | null;
  readonly seen: string | null;
  readonly firstSeenAt: number;
  readonly decidedAt: number | null;
  readonly validTo: number | null;
};

export interface CertificateListing {
  ofTenant(tenant: TenantName, clientIdPrefix: string, page: PageRequest): Promise<Page<ListedCertificate>>;
  /** Those whose name gave exactly this client id, a tenant's newest decision first. @param tenant null for every tenant */
  ofClientId(clientId: ClientId, tenant: TenantName | null, page: PageRequest): Promise<Page<ListedCertificate>>;
  /** @param since epoch milliseconds of the earliest decision, inclusive */
  inState(
    tenant: TenantName,
    state: CertificateState,
    since: number,
    page: PageRequest,
  ): Promise<Page<ListedCertificate>>;
  underAnchor(anchor: AnchorId, page: PageRequest): Promise<Page<ListedCertificate>>;
  /** Newest day first is the caller's choice: one day (UTC, `2026-11-22`) at a time. */
  decidedOn(day: string, since: number, page: PageRequest): Promise<Page<ListedCertificate>>;
  expiringOn(day: string, page: PageRequest): Promise<Page<ListedCertificate>>;
}
