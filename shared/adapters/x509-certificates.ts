// Reads X.509 certificates: facts of a leaf, a trust anchor, a chain file. Bad input becomes a value.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts, PublicKeyFacts, UnreadableCertificate } from '#domain/certificate.ts';
import { anchorId, certificateId } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
import { err, ok, type Result } from '#domain/result.ts';
import { shown } from '#domain/shown.ts';
import type { CertificateReader, ReadAnchor } from '#ports/certificate-reader.ts';
import { bytesOf, hasPrivateKey, type PemBlock, pemBlocks } from './pem.ts';
import { certificateFields, hasSubjectKeyId } from './x509-fields.ts';

/** Why a file is not what was expected: `message` says what was, what came, and what to do. */
export type FileProblem = {
  readonly code:
    | 'NOT_PEM'
    | 'PRIVATE_KEY_IN_UPLOAD'
    | 'NOT_A_CERTIFICATE'
    | 'MORE_THAN_ONE_CERTIFICATE'
    | 'CERT_UNREADABLE'
    | 'CHAIN_ORDER'
    | 'CHAIN_BROKEN';
  readonly message: string;
};

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

export const publicKeyOf = ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): PublicKeyFacts => {
  if (type === 'rsa') return { type, bits: details?.modulusLength ?? 0 };
  if (type !== 'ec') return { type: 'other', name: type ?? 'unknown' };
  const curve = details?.namedCurve ?? 'of explicit parameters';
  return { type, curve: CURVES[curve] ?? curve };
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fingerprintOf = ({ raw }: X509Certificate): string => sha256(raw);

/**
 * Not `checkIssued`: that is false as well for a leaf with an odd extension, and would blame the wrong thing.
 * False for a signature that OpenSSL cannot check: nobody has vouched for it.
 */
export const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate, issuerKey: KeyObject): boolean => {
  try {
    return certificate.issuer === issuer.subject && certificate.verify(issuerKey);
  } catch {
    return false;
  }
};

const parse = (block: PemBlock | undefined): X509Certificate => {
  const bytes = block && bytesOf(block);
  if (!bytes) throw new TypeError('expected a PEM certificate');
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    // OpenSSL goes on to try the bytes as PEM, so that its own message is about a missing start line
    throw new TypeError('not the DER of a certificate, or a name in it is no valid text', { cause });
  }
};

const certificateBlock = (pem: string): PemBlock | undefined =>
  pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE');

const factsOf = (certificate: X509Certificate) => {
  const { publicKey, raw } = certificate;
  return {
    publicKeyId: sha256(publicKey.export({ type: 'spki', format: 'der' })),
    publicKey: publicKeyOf(publicKey),
    ...certificateFields(raw),
  };
};

const readLeaf = (pem: string, anchorPem: string): CertificateFacts | UnreadableCertificate => {
  // outside the try: an anchor that cannot be read is our fault, and must not be held against the device
  const anchor = parse(certificateBlock(anchorPem));
  const anchorKey = anchor.publicKey;
  try {
    const leaf = parse(certificateBlock(pem));
    return {
      id: certificateId(fingerprintOf(leaf)),
      issuedByAnchor: isIssuedBy(leaf, anchor, anchorKey),
      ...factsOf(leaf),
    };
  } catch (error) {
    return { unreadable: shown(error instanceof Error ? error.message : String(error)) };
  }
};

export const x509CertificateReader: CertificateReader = { readLeaf };

export const problem = (code: FileProblem['code'], message: string): Result<never, FileProblem> =>
  err({ code, message });
export const reasonProblem = (code: 'CHAIN_ORDER' | 'CHAIN_BROKEN' | 'CERT_UNREADABLE', where: string) =>
  problem(code, `${where}: ${REASONS[code].when}; ${REASONS[code].action}`);

/** The certificate blocks of a text that may hold nothing else in PEM; at least one. */
export const certificateBlocks = (text: string): Result<readonly [PemBlock, ...PemBlock[]], FileProblem> => {
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

type Certificate = { readonly x509: X509Certificate; readonly facts: ReturnType<typeof factsOf> };

/** Null when it cannot be read whole, extensions and public key included. */
export const readCertificate = (block: PemBlock): Certificate | null => {
  try {
    const x509 = parse(block);
    return { x509, facts: factsOf(x509) };
  } catch {
    return null;
  }
};

/** @param name undefined when it has no attribute (Node 24), which the types of node:crypto do not say */
const onOneLine = (name: string | undefined): string => name?.replaceAll('\n', ', ') ?? '';

export const anchorOf = ({ x509, facts }: Certificate): ReadAnchor => {
  const { validFrom, validTo, publicKey, signatureAlgorithm, isCa, keyUsage } = facts;
  return {
    id: anchorId(fingerprintOf(x509)),
    subject: onOneLine(x509.subject),
    validFrom,
    validTo,
    publicKey,
    signatureAlgorithm,
    isCa,
    keyUsage,
    hasSubjectKeyId: hasSubjectKeyId(x509.raw),
    selfSigned: isIssuedBy(x509, x509, x509.publicKey),
    pem: x509.toString(),
  };
};

/** @param wanted what to send in the place of several */
export const readOneCertificate = (text: string, wanted: string): Result<Certificate, FileProblem> => {
  const blocks = certificateBlocks(text);
  if (!blocks.ok) return blocks;
  const [block, ...more] = blocks.value;
  if (more.length > 0)
    return problem(
      'MORE_THAN_ONE_CERTIFICATE',
      `expected one certificate, got ${more.length + 1}: send only ${wanted}`,
    );
  const certificate = readCertificate(block);
  return certificate ? ok(certificate) : reasonProblem('CERT_UNREADABLE', 'the certificate');
};

/** The one CA certificate of a file; whether it may vouch for devices is not asked here. */
export const readAnchorPem = (text: string): Result<ReadAnchor, FileProblem> => {
  const read = readOneCertificate(text, 'the CA certificate that signs devices');
  return read.ok ? ok(anchorOf(read.value)) : read;
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
    if (leaf?.facts.isCa && !issuer.facts.isCa)
      return reasonProblem('CHAIN_ORDER', 'certificate 1 of the chain is a CA');
    if (issued && !isIssuedBy(issued.x509, issuer.x509, issuer.x509.publicKey))
      return reasonProblem('CHAIN_BROKEN', `certificate ${at + 1} of the chain`);
    issued = issuer;
  }
  return ok({ leafPem: pemOf(leafBlock), rest: issuerBlocks.map(pemOf) });
};
