// What operators are shown of a certificate, as `openssl x509` shows it.

import type { CertificateId } from '#domain/ids.ts';
import type { Result } from '#domain/result.ts';

export type CertificateText = {
  readonly id: CertificateId;
  readonly subject: string;
  readonly issuer: string;
  /** hex in lower case */
  readonly serialNumber: string;
  /** epoch milliseconds */
  readonly validFrom: number;
  readonly validTo: number;
  readonly publicKey: string;
  readonly signatureAlgorithm: string;
  readonly pem: string;
};

export type CertificateDescriber = (
  pem: string,
) => Result<CertificateText, { readonly code: 'CERT_UNREADABLE'; readonly message: string }>;
