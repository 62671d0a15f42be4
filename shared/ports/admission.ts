// What the pre-authentication gate reads of the registry: two consistent reads at most, for a device waits.

import type { CertificateRecord } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { AnchorId, CertificateId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';

export type AdmissionKeys = {
  readonly anchor: AnchorId;
  /** null for a certificate that was not accepted: its anchor alone counts */
  readonly accepted: {
    readonly certificate: CertificateId;
    readonly tenant: TenantName;
    readonly deviceKey: string;
    readonly serialNumber: string | null;
  } | null;
};

/** What is not there, or was not asked for, is null or false. */
export type AdmissionAround = {
  readonly anchor: TrustAnchor | null;
  readonly device: Device | null;
  readonly tenant: Tenant | null;
  /** the tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of the anchor names the serial number */
  readonly onCrl: boolean;
};

export interface AdmissionRegistry {
  findCertificate(id: CertificateId): Promise<CertificateRecord | null>;
  /** All in one read. */
  findAround(keys: AdmissionKeys): Promise<AdmissionAround>;
}
