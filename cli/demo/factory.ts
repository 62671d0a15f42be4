// What a factory does with openssl: a CA of a tenant, and devices with a key and a certificate under it.

import 'reflect-metadata';
import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
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
  /** The certificate, PEM, that shows possession of the CA's key: signed over a challenge. */
  answer(challenge: string): Promise<string>;
};

/** What a device makes for a CA that is elsewhere: a key that it keeps, and a request to sign, both PEM. */
export type SigningRequest = { readonly key: string; readonly csr: string };

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const pkcs8 = (key: webcrypto.CryptoKey): string =>
  KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();

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

  const sign = async (subject: string, keys: webcrypto.CryptoKeyPair) =>
    x509.X509CertificateGenerator.create(
      {
        subject,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(),
        extensions: [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto), authority],
      },
      webcrypto,
    );

  const makeDevice = async (subject: string): Promise<DeviceFiles> => {
    const keys = await generate();
    const certificate = (await sign(subject, keys)).toString('pem');
    return {
      chain: `${certificate}\n${ca.toString('pem')}\n`,
      key: pkcs8(keys.privateKey),
      fingerprint: fingerprintOf(certificate),
    };
  };

  return {
    ca: ca.toString('pem'),
    makeDevice,
    answer: async (challenge) => (await sign(`CN=${challenge}`, await generate())).toString('pem'),
  };
};

/** As `openssl req -new -newkey rsa:2048 … -subj` does. */
export const makeSigningRequest = async (subject: string): Promise<SigningRequest> => {
  const keys = await generate();
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: subject, keys, signingAlgorithm: ALGORITHM },
    webcrypto,
  );
  return { key: pkcs8(keys.privateKey), csr: request.toString('pem') };
};

export const fingerprintOf = (certificatePem: string): string =>
  new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
