// A certificate as operators are shown it: the names and dates that `openssl x509` prints, and what its rules look at.

import { X509Certificate } from 'node:crypto';
import { certificateId } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
import { err, ok } from '#domain/result.ts';
import { publicKeyRule } from '#domain/x509-rules.ts';
import type { CertificateDescriber } from '#ports/certificate-text.ts';
import { childrenOf, TAG, timeOf } from './der.ts';
import { publicKeyOf } from './x509-certificates.ts';
import { nameText } from './x509-names.ts';
import { signedOf } from './x509-signed.ts';

export const describeCertificate: CertificateDescriber = (pem) => {
  try {
    const x509 = new X509Certificate(pem);
    const { value, algorithm } = signedOf(x509.raw);
    const fields = childrenOf(value, TAG.sequence);
    // absent in X.509 v1; then serial number, signature, issuer, validity, subject
    const [, , issuer, validity, subject] = fields[0]?.tag === TAG.explicit(0) ? fields.slice(1) : fields;
    const [validFrom, validTo] = childrenOf(validity, TAG.sequence);
    return ok({
      id: certificateId(x509.fingerprint256.replaceAll(':', '').toLowerCase()),
      subject: nameText(subject),
      issuer: nameText(issuer),
      serialNumber: x509.serialNumber.toLowerCase(),
      validFrom: timeOf(validFrom),
      validTo: timeOf(validTo),
      publicKey: publicKeyRule({ publicKey: publicKeyOf(x509.publicKey) }).seen,
      signatureAlgorithm: algorithm,
      pem: x509.toString(),
    });
  } catch {
    const { when, action } = REASONS.CERT_UNREADABLE;
    return err({ code: 'CERT_UNREADABLE', message: `${when}: ${action}` });
  }
};
