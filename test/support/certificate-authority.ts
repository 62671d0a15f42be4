// Certificate authorities and certificates made at run time, valid around the time given.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR = 365 * 24 * 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

export type Authority = {
  readonly pem: string;
  readonly issue: (subject: string) => Promise<string>;
};

export const anAuthority = async (subject: string, now = Date.UTC(2026, 0, 31, 12)): Promise<Authority> => {
  const notBefore = new Date(now - YEAR);
  const notAfter = new Date(now + YEAR);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (leafSubject: string) => {
    const leafKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const leaf = await x509.X509CertificateGenerator.create({
      subject: leafSubject,
      issuer: ca.subject,
      notBefore,
      notAfter,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
    });
    return leaf.toString('pem');
  };
  return { pem: ca.toString('pem'), issue };
};
