// Which public keys the embedded IoT Core takes.

import type { X509Certificate } from 'node:crypto';

const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * RSA, or EC on P-256, P-384 or P-521 (AWS IoT guide, X.509 client certificates). Ask before `toLegacyObject()`: on a
 * curve that has no NIST name it ends the process (Node 24.21), and no error can be caught.
 */
export const isSupportedKey = ({ publicKey }: X509Certificate): boolean => {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  return type === 'ec' ? CURVES.includes(details?.namedCurve) : type === 'rsa' || type === 'rsa-pss';
};
