// Reads facts from certificates; the only door to X.509.

import type { AnchorFacts } from '#domain/anchor-rules.ts';
import type { CertificateFacts, UnreadableCertificate } from '#domain/certificate.ts';
import type { AnchorId } from '#domain/ids.ts';

export type ReadAnchor = AnchorFacts & { readonly id: AnchorId; readonly pem: string };

/** What is read of a certificate that is to show possession of a CA's key (CA-04). Times are epoch milliseconds. */
export type ReadVerification = {
  /** every CN of the subject */
  readonly cn: readonly string[];
  readonly signedByAnchor: boolean;
  readonly validFrom: number;
  readonly validTo: number;
};

export interface CertificateReader {
  /** Facts of a leaf under the anchor that is said to have signed it; `issuedByAnchor` is computed here. */
  readLeaf(pem: string, anchorPem: string): CertificateFacts | UnreadableCertificate;
}
