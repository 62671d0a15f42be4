// Reads facts from certificates; the only door to X.509.

import type { AnchorFacts } from '#domain/anchor-rules.ts';
import type { CertificateFacts, UnreadableCertificate } from '#domain/certificate.ts';
import type { AnchorId } from '#domain/ids.ts';

export type ReadAnchor = AnchorFacts & { readonly id: AnchorId; readonly pem: string };

/** A CA certificate with those above it, each of which signed the one before. */
export type ReadUpload = { readonly ca: ReadAnchor; readonly parents: readonly ReadAnchor[] };

export interface CertificateReader {
  /** Facts of a leaf under the anchor that is said to have signed it; `issuedByAnchor` is computed here. */
  readLeaf(pem: string, anchorPem: string): CertificateFacts | UnreadableCertificate;
}
