// Keys and certificates for devices that really connect: a CA, and leaves of it with their private keys.

import 'reflect-metadata';
import { createHash, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

export type MqttIdentity = {
  /** SHA-256 of the DER, as AWS IoT names certificates */
  readonly id: string;
  /** PEM: the leaf, or leaf and CA */
  readonly cert: string;
  readonly key: string;
};

export type MqttAuthority = {
  readonly id: string;
  readonly pem: string;
  issue(subject: string): Promise<MqttIdentity>;
};

export const certificateIdOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

export const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** Two authorities of one subject differ in their keys alone, unless they are given the same ones. */
export const anMqttAuthority = async (
  subject = 'CN=acme devices CA',
  caKeys?: webcrypto.CryptoKeyPair,
): Promise<MqttAuthority> => {
  const validity = { notBefore: new Date(Date.now() - YEAR_MS), notAfter: new Date(Date.now() + YEAR_MS) };
  const keys = caKeys ?? (await newKeys());
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: subject,
      keys,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  const pem = ca.toString('pem');
  return {
    id: certificateIdOf(pem),
    pem,
    issue: async (leafSubject) => {
      const leafKeys = await newKeys();
      const leaf = await x509.X509CertificateGenerator.create(
        {
          subject: leafSubject,
          issuer: ca.subject,
          publicKey: leafKeys.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          ...validity,
        },
        webcrypto,
      );
      const cert = leaf.toString('pem');
      const key = KeyObject.from(leafKeys.privateKey).export({ type: 'pkcs8', format: 'pem' });
      return { id: certificateIdOf(cert), cert, key: key.toString() };
    },
  };
};
