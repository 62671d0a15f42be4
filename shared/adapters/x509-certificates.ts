// Reads X.509 certificates: facts of a leaf, a trust anchor in an upload, a chain file. Bad input becomes a value.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts, PublicKeyFacts, SubjectFacts, UnreadableCertificate } from '#domain/certificate.ts';
import { anchorId, certificateId } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
import { err, ok, type Result } from '#domain/result.ts';
import { shown } from '#domain/shown.ts';
import type { CertificateReader, ReadAnchor } from '#ports/certificate-reader.ts';
import { childrenOf, type Der, elementsOf, expectTag, oidOf, TAG } from './der.ts';
import { bytesOf, hasPrivateKey, type PemBlock, pemBlocks } from './pem.ts';

/** Why a file is not what was expected: `message` says what was, what came, and what to do. */
export type FileProblem = {
  readonly code:
    | 'NOT_PEM'
    | 'PRIVATE_KEY_IN_UPLOAD'
    | 'NOT_A_CERTIFICATE'
    | 'MORE_THAN_ONE_CERTIFICATE'
    | 'NOT_A_CA'
    | 'CERT_UNREADABLE'
    | 'CHAIN_ORDER'
    | 'CHAIN_BROKEN';
  readonly message: string;
};

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
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const EXTENSION = { keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', extendedKeyUsage: '2.5.29.37' };
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

const signatureName = (algorithm: Der | undefined): string => {
  const [identifier, parameters] = childrenOf(algorithm, TAG.sequence);
  const oid = oidOf(identifier);
  return oid === RSA_PSS ? `rsa-pss-${pssDigest(parameters)}` : (SIGNATURES[oid] ?? oid);
};

const extensionsOf = (wrapper: Der | undefined): ReadonlyMap<string, Uint8Array> => {
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

/** What node:crypto does not tell, or tells as "absent" when it cannot read it (RFC 5280 §4.1). */
const fieldsOf = (
  raw: Uint8Array,
): Pick<CertificateFacts, 'version' | 'signatureAlgorithm' | 'isCa' | 'extendedKeyUsage' | 'keyUsage'> => {
  const [signed, algorithm] = childrenOf(elementsOf(raw)[0], TAG.sequence);
  const fields = childrenOf(signed, TAG.sequence);
  const version = fields.find(({ tag }) => tag === TAG.explicit(0));
  const extensions = extensionsOf(fields.find(({ tag }) => tag === TAG.explicit(3)));
  const constraints = extensions.get(EXTENSION.basicConstraints);
  const [ca] = constraints ? childrenOf(elementsOf(constraints)[0], TAG.sequence) : [];
  const usage = extensions.get(EXTENSION.keyUsage);
  const purposes = extensions.get(EXTENSION.extendedKeyUsage);
  return {
    version: version ? (elementsOf(version.body)[0]?.body[0] ?? 0) + 1 : 1,
    signatureAlgorithm: signatureName(algorithm),
    isCa: ca?.tag === TAG.boolean && ca.body[0] !== 0,
    extendedKeyUsage: purposes ? childrenOf(elementsOf(purposes)[0], TAG.sequence).map(oidOf) : null,
    keyUsage: usage ? keyUsagesOf(usage) : null,
  };
};

const publicKeyOf = ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): PublicKeyFacts => {
  if (type === 'rsa') return { type, bits: details?.modulusLength ?? 0 };
  if (type !== 'ec') return { type: 'other', name: type ?? 'unknown' };
  const curve = details?.namedCurve ?? 'of explicit parameters';
  return { type, curve: CURVES[curve] ?? curve };
};

/** Every value of an attribute; node gives one as a string and several as an array. */
const valuesOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

const subjectOf = (certificate: X509Certificate): SubjectFacts => {
  // the text of `.subject` must not be taken apart: values may hold whatever separates them
  const subject: Readonly<Record<string, string | readonly string[] | undefined>> = {
    ...certificate.toLegacyObject().subject,
  };
  return {
    cn: valuesOf(subject['CN']),
    o: valuesOf(subject['O']),
    ou: valuesOf(subject['OU']),
    serialNumber: valuesOf(subject['serialNumber']),
  };
};

const fingerprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex');

/** False as well for a signature that OpenSSL cannot check: nobody has vouched for it. */
const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate, issuerKey: KeyObject): boolean => {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuerKey);
  } catch {
    return false;
  }
};

const parse = (block: PemBlock | undefined): X509Certificate => {
  const bytes = block && bytesOf(block);
  if (!bytes) throw new TypeError('expected a PEM certificate');
  return new X509Certificate(bytes);
};

const certificateBlock = (pem: string): PemBlock | undefined =>
  pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE');

