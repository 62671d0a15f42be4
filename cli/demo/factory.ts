// What a factory does with openssl: a CA of a tenant, and devices with a key and a certificate under it.

import 'reflect-metadata';
import { createHash, KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

// `openssl genrsa 2048` and `-sha256`
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const VALID_MS = 365 * 86_400_000;
// two of the factory's clocks need not agree to the second
const EARLIER_MS = 60_000;

export type DeviceFiles = {
  /** PEM: the device's certificate, then its CA's */
  readonly chain: string;
  /** PEM, PKCS #8 */
  readonly key: string;
  /** SHA-256 of the certificate's DER, in hex */
  readonly fingerprint: string;
};

export type Factory = {
  /** the CA's certificate, PEM */
  readonly ca: string;
  /** As `openssl req -new … -subj` and `openssl x509 -req -CA …` do. */
  makeDevice(subject: string): Promise<DeviceFiles>;
};

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const validity = () => ({
  notBefore: new Date(Date.now() - EARLIER_MS),
  notAfter: new Date(Date.now() + VALID_MS),
});

/** As `openssl req -x509 -new -nodes` does: CA:TRUE and key identifiers, no Key Usage. */
export const openFactory = async (subject: string): Promise<Factory> => {
  const caKeys = await generate();
  const identifier = await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto);
  const authority = await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto);
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: subject,
      keys: caKeys,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [identifier, authority, new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );

  const makeDevice = async (deviceSubject: string): Promise<DeviceFiles> => {
    const keys = await generate();
    const certificate = await x509.X509CertificateGenerator.create(
      {
        subject: deviceSubject,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(),
        extensions: [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto), authority],
      },
      webcrypto,
    );
    return {
      chain: `${certificate.toString('pem')}\n${ca.toString('pem')}\n`,
      key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
      fingerprint: createHash('sha256').update(new Uint8Array(certificate.rawData)).digest('hex'),
    };
  };

  return { ca: ca.toString('pem'), makeDevice };
};
