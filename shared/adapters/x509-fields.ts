// Reads from a certificate's DER what node:crypto does not show, or cannot be trusted with (RFC 5280 §4.1).

import type { CertificateFacts, SubjectFacts } from '#domain/certificate.ts';
import { childrenOf, type Der, elementsOf, expectTag, hexOf, oidOf, TAG, timeOf } from './der.ts';

// RFC 8017 appendix C, RFC 5758, RFC 3279; AWS IoT takes the SHA-2 ones.
const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'rsa-md5',
  '1.2.840.113549.1.1.5': 'rsa-sha1',
  '1.2.840.113549.1.1.11': 'rsa-sha256',
  '1.2.840.113549.1.1.12': 'rsa-sha384',
  '1.2.840.113549.1.1.13': 'rsa-sha512',
  '1.2.840.10045.4.1': 'ecdsa-sha1',
  '1.2.840.10045.4.3.2': 'ecdsa-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-sha384',
  '1.2.840.10045.4.3.4': 'ecdsa-sha512',
  '1.2.840.10040.4.3': 'dsa-sha1',
  '2.16.840.1.101.3.4.3.2': 'dsa-sha256',
};
const RSA_PSS = '1.2.840.113549.1.1.10';
const DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const ATTRIBUTE = { cn: '2.5.4.3', serialNumber: '2.5.4.5', o: '2.5.4.10', ou: '2.5.4.11' };
const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
};
// RFC 5280 §4.2.1.3, by bit number
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** Digest of RSASSA-PSS parameters: [0] hashAlgorithm, SHA-1 by default (RFC 8017 appendix A.2.3). */
const pssDigest = (parameters: Der | undefined): string => {
  const [hash] = parameters ? childrenOf(parameters, TAG.sequence) : [];
  if (hash?.tag !== TAG.explicit(0)) return 'sha1';
  const oid = oidOf(childrenOf(elementsOf(hash.body)[0], TAG.sequence)[0]);
  return DIGESTS[oid] ?? oid;
};

export const signatureName = (algorithm: Der | undefined): string => {
  const [identifier, parameters] = childrenOf(algorithm, TAG.sequence);
  const oid = oidOf(identifier);
  return oid === RSA_PSS ? `rsa-pss-${pssDigest(parameters)}` : (SIGNATURES[oid] ?? oid);
};

/** @param wrapper the explicit tag around them; undefined where there are none */
export const extensionsOf = (wrapper: Der | undefined): ReadonlyMap<string, Uint8Array> => {
  const extensions = new Map<string, Uint8Array>();
  for (const extension of wrapper ? childrenOf(elementsOf(wrapper.body)[0], TAG.sequence) : []) {
    const parts = childrenOf(extension, TAG.sequence);
    const oid = oidOf(parts[0]);
    // RFC 5280 §4.2; which of two would count is anybody's guess
    if (extensions.has(oid)) throw new TypeError(`extension ${oid} is there twice`);
    extensions.set(oid, expectTag(parts.at(-1), TAG.octetString).body);
  }
  return extensions;
};

const keyUsagesOf = (value: Uint8Array): readonly string[] => {
  const [, ...bytes] = expectTag(elementsOf(value)[0], TAG.bitString).body;
  return KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
};

const universalText = (body: Uint8Array): string => {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return Array.from({ length: body.length / 4 }, (_, at) => String.fromCodePoint(view.getUint32(4 * at))).join('');
};

/** Text of a directory string (X.680 §41). @throws TypeError or RangeError when it is not valid in its encoding */
export const textOf = ({ tag, body }: Der): string => {
  switch (tag) {
    case 0x0c:
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    case 0x1e:
      return new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }).decode(body);
    case 0x1c:
      return universalText(body);
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString, which everybody reads as Latin-1
    case 0x16: // IA5String
    case 0x1a: // VisibleString
      return Buffer.from(body).toString('latin1');
    default:
      throw new TypeError(`a name has a value of DER tag ${tag}, which is no text`);
  }
};

/**
 * The values by attribute, taken from the DER: the text of `.subject` cannot be taken apart, values may hold whatever
 * separates them, and `.toLegacyObject()` kills the process when the key is on secp256k1 (Node 24.21).
 */
export const subjectOf = (name: Der | undefined): SubjectFacts => {
  const attributes = childrenOf(name, TAG.sequence)
    .flatMap((rdn) => childrenOf(rdn, TAG.set))
    .map((attribute) => childrenOf(attribute, TAG.sequence));
  const valuesOf = (oid: string): readonly string[] =>
    attributes.flatMap(([type, value]) => (value && oidOf(type) === oid ? [textOf(value)] : []));
  return {
    cn: valuesOf(ATTRIBUTE.cn),
    o: valuesOf(ATTRIBUTE.o),
    ou: valuesOf(ATTRIBUTE.ou),
    serialNumber: valuesOf(ATTRIBUTE.serialNumber),
  };
};

type Fields = Pick<
  CertificateFacts,
  | 'serialNumber'
  | 'validFrom'
  | 'validTo'
  | 'subject'
  | 'version'
  | 'signatureAlgorithm'
  | 'isCa'
  | 'extendedKeyUsage'
  | 'keyUsage'
>;

/**
 * @param raw DER of a certificate that OpenSSL has parsed
 * @throws Error when a field is not what it should be; node:crypto calls an extension absent that it cannot read
 */
export const certificateFields = (raw: Uint8Array): Fields => {
  const [signed, algorithm] = childrenOf(elementsOf(raw)[0], TAG.sequence);
  const fields = childrenOf(signed, TAG.sequence);
  const version = fields[0]?.tag === TAG.explicit(0) ? fields[0] : null;
  const [serial, , , validity, subject] = version ? fields.slice(1) : fields;
  const [validFrom, validTo] = childrenOf(validity, TAG.sequence);
  const extensions = extensionsOf(fields.find(({ tag }) => tag === TAG.explicit(3)));
  const constraints = extensions.get(EXTENSION.basicConstraints);
  const [ca] = constraints ? childrenOf(elementsOf(constraints)[0], TAG.sequence) : [];
  const usage = extensions.get(EXTENSION.keyUsage);
  const purposes = extensions.get(EXTENSION.extendedKeyUsage);
  return {
    serialNumber: hexOf(serial),
    validFrom: timeOf(validFrom),
    validTo: timeOf(validTo),
    subject: subjectOf(subject),
    version: (version ? (elementsOf(version.body)[0]?.body[0] ?? 0) : 0) + 1,
    signatureAlgorithm: signatureName(algorithm),
    isCa: ca?.tag === TAG.boolean && ca.body[0] !== 0,
    extendedKeyUsage: purposes ? childrenOf(elementsOf(purposes)[0], TAG.sequence).map(oidOf) : null,
    keyUsage: usage ? keyUsagesOf(usage) : null,
  };
};

/** @param raw and errors as in `certificateFields` */
export const hasSubjectKeyId = (raw: Uint8Array): boolean => {
  const [signed] = childrenOf(elementsOf(raw)[0], TAG.sequence);
  const wrapper = childrenOf(signed, TAG.sequence).find(({ tag }) => tag === TAG.explicit(3));
  return extensionsOf(wrapper).has(EXTENSION.subjectKeyId);
};