const readLeaf = (pem: string, anchorPem: string): CertificateFacts | UnreadableCertificate => {
  // outside the try: an anchor that cannot be read is our fault, and must not be held against the device
  const anchor = parse(certificateBlock(anchorPem));
  const anchorKey = anchor.publicKey;
  try {
    const leaf = parse(certificateBlock(pem));
    return {
      id: certificateId(fingerprintOf(leaf)),
      subject: subjectOf(leaf),
      issuedByAnchor: isIssuedBy(leaf, anchor, anchorKey),
      validFrom: leaf.validFromDate.getTime(),
      validTo: leaf.validToDate.getTime(),
      publicKey: publicKeyOf(leaf.publicKey),
      ...fieldsOf(leaf.raw),
    };
  } catch (error) {
    return { unreadable: shown(error instanceof Error ? error.message : String(error)) };
  }
};

export const x509CertificateReader: CertificateReader = { readLeaf };

const problem = (code: FileProblem['code'], message: string): Result<never, FileProblem> => err({ code, message });
const reasonProblem = (code: 'CHAIN_ORDER' | 'CHAIN_BROKEN' | 'CERT_UNREADABLE', where: string) =>
  problem(code, `${where}: ${REASONS[code].when}; ${REASONS[code].action}`);

/** The certificate blocks of a text that may hold nothing else in PEM; at least one. */
const certificateBlocks = (text: string): Result<readonly [PemBlock, ...PemBlock[]], FileProblem> => {
  if (hasPrivateKey(text))
    return problem(
      'PRIVATE_KEY_IN_UPLOAD',
      'expected certificates only, got a private key; it was not kept: remove it, and consider it disclosed',
    );
  const [first, ...more] = pemBlocks(text);
  if (text.split('-----BEGIN ').length !== more.length + (first ? 2 : 1))
    return problem('NOT_PEM', 'expected complete PEM blocks, got one that is cut short: copy it up to its END line');
  if (!first)
    return problem(
      'NOT_PEM',
      'expected PEM text that begins with -----BEGIN CERTIFICATE-----; convert DER with `openssl x509 -inform der`, PKCS#12 with `openssl pkcs12 -nokeys`',
    );
  const other = [first, ...more].find(({ label }) => label !== 'CERTIFICATE');
  if (other)
    return problem(
      'NOT_A_CERTIFICATE',
      `expected -----BEGIN CERTIFICATE-----, got -----BEGIN ${shown(other.label)}-----: send the signed certificate`,
    );
  return ok([first, ...more]);
};

/** Null when it cannot be read whole, extensions and public key included. */
const readCertificate = (
  block: PemBlock,
): { readonly x509: X509Certificate; readonly isCa: boolean; readonly key: KeyObject } | null => {
  try {
    const x509 = parse(block);
    return { x509, isCa: fieldsOf(x509.raw).isCa, key: x509.publicKey };
  } catch {
    return null;
  }
};

/** The one CA certificate of an upload (CA-02). */
export const readAnchorPem = (text: string): Result<ReadAnchor, FileProblem> => {
  const blocks = certificateBlocks(text);
  if (!blocks.ok) return blocks;
  const [block, ...more] = blocks.value;
  if (more.length > 0)
    return problem(
      'MORE_THAN_ONE_CERTIFICATE',
      `expected one certificate, got ${more.length + 1}: send only the CA certificate that signs devices`,
    );
  const certificate = readCertificate(block);
  if (!certificate) return reasonProblem('CERT_UNREADABLE', 'the certificate');
  if (!certificate.isCa)
    return problem(
      'NOT_A_CA',
      'expected a CA certificate (Basic Constraints CA:TRUE), got one that is none: send the CA certificate that signs devices',
    );
  const { x509 } = certificate;
  return ok({
    id: anchorId(fingerprintOf(x509)),
    subject: x509.subject.replaceAll('\n', ', '),
    validFrom: x509.validFromDate.getTime(),
    validTo: x509.validToDate.getTime(),
    isCa: true,
    pem: x509.toString(),
  });
};

const pemOf = ({ body }: PemBlock): string =>
  `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/**
 * A chain file: the device certificate, then whoever signed it and so on. A leaf that cannot be read is passed
 * on as it is: the verdict on it says why.
 */
export const readChain = (
  text: string,
): Result<{ readonly leafPem: string; readonly rest: readonly string[] }, FileProblem> => {
  const blocks = certificateBlocks(text);
  if (!blocks.ok) return blocks;
  const [leafBlock, ...issuerBlocks] = blocks.value;
  const leaf = readCertificate(leafBlock);
  let issued = leaf;
  for (const [at, block] of issuerBlocks.entries()) {
    const issuer = readCertificate(block);
    if (!issuer) return reasonProblem('CERT_UNREADABLE', `certificate ${at + 2} of the chain`);
    if (leaf?.isCa && !issuer.isCa) return reasonProblem('CHAIN_ORDER', 'certificate 1 of the chain is a CA');
    if (issued && !isIssuedBy(issued.x509, issuer.x509, issuer.key))
      return reasonProblem('CHAIN_BROKEN', `certificate ${at + 1} of the chain`);
    issued = issuer;
  }
  return ok({ leafPem: pemOf(leafBlock), rest: issuerBlocks.map(pemOf) });
};
