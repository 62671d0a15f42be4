// A CA certificate that vouches for a tenant's devices; it alone says whose a device is. Before it may, whoever uploads it
// shows that it has its key (CA-04).

import type { AnchorId, TenantName } from './ids.ts';

/** `DELETED` stays as a trace: devices of such an anchor are barred as under one that is revoked. */
export const ANCHOR_STATES = ['ACTIVE', 'REVOKED', 'DELETED'] as const;
export type AnchorState = (typeof ANCHOR_STATES)[number];

/**
 * How possession of the CA's key was shown: by a certificate that it signed over a challenge; by the account's right to
 * the private CA in AWS; or not at all, where an operator vouches.
 */
export const ANCHOR_PROOFS = ['VERIFICATION_CERTIFICATE', 'ACM_PCA', 'OPERATOR'] as const;
export type AnchorProof = (typeof ANCHOR_PROOFS)[number];

/** How AWS IoT registers a CA (IoT API reference, RegisterCACertificate). */
export const CERTIFICATE_MODES = ['SNI_ONLY', 'DEFAULT'] as const;
export type CertificateMode = (typeof CERTIFICATE_MODES)[number];

/** The CA certificate itself. Times are epoch milliseconds. */
type CaCertificate = {
  readonly id: AnchorId;
  readonly tenant: TenantName;
  readonly subject: string;
  readonly pem: string;
  readonly validFrom: number;
  readonly validTo: number;
  readonly certificateMode: CertificateMode;
};

/** What a tenant uploaded and did not prove yet. It vouches for nobody, and keeps no other tenant from proving the same CA. */
export type AnchorUpload = CaCertificate & {
  /** the CN that a verification certificate must have, and until when */
  readonly challenge: { readonly code: string; readonly expiresAt: number };
  readonly uploadedAt: number;
  readonly uploadedBy: string;
};

/**
 * The work that brings the certificates of an anchor to its state: pass by pass over all of them, until a pass later than
 * any attempt to onboard that had read the former state finds nothing to do. A record of progress, not a fact.
 */
export type AnchorSweep = {
  /** version of the anchor whose state it spreads */
  readonly version: number;
  /** counted from 1 */
  readonly pass: number;
  /** certificates that were looked at in this pass, and changed in all of them */
  readonly seen: number;
  readonly changed: number;
  readonly startedAt: number;
  readonly completedAt: number | null;
};

/** The last revocation list that was taken in (RFC 5280 §5). */
export type AnchorCrl = {
  /** CRL Number in decimal; null when the list has none (RFC 5280 §5.2.3) */
  readonly number: string | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  readonly entries: number;
  readonly importedAt: number;
  readonly importedBy: string;
};

export type TrustAnchor = CaCertificate & {
  readonly state: AnchorState;
  readonly proof: AnchorProof;
  readonly registeredAt: number;
  readonly registeredBy: string;
  /** when and by whom its state was changed last */
  readonly changedAt: number;
  readonly changedBy: string;
  /** ARN of the CA in AWS Private CA whose certificate this is; null when its key is elsewhere */
  readonly privateCaArn: string | null;
  readonly crl: AnchorCrl | null;
  /** null before its state was ever changed */
  readonly sweep: AnchorSweep | null;
  /** raised by every change of its state */
  readonly version: number;
};
