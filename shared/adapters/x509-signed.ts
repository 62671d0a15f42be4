// What someone signed: a value, the algorithm and the signature over the value's own bytes (X.509 §6.1, SIGNED).

import { constants, type KeyObject, verify } from 'node:crypto';
import { type Der, elementsOf, expectTag, TAG } from './der.ts';
import { signatureName } from './x509-fields.ts';

export type Signed = {
  readonly value: Der;
  /** DER of the value, over which the signature is */
  readonly bytes: Uint8Array;
  /** as in CertificateFacts */
  readonly algorithm: string;
  readonly signature: Uint8Array;
};

/** @throws Error when the bytes are nothing that was signed */
export const signedOf = (der: Uint8Array): Signed => {
  const [outer, ...behind] = elementsOf(der);
  const { body } = expectTag(outer, TAG.sequence);
  const [first, algorithm, last] = elementsOf(body);
  const value = expectTag(first, TAG.sequence);
  const signature = expectTag(last, TAG.bitString).body;
  if (behind.length > 0) throw new TypeError('something follows what was signed');
  if (signature[0] !== 0) throw new TypeError('a signature is not of whole bytes');
  return {
    value,
    bytes: body.subarray(0, value.body.byteOffset - body.byteOffset + value.body.length),
    algorithm: signatureName(algorithm),
    signature: signature.subarray(1),
  };
};

/** Which key makes signatures of a kind, and how they are padded; PSS says its salt in the signature. */
const KINDS = {
  rsa: { key: 'rsa', options: {} },
  'rsa-pss': {
    key: 'rsa',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
  },
  ecdsa: { key: 'ec', options: {} },
} as const;

/** False as well for an algorithm that is none of those that AWS IoT takes: nobody is to rely on it. */
export const isSignedBy = ({ bytes, algorithm, signature }: Signed, key: KeyObject): boolean => {
  const [, kind, digest = ''] = /^(rsa|rsa-pss|ecdsa)-(sha\d+)$/.exec(algorithm) ?? [];
  if (kind !== 'rsa' && kind !== 'rsa-pss' && kind !== 'ecdsa') return false;
  if (key.asymmetricKeyType !== KINDS[kind].key) return false;
  try {
    return verify(digest, bytes, { key, ...KINDS[kind].options }, signature);
  } catch {
    return false;
  }
};
