// Requests, certificates and revocation lists, signed with the key of a CA.

import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { AwsFault } from '#local/http/aws-fault.ts';
import type { KeyAlgorithm, SigningAlgorithm, Subject } from './parameters.ts';

const CURVES = { EC_prime256v1: 'P-256', EC_secp384r1: 'P-384' } as const;
const MODULUS_BITS = { RSA_2048: 2_048, RSA_4096: 4_096 } as const;
const PUBLIC_EXPONENT = new Uint8Array([1, 0, 1]);
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const CRL_NUMBER = '2.5.29.20';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
/** RFC 5280 §4.1.2.2 has twenty at most; this many are more than 64 random bits (I-06). */
const SERIAL_BYTES = 16;

const isEc = (algorithm: KeyAlgorithm): algorithm is keyof typeof CURVES => algorithm in CURVES;

const hashOf = (signing: SigningAlgorithm): string => `SHA-${signing.slice(3, 6)}`;

const keyParameters = (key: KeyAlgorithm, signing: SigningAlgorithm) =>
  isEc(key)
    ? { name: 'ECDSA', namedCurve: CURVES[key], hash: hashOf(signing) }
    : {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: MODULUS_BITS[key],
        publicExponent: PUBLIC_EXPONENT,
        hash: hashOf(signing),
      };

/** RSA keys sign with RSA, EC keys with ECDSA. */
export const canSign = (key: KeyAlgorithm, signing: SigningAlgorithm): boolean =>
  signing.endsWith('WITHECDSA') === isEc(key);

export type SigningKey = {
  /** PKCS #8, PEM */
  readonly privateKey: string;
  readonly keyAlgorithm: KeyAlgorithm;
};

const importKey = ({ privateKey, keyAlgorithm }: SigningKey, signing: SigningAlgorithm) => {
  const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, keyParameters(keyAlgorithm, signing), false, ['sign']);
};

const nameOf = (subject: Subject): JsonName =>
  (
    [
      ['C', subject.Country],
      ['ST', subject.State],
      ['L', subject.Locality],
      ['O', subject.Organization],
      ['OU', subject.OrganizationalUnit],
      ['CN', subject.CommonName],
    ] as const
  ).flatMap(([type, value]) => (value === undefined ? [] : [{ [type]: [value] }]));

