// AWS Private CA without its door: CAs whose keys stay here, and what they sign. (AWS Private CA API reference)

import { createHash, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type * as v from 'valibot';
import { DataFolderError } from '#local/data-folder.ts';
import { AwsFault } from '#local/http/aws-fault.ts';
import type { ObjectStore } from '../s3/object-store.ts';
import type {
  CreateCertificateAuthority,
  CrlConfiguration,
  GetCertificate,
  ImportCertificate,
  IssueCertificate,
  OfAuthority,
  RevokeCertificate,
} from './parameters.ts';
import {
  canSign,
  createCrl,
  createKey,
  issueCertificate,
  readRequest,
  TEMPLATES,
  type TemplateName,
} from './signing.ts';
import type { Authority, Issued, PrivateCaState } from './state.ts';
import { validityOf } from './validity.ts';

export type PrivateCaOptions = {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly state: PrivateCaState;
  /** where revocation lists go */
  readonly objects: ObjectStore;
  /** epoch milliseconds */
  readonly clock: () => number;
};

const TOKEN_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const DEFAULT_TEMPLATE = 'EndEntityCertificate/V1';
const TEMPLATE_ARN = /^arn:[a-z-]+:acm-pca:::template\/(.+)$/;
const SERIAL = /^[0-9a-f]{1,40}$/;

const invalidArgs = (message: string) => new AwsFault('InvalidArgsException', message);
const notFound = (message: string) => new AwsFault('ResourceNotFoundException', message);

const isTemplate = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);

/** Serial numbers are hex with or without colons, and case or leading zeros make no difference. */
const normalSerial = (serial: string): string =>
  serial
    .replaceAll(':', '')
    .toLowerCase()
    .replace(/^0+(?=.)/, '');

const SPKI = { type: 'spki', format: 'der' } as const;
const publicKeyOf = ({ privateKey }: Authority): Buffer => createPublicKey(privateKey).export(SPKI);
const endOfCertificate = (pem: string): number => new X509Certificate(pem).validToDate.getTime();

type Input<Schema extends v.GenericSchema> = v.InferOutput<Schema>;
type CreateInput = Input<typeof CreateCertificateAuthority>;

export type PrivateCa = ReturnType<typeof createPrivateCa>;

