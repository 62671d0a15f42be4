// A private CA whose key is here: signs requests with a library that shares no code with what checks them.

import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { IssueRequest, PrivateCa } from '#ports/private-ca.ts';
import type { TestCa } from './certificates.ts';

export type SigningCa = PrivateCa & {
  /** what it was asked to sign */
  readonly asked: IssueRequest[];
  readonly revoked: string[];
};

/** @param ca with a key on P-256 @param now epoch milliseconds */
export const signingCa = (ca: TestCa, now: () => number): SigningCa => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const asked: IssueRequest[] = [];
  const revoked: string[] = [];
  return {
    asked,
    revoked,
    certificate: async () => ca.pem,
    issue: async (request) => {
      asked.push(request);
      const pkcs8 = ca.key.export({ type: 'pkcs8', format: 'der' });
      const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
      const { subject, publicKey } = new x509.Pkcs10CertificateRequest(request.csr);
      const certificate = await x509.X509CertificateGenerator.create(
        {
          serialNumber: randomBytes(16).toString('hex'),
          issuer: new x509.X509Certificate(ca.pem).subject,
          subject,
          publicKey,
          notBefore: new Date(now() - 3_600_000),
          notAfter: new Date(now() + request.days * 86_400_000),
          extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
          signingKey,
          signingAlgorithm: algorithm,
        },
        webcrypto,
      );
      // without a line break at its end, as AWS answers
      return certificate.toString('pem').trim();
    },
    revoke: async (_, serialNumber) => {
      revoked.push(serialNumber);
    },
  };
};