const pem = (tag: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${tag}-----`, ...lines, `-----END ${tag}-----`].join('\n');
};

/** A new key, and the request of a CA that is to have it. */
export const createKey = async (
  keyAlgorithm: KeyAlgorithm,
  signing: SigningAlgorithm,
  subject: Subject,
): Promise<{ readonly privateKey: string; readonly csr: string }> => {
  const keys = await webcrypto.subtle.generateKey(keyParameters(keyAlgorithm, signing), true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    name: nameOf(subject),
    signingAlgorithm: keyParameters(keyAlgorithm, signing),
  });
  return {
    privateKey: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    csr: pem('CERTIFICATE REQUEST', request.rawData),
  };
};

/** @throws AwsFault MalformedCSRException when it cannot be read, or is not signed by the key that it names */
export const readRequest = async (text: string): Promise<Pkcs10CertificateRequest> => {
  const malformed = (why: string, cause?: unknown) =>
    Object.assign(new AwsFault('MalformedCSRException', `The certificate signing request is invalid: ${why}`), {
      cause,
    });
  const read = async () => {
    const request = new Pkcs10CertificateRequest(text);
    return { request, isSigned: await request.verify() };
  };
  const { request, isSigned } = await read().catch((cause: unknown) => {
    throw malformed('expected PEM of PKCS #10, with a key that can sign', cause);
  });
  if (!isSigned) throw malformed('its signature is not one of its key');
  if (request.subject === '' && request.getExtension(SUBJECT_ALTERNATIVE_NAME) === null) {
    throw malformed('it has neither a subject nor a subject alternative name');
  }
  return request;
};

type Template = {
  readonly isCa: boolean;
  readonly usages: number;
  readonly extendedUsages: readonly ExtendedKeyUsage[];
};
const END_ENTITY = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment;
const CA = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

/** AWS Private CA User Guide, "Certificate template definitions"; subject, key and alternative names are the request's. */
export const TEMPLATES = {
  'RootCACertificate/V1': { isCa: true, usages: CA, extendedUsages: [] },
  'EndEntityCertificate/V1': {
    isCa: false,
    usages: END_ENTITY,
    extendedUsages: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
  },
  'EndEntityClientAuthCertificate/V1': {
    isCa: false,
    usages: END_ENTITY,
    extendedUsages: [ExtendedKeyUsage.clientAuth],
  },
} as const satisfies Readonly<Record<string, Template>>;
export type TemplateName = keyof typeof TEMPLATES;

/** Without the leading bit, which would make the number negative, and never with leading zeros. */
const randomSerial = (): string => {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
};

export type CertificateOptions = {
  readonly request: Pkcs10CertificateRequest;
  readonly template: TemplateName;
  readonly key: SigningKey;
  readonly signing: SigningAlgorithm;
  /** PEM of the CA's certificate; null: it signs its own */
  readonly issuer: string | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** where the CA's revocation list is said to be */
  readonly crlUrl: string | null;
};

export const issueCertificate = async (
  options: CertificateOptions,
): Promise<{ readonly pem: string; readonly serialNumber: string }> => {
  const { request, key, signing, notBefore, notAfter } = options;
  const { isCa, usages, extendedUsages }: Template = TEMPLATES[options.template];
  const issuer = options.issuer === null ? null : new X509Certificate(options.issuer);
  const issuerKeyId = issuer?.getExtension<SubjectKeyIdentifierExtension>(SUBJECT_KEY_IDENTIFIER)?.keyId;
  const alternativeNames = request.getExtension(SUBJECT_ALTERNATIVE_NAME);
  const serialNumber = randomSerial();
  const certificate = await X509CertificateGenerator.create({
    serialNumber,
    subject: request.subjectName,
    issuer: issuer?.subjectName ?? request.subjectName,
    publicKey: request.publicKey,
    notBefore,
    notAfter,
    signingKey: await importKey(key, signing),
    signingAlgorithm: keyParameters(key.keyAlgorithm, signing),
    extensions: [
      new BasicConstraintsExtension(isCa, undefined, true),
      await SubjectKeyIdentifierExtension.create(request.publicKey),
      ...(issuerKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(issuerKeyId)]),
      new KeyUsagesExtension(usages, true),
      ...(extendedUsages.length === 0 ? [] : [new ExtendedKeyUsageExtension([...extendedUsages])]),
      ...(alternativeNames === null ? [] : [alternativeNames]),
      ...(options.crlUrl === null ? [] : [new CRLDistributionPointsExtension([options.crlUrl])]),
    ],
  });
  return { pem: pem('CERTIFICATE', certificate.rawData), serialNumber };
};

const CRL_REASONS: Readonly<Record<string, X509CrlReason>> = {
  UNSPECIFIED: X509CrlReason.unspecified,
  KEY_COMPROMISE: X509CrlReason.keyCompromise,
  CERTIFICATE_AUTHORITY_COMPROMISE: X509CrlReason.cACompromise,
  AFFILIATION_CHANGED: X509CrlReason.affiliationChanged,
  SUPERSEDED: X509CrlReason.superseded,
  CESSATION_OF_OPERATION: X509CrlReason.cessationOfOperation,
  PRIVILEGE_WITHDRAWN: X509CrlReason.privilegeWithdrawn,
  A_A_COMPROMISE: X509CrlReason.aACompromise,
};

export type CrlOptions = {
  /** PEM of the CA's certificate */
  readonly issuer: string;
  readonly key: SigningKey;
  readonly signing: SigningAlgorithm;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly { readonly serialNumber: string; readonly at: Date; readonly reason: string }[];
};

/** RFC 5280 §5.2.3: an INTEGER, whose content does not begin with a bit that is set. */
const crlNumber = (number: number): Extension => {
  const digits = number.toString(16);
  const bytes = digits.padStart(digits.length + (digits.length % 2), '0');
  const content = Buffer.from(/^[89a-f]/.test(bytes) ? `00${bytes}` : bytes, 'hex');
  return new Extension(CRL_NUMBER, false, Buffer.concat([Buffer.from([0x02, content.length]), content]));
};

/** @returns DER */
export const createCrl = async (options: CrlOptions): Promise<Uint8Array> => {
  const { key, signing } = options;
  const issuer = new X509Certificate(options.issuer);
  const crl = await X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: options.thisUpdate,
    nextUpdate: options.nextUpdate,
    signingKey: await importKey(key, signing),
    signingAlgorithm: keyParameters(key.keyAlgorithm, signing),
    extensions: [await AuthorityKeyIdentifierExtension.create(issuer.publicKey), crlNumber(options.number)],
    entries: options.revoked.map(({ serialNumber, at, reason }) => ({
      serialNumber,
      revocationDate: at,
      reason: CRL_REASONS[reason] ?? X509CrlReason.unspecified,
    })),
  });
  return new Uint8Array(crl.rawData);
};
