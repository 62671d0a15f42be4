// What the control plane reads from certificates: their id, their validity, and whether a CA may be registered.

import { createHash, X509Certificate } from 'node:crypto';
import { isSupportedKey } from '../key-algorithm.ts';
import { IotError } from '../rest-json/errors.ts';

const rejected = (message: string, cause?: unknown) =>
  Object.assign(new IotError('CertificateValidationException', message), { cause });

const parse = (pem: string, what: string): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw rejected(`${what} is not a readable X.509 certificate`, cause);
  }
};

/** @throws CertificateValidationException unless the text is one PEM certificate; the text itself is never repeated */
export const readCertificate = (pem: string, what: string): X509Certificate => {
  if (pem.split('-----BEGIN ').length !== 2) throw rejected(`${what} must be exactly one PEM block`);
  const certificate = parse(pem, what);
  if (!isSupportedKey(certificate)) throw rejected(`the key of ${what} is not RSA or EC on P-256, P-384 or P-521`);
  return certificate;
};

/** An IoT certificate id is the SHA-256 of the DER. */
export const certificateIdOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex');

export const validityOf = (pem: string): { notBefore: Date; notAfter: Date } => {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { notBefore: validFromDate, notAfter: validToDate };
};

/** SHA-256, SHA-384 and SHA-512, with RSASSA-PSS too (AWS IoT developer guide, X.509 client certificates). */
const SUPPORTED_SIGNATURE = /sha(256|384|512)|^rsassaPss$/i;

export const checkCaCertificate = (certificate: X509Certificate): void => {
  if (!certificate.ca) throw rejected('the certificate is not a CA: basic constraints must say CA:TRUE');
  const algorithm = certificate.signatureAlgorithm ?? '';
  if (!SUPPORTED_SIGNATURE.test(algorithm)) throw rejected(`signature algorithm ${algorithm} is not supported`);
};

/** @throws RegistrationCodeValidationException or CertificateValidationException */
export const checkProofOfPossession = (ca: X509Certificate, verificationPem: string, code: string): void => {
  const proof = readCertificate(verificationPem, 'verificationCertificate');
  if (!proof.checkIssued(ca) || !proof.verify(ca.publicKey))
    throw rejected('the verification certificate is not signed by the CA certificate');
  if (proof.toLegacyObject().subject.CN !== code)
    throw new IotError(
      'RegistrationCodeValidationException',
      'the common name of the verification certificate is not the registration code',
    );
};
