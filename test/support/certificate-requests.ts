// Makes certificate signing requests with a library that shares no code with what reads them.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHMS = {
  p256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'rsa-2048': rsa(2_048, 'SHA-256'),
  'rsa-1024': rsa(1_024, 'SHA-256'),
  'rsa-2048-sha1': rsa(2_048, 'SHA-1'),
  'rsa-pss': { ...rsa(2_048, 'SHA-256'), name: 'RSA-PSS', saltLength: 32 },
  ed25519: { name: 'Ed25519' },
} as const;

function rsa(modulusLength: number, hash: string) {
  return { name: 'RSASSA-PKCS1-v1_5', hash, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
}

export type TestRequest = {
  readonly pem: string;
  readonly der: Buffer;
  /** PKCS #8 */
  readonly keyPem: string;
  readonly keys: webcrypto.CryptoKeyPair;
};

const pemOf = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

export const requestPem = (der: Buffer): string => pemOf('CERTIFICATE REQUEST', der);

const generate = async (algorithm: (typeof ALGORITHMS)[keyof typeof ALGORITHMS]): Promise<webcrypto.CryptoKeyPair> =>
  // of the algorithms above each gives a pair, which the types of Web Crypto do not say
  (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

/**
 * @param subject as in `C=DE, O=Acme, CN=device01`
 * @param own keys of another request, for a second one with them
 */
export const makeRequest = async (
  subject: string,
  key: keyof typeof ALGORITHMS = 'p256',
  own?: webcrypto.CryptoKeyPair,
): Promise<TestRequest> => {
  const algorithm = ALGORITHMS[key];
  const keys = own ?? (await generate(algorithm));
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: subject, keys, signingAlgorithm: algorithm },
    webcrypto,
  );
  const der = Buffer.from(request.rawData);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { der, keys, pem: requestPem(der), keyPem: pemOf('PRIVATE KEY', pkcs8) };
};