export const createPrivateCa = (options: PrivateCaOptions) => {
  const { partition, region, accountId, state, objects, clock } = options;
  /** Issued, and not asked for yet: AWS issues asynchronously, so that the first look mostly comes too early. */
  const inProgress = new Set<string>();
  const tokens = new Map<string, { readonly arn: string; readonly until: number }>();

  const authorityOf = (arn: string): Authority => {
    const authority = state.authorities.get(arn);
    if (authority !== undefined) return authority;
    if (!/^arn:[^:]+:acm-pca:[^:]+:\d{12}:certificate-authority\/[\w-]+$/.test(arn)) {
      throw new AwsFault(
        'InvalidArnException',
        `expected the ARN of a certificate authority, got ${arn.slice(0, 200)}`,
      );
    }
    throw notFound(`Could not find certificate authority ${arn}`);
  };

  const statusOf = ({ certificate }: Authority): 'PENDING_CERTIFICATE' | 'ACTIVE' | 'EXPIRED' => {
    if (certificate === null) return 'PENDING_CERTIFICATE';
    return endOfCertificate(certificate) <= clock() ? 'EXPIRED' : 'ACTIVE';
  };

  const certificateOf = (authority: Authority, ...states: readonly string[]): string => {
    const { arn, certificate } = authority;
    const status = statusOf(authority);
    if (certificate !== null && states.includes(status)) return certificate;
    throw new AwsFault('InvalidStateException', `The certificate authority ${arn} is in state ${status}`);
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One change at a time: so that a token stands for one certificate, and no revocation list overtakes another. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const changed = last.then(change, change);
    last = changed;
    return changed;
  };

  /** Answers a repeat within five minutes with what the first request made. */
  const once = (token: string | undefined, scope: string, make: () => Promise<string>): Promise<string> =>
    inTurn(async () => {
      const now = clock();
      for (const [key, { until }] of tokens) if (until <= now) tokens.delete(key);
      const key = `${scope}/${token}`;
      const known = tokens.get(key);
      if (token !== undefined && known !== undefined) return known.arn;
      const arn = await make();
      if (token !== undefined) tokens.set(key, { arn, until: now + TOKEN_MS });
      return arn;
    });

  const idOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
  const crlKey = (arn: string): string => `crl/${idOf(arn)}.crl`;

  const publishCrl = async (authority: Authority, issuer: string): Promise<void> => {
    const { arn, crl } = authority;
    if (crl === null) return;
    const bucket = objects.bucket(crl.S3BucketName);
    if (bucket === null) throw new AwsFault('RequestFailedException', `there is no bucket ${crl.S3BucketName}`);
    const number = authority.crlNumber + 1;
    const now = clock();
    const list = await createCrl({
      issuer,
      key: authority,
      signing: authority.signingAlgorithm,
      number,
      thisUpdate: new Date(now),
      nextUpdate: new Date(now + crl.ExpirationInDays * DAY_MS),
      revoked: [...state.issued.values()].flatMap(({ authorityArn, serialNumber, revoked }) =>
        revoked === null || authorityArn !== arn
          ? []
          : [{ serialNumber, at: new Date(revoked.at), reason: revoked.reason }],
      ),
    });
    authority.crlNumber = number;
    await bucket.add(crlKey(arn), { data: Buffer.from(list), headers: { 'content-type': 'application/pkix-crl' } });
  };

  /** Not in certificates when the CA is told to leave it out. */
  const crlUrlOf = ({ arn, crl }: Authority): string | null => {
    if (crl === null || crl.CrlDistributionPointExtensionConfiguration?.OmitExtension === true) return null;
    const host = crl.CustomCname ?? `${crl.S3BucketName}.s3.${region}.amazonaws.com`;
    return `http://${host}/${crlKey(arn)}`;
  };

  const crlOf = ({ RevocationConfiguration }: CreateInput): CrlConfiguration | null => {
    const crl = RevocationConfiguration?.CrlConfiguration;
    if (crl === undefined || !('S3BucketName' in crl && crl.Enabled)) return null;
    // AWS tries whether it may write there
    if (objects.bucket(crl.S3BucketName) !== null) return crl;
    throw new AwsFault('ValidationException', `the bucket for revocation lists, ${crl.S3BucketName}, does not exist`);
  };

  const arnOf = (id: string): string => `arn:${partition}:acm-pca:${region}:${accountId}:certificate-authority/${id}`;

  const createNow = async (input: CreateInput, id: string): Promise<string> => {
    const { KeyAlgorithm, SigningAlgorithm, Subject } = input.CertificateAuthorityConfiguration;
    if (!canSign(KeyAlgorithm, SigningAlgorithm)) {
      throw invalidArgs(`a key of ${KeyAlgorithm} does not sign with ${SigningAlgorithm}`);
    }
    const crl = crlOf(input);
    const arn = arnOf(id);
    state.authorities.set(arn, {
      arn,
      keyAlgorithm: KeyAlgorithm,
      signingAlgorithm: SigningAlgorithm,
      subject: Subject,
      crl,
      crlNumber: 0,
      createdAt: clock(),
      changedAt: clock(),
      ...(await createKey(KeyAlgorithm, SigningAlgorithm, Subject)),
      certificate: null,
    });
    await state.save();
    return arn;
  };

  const createAuthority = (input: CreateInput): Promise<string> =>
    once(input.IdempotencyToken, 'authority', () => createNow(input, randomUUID()));

  /**
   * The CA of a template: that of an earlier run is taken over, with the revocation list of today's template.
   * @throws Error when its key or name is another
   */
  const ensureAuthority = (input: CreateInput, id: string): Promise<string> =>
    inTurn(async () => {
      const known = state.authorities.get(arnOf(id));
      if (known === undefined) return createNow(input, id);
      const { KeyAlgorithm, SigningAlgorithm, Subject } = input.CertificateAuthorityConfiguration;
      const wanted = [KeyAlgorithm, SigningAlgorithm, Subject];
      if (!isDeepStrictEqual([known.keyAlgorithm, known.signingAlgorithm, known.subject], wanted)) {
        throw new DataFolderError(
          'the data folder holds this CA with another key or name, from another version; start with a new folder',
        );
      }
      known.crl = crlOf(input);
      await state.save();
      return known.arn;
    });

  const templateOf = (arn: string | undefined): TemplateName => {
    const name = arn === undefined ? DEFAULT_TEMPLATE : (TEMPLATE_ARN.exec(arn)?.[1] ?? '');
    if (isTemplate(name)) return name;
    throw invalidArgs(`expected one of the templates ${Object.keys(TEMPLATES).join(', ')}, got ${String(arn)}`);
  };

  const issue = (input: Input<typeof IssueCertificate>): Promise<string> =>
    once(input.IdempotencyToken, input.CertificateAuthorityArn, async () => {
      const authority = authorityOf(input.CertificateAuthorityArn);
      const template = templateOf(input.TemplateArn);
      if (!canSign(authority.keyAlgorithm, input.SigningAlgorithm)) {
        throw invalidArgs(`${input.SigningAlgorithm} does not go with the CA's key, ${authority.keyAlgorithm}`);
      }
      const request = await readRequest(input.Csr);
      const { isCa } = TEMPLATES[template];
      const issuer = isCa ? null : certificateOf(authority, 'ACTIVE');
      if (isCa && !publicKeyOf(authority).equals(Buffer.from(request.publicKey.rawData))) {
        throw invalidArgs(`${template} is for the request of the CA itself: take it from GetCertificateAuthorityCsr`);
      }
      const { notBefore, notAfter } = validityOf(input, clock(), issuer === null ? null : endOfCertificate(issuer));
      const { pem, serialNumber } = await issueCertificate({
        request,
        template,
        key: authority,
        signing: input.SigningAlgorithm,
        issuer,
        notBefore,
        notAfter,
        crlUrl: isCa ? null : crlUrlOf(authority),
      });
      const arn = `${authority.arn}/certificate/${serialNumber}`;
      state.issued.set(arn, { arn, authorityArn: authority.arn, serialNumber, pem, revoked: null });
      inProgress.add(arn);
      await state.save();
      return arn;
    });

  /** The certificate that a CA of a template signs for itself: once. */
  const ensureRootCertificate = async (input: Input<typeof IssueCertificate>): Promise<Issued> => {
    const { certificate } = authorityOf(input.CertificateAuthorityArn);
    const known = [...state.issued.values()].find(({ pem }) => pem === certificate);
    if (known !== undefined) return known;
    const arn = await issue(input);
    inProgress.delete(arn);
    return issuedOf({ CertificateAuthorityArn: input.CertificateAuthorityArn, CertificateArn: arn });
  };

  const issuedOf = ({ CertificateAuthorityArn, CertificateArn }: Input<typeof GetCertificate>): Issued => {
    const authority = authorityOf(CertificateAuthorityArn);
    const issued = state.issued.get(CertificateArn);
    if (issued?.authorityArn !== authority.arn) throw notFound(`Could not find certificate ${CertificateArn}`);
    return issued;
  };

  const importNow = async (input: Input<typeof ImportCertificate>): Promise<void> => {
    const authority = authorityOf(input.CertificateAuthorityArn);
    const read = (): X509Certificate => {
      try {
        return new X509Certificate(input.Certificate);
      } catch (cause) {
        throw Object.assign(new AwsFault('MalformedCertificateException', 'expected PEM of one certificate'), {
          cause,
        });
      }
    };
    const certificate = read();
    if (!certificate.publicKey.export(SPKI).equals(publicKeyOf(authority))) {
      throw new AwsFault('CertificateMismatchException', 'the certificate is not one of the key of this CA');
    }
    if (!(certificate.ca && certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey))) {
      throw new AwsFault('MalformedCertificateException', 'expected the certificate of a CA that it signed itself');
    }
    const pem = certificate.toString().trim();
    if (authority.certificate === pem) return;
    await publishCrl(authority, pem);
    authority.certificate = pem;
    authority.changedAt = clock();
    await state.save();
  };

  const revokeNow = async (input: Input<typeof RevokeCertificate>): Promise<void> => {
    const authority = authorityOf(input.CertificateAuthorityArn);
    const issuer = certificateOf(authority, 'ACTIVE');
    const serialNumber = normalSerial(input.CertificateSerial);
    if (!SERIAL.test(serialNumber)) {
      throw new AwsFault('InvalidRequestException', 'expected a serial number in hex, with or without colons');
    }
    const issued = state.issued.get(`${authority.arn}/certificate/${serialNumber}`);
    if (issued === undefined) throw notFound(`Could not find a certificate with the serial number ${serialNumber}`);
    if (issued.pem === issuer) {
      throw new AwsFault(
        'InvalidRequestException',
        'the certificate that a root CA signed for itself cannot be revoked',
      );
    }
    if (issued.revoked !== null) {
      throw new AwsFault('RequestAlreadyProcessedException', `The certificate ${serialNumber} is revoked already`);
    }
    issued.revoked = { at: clock(), reason: input.RevocationReason };
    await state.save();
    await publishCrl(authority, issuer);
    await state.save();
  };

  const describe = (input: Input<typeof OfAuthority>) => {
    const authority = authorityOf(input.CertificateAuthorityArn);
    const certificate = authority.certificate === null ? null : new X509Certificate(authority.certificate);
    return {
      Arn: authority.arn,
      OwnerAccount: accountId,
      CreatedAt: authority.createdAt / 1_000,
      LastStateChangeAt: authority.changedAt / 1_000,
      Type: 'ROOT',
      Status: statusOf(authority),
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: authority.keyAlgorithm,
        SigningAlgorithm: authority.signingAlgorithm,
        Subject: authority.subject,
      },
      RevocationConfiguration: {
        CrlConfiguration: authority.crl ?? { Enabled: false },
        OcspConfiguration: { Enabled: false },
      },
      UsageMode: 'GENERAL_PURPOSE',
      ...(certificate !== null && {
        Serial: normalSerial(certificate.serialNumber),
        NotBefore: certificate.validFromDate.getTime() / 1_000,
        NotAfter: certificate.validToDate.getTime() / 1_000,
      }),
    };
  };

  return {
    createAuthority,
    ensureAuthority,
    issue,
    ensureRootCertificate,
    importCertificate: (input: Input<typeof ImportCertificate>) => inTurn(() => importNow(input)),
    revoke: (input: Input<typeof RevokeCertificate>) => inTurn(() => revokeNow(input)),
    describe,
    csr: (input: Input<typeof OfAuthority>): string => authorityOf(input.CertificateAuthorityArn).csr,
    /** @throws AwsFault InvalidStateException when none is imported yet */
    authorityCertificate: (input: Input<typeof OfAuthority>): string =>
      certificateOf(authorityOf(input.CertificateAuthorityArn), 'ACTIVE', 'EXPIRED'),
    /** Its certificate and that of its CA. @throws AwsFault RequestInProgressException at the first call */
    certificate: (input: Input<typeof GetCertificate>): { readonly pem: string; readonly chain: string | null } => {
      const { arn, pem, authorityArn } = issuedOf(input);
      if (inProgress.delete(arn)) {
        throw new AwsFault('RequestInProgressException', 'The request to issue the certificate is in progress');
      }
      const { certificate } = authorityOf(authorityArn);
      return { pem, chain: pem === certificate ? null : certificate };
    },
  };
};

/** The same each time for one name, in the form of a UUID, as AWS names a CA. */
export const authorityIdOf = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
};
