// CAs in AWS Private CA. Its client brings an SDK core of its own, older than that of all others: what a function bundles
// beside it must not import theirs, not even to look at errors.

import {
  type ACMPCAClient,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateCommand,
  IssueCertificateCommand,
  type KeyAlgorithm,
  RevokeCertificateCommand,
  type SigningAlgorithm,
} from '@aws-sdk/client-acm-pca';
import { PermanentError, TransientError } from '#domain/errors.ts';
import { DEVICE_TEMPLATE, templateArn } from '#names/private-ca.ts';
import type { PrivateCa } from '#ports/private-ca.ts';

/** Of the CA's key, as AWS IoT takes signatures (AWS IoT guide, X.509 client certificates). */
const SIGNING: Readonly<Partial<Record<KeyAlgorithm, SigningAlgorithm>>> = {
  RSA_2048: 'SHA256WITHRSA',
  RSA_4096: 'SHA256WITHRSA',
  EC_prime256v1: 'SHA256WITHECDSA',
  EC_secp384r1: 'SHA384WITHECDSA',
};

/** Between looks at a certificate that is being issued, which takes about a second; about ten seconds in all. */
const WAITS_MS: readonly number[] = [200, 300, 500, 1_000, 1_000, 1_000, 2_000, 2_000, 2_000];

/** What no other attempt cures, and what to do about it (AWS Private CA API reference, Errors of each action). */
const REFUSALS: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'there is no such CA: look at its ARN, and whether it was deleted',
  InvalidArnException: 'the ARN names no CA: look at it',
  InvalidStateException: 'the CA is not active: install its certificate, or enable it',
  MalformedCSRException: 'the certificate signing request is not one that it takes: make it again',
  InvalidArgsException: 'it does not take what it was asked: the validity may be longer than that of the CA',
  InvalidRequestException: 'it cannot do this in the state that the CA or the certificate is in',
  LimitExceededException: 'the CA has issued or revoked as many certificates as its quota allows',
  AccessDeniedException: 'the stack was deployed without this CA: name its ARN in the context privateCa',
};

/** @throws PermanentError when another attempt would fail as well; every other error as it came */
const asked = async <Output>(what: string, call: Promise<Output>): Promise<Output> => {
  try {
    return await call;
  } catch (error) {
    const action = error instanceof Error ? REFUSALS[error.name] : undefined;
    if (!(error instanceof Error) || action === undefined) throw error;
    throw new PermanentError('PRIVATE_CA_REFUSED', `AWS Private CA refuses ${what} (${error.name}): ${action}`, {
      cause: error,
    });
  }
};

/** arn:<partition>:acm-pca:… */
const partitionOf = (ca: string): string => ca.split(':')[1] ?? 'aws';

/** Byte by byte, as `openssl x509 -text` shows it, from where AWS has it copied (API reference, RevokeCertificate). */
const serialText = (serialNumber: string): string => {
  const wholeBytes = serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0');
  return wholeBytes.replace(/..(?=.)/g, '$&:');
};

type Wait = (milliseconds: number) => Promise<unknown>;

export const acmPca = (client: ACMPCAClient, wait: Wait): PrivateCa => {
  const signingAlgorithm = async (ca: string): Promise<SigningAlgorithm> => {
    const command = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: ca });
    const { CertificateAuthority: found } = await asked('to describe the CA', client.send(command));
    if (found?.Status !== 'ACTIVE')
      throw new PermanentError(
        'PRIVATE_CA_INACTIVE',
        `expected an active CA in AWS Private CA, but ${ca} is ${found?.Status ?? 'unknown'}: install its certificate, or enable it`,
      );
    const key = found.CertificateAuthorityConfiguration?.KeyAlgorithm;
    const algorithm = key && SIGNING[key];
    if (algorithm) return algorithm;
    throw new PermanentError(
      'PRIVATE_CA_KEY',
      `expected a CA with a key of ${Object.keys(SIGNING).join(', ')}, but that of ${ca} is ${key}: AWS IoT takes no signature of it`,
    );
  };

  /** Issuing is asynchronous: AWS answers RequestInProgressException until the certificate is there. */
  const issued = async (ca: string, certificate: string): Promise<string> => {
    const command = { CertificateAuthorityArn: ca, CertificateArn: certificate };
    for (const pause of [...WAITS_MS, null]) {
      try {
        const { Certificate: pem } = await asked('to hand over', client.send(new GetCertificateCommand(command)));
        if (pem !== undefined) return pem;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'RequestInProgressException')) throw error;
      }
      if (pause !== null) await wait(pause);
    }
    throw new TransientError('AWS Private CA has not issued the certificate in time');
  };

  return {
    certificate: async (ca) => {
      await signingAlgorithm(ca);
      const command = new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: ca });
      const { Certificate: pem } = await asked('to show the CA', client.send(command));
      if (pem === undefined) throw new Error('expected acm-pca:GetCertificateAuthorityCertificate to answer with PEM');
      return pem;
    },

    issue: async ({ ca, csr, days, idempotencyToken }) => {
      const command = new IssueCertificateCommand({
        CertificateAuthorityArn: ca,
        Csr: Buffer.from(csr),
        SigningAlgorithm: await signingAlgorithm(ca),
        TemplateArn: templateArn(partitionOf(ca), DEVICE_TEMPLATE),
        Validity: { Type: 'DAYS', Value: days },
        IdempotencyToken: idempotencyToken,
      });
      const { CertificateArn: certificate } = await asked('to issue', client.send(command));
      if (certificate === undefined) throw new Error('expected acm-pca:IssueCertificate to answer with an ARN');
      return issued(ca, certificate);
    },

    revoke: async (ca, serialNumber) => {
      const command = new RevokeCertificateCommand({
        CertificateAuthorityArn: ca,
        CertificateSerial: serialText(serialNumber),
        // the only one that says nothing of why, which operators are not asked
        RevocationReason: 'UNSPECIFIED',
      });
      try {
        await asked('to revoke', client.send(command));
      } catch (error) {
        // revoked already
        if (!(error instanceof Error && error.name === 'RequestAlreadyProcessedException')) throw error;
      }
    },
  };
};
