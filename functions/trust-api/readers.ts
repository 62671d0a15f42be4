// What is read of the files that requests carry, and of certificates: the only code here that knows X.509.

import { readCertificateRequest } from '#adapters/certificate-requests.ts';
import { describeCertificate } from '#adapters/certificate-text.ts';
import { readRevocationList } from '#adapters/revocation-lists.ts';
import { readAnchorPem, x509CertificateReader } from '#adapters/x509-certificates.ts';
import { readAnchorUpload, readVerification } from '#adapters/x509-uploads.ts';

export const READERS = {
  readAnchor: readAnchorPem,
  readUpload: readAnchorUpload,
  readVerification,
  readRequest: readCertificateRequest,
  readList: readRevocationList,
  reader: x509CertificateReader,
  describeCertificate,
} as const;
