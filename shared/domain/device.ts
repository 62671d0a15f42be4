// What a client id names: the certificate that may use it and what was last heard of it.

import type { Cause } from './certificate.ts';
import type { CertificateId, ClientId, TenantName } from './ids.ts';

/** Last known session, ordered by the broker's `versionNumber` (AWS IoT guide, Lifecycle events). */
export type Presence = {
  readonly connected: boolean;
  /** whose session it is: a device may have several certificates; null where an earlier release recorded it */
  readonly certificateId: CertificateId | null;
  readonly at: number;
  readonly sessionId: string;
  readonly versionNumber: number;
  readonly ip: string | null;
  readonly disconnectReason: string | null;
};

/** A refused attempt of the device's certificate with a client id that is not its own. */
export type Mismatch = {
  readonly tried: string;
  readonly at: number;
  readonly ip: string | null;
  readonly count: number;
};

export type Device = {
  readonly clientId: ClientId;
  readonly tenant: TenantName;
  /** the newest of its certificates */
  readonly certificateId: CertificateId;
  /**
   * the one that it replaces: it may be used until the new one has come, and no longer than to this time, which is set
   * once the new one is let in (null before): nothing ends for one that never is
   */
  readonly former: { readonly certificateId: CertificateId; readonly until: number | null } | null;
  /** others that may be used beside it, as the tenant wants it */
  readonly others: readonly CertificateId[];
  readonly permissionSet: string;
  /** the user that the device is to its tenant; null when users were not asked */
  readonly user: string | null;
  /** bars the device whatever certificate it shows */
  readonly causes: readonly Cause[];
  readonly presence: Presence | null;
  readonly mismatch: Mismatch | null;
  readonly claimedAt: number;
  /** raised by every claim: whoever saw it and sees it again knows that no decision has relied on the claim since */
  readonly claims: number;
};

/** Every certificate that may be used as the device, the newest first. */
export const certificatesOf = ({
  certificateId,
  former,
  others,
}: Pick<Device, 'certificateId' | 'former' | 'others'>): readonly CertificateId[] => [
  certificateId,
  ...(former ? [former.certificateId] : []),
  ...others,
];
