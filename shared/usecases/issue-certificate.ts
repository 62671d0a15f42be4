// Has a tenant's private CA sign a request that its rules accept (I-03, I-05, I-07).

import { PermanentError } from '#domain/errors.ts';
import type { AnchorId, ClientId, TenantName } from '#domain/ids.ts';
import { deviceDays } from '#domain/lifetimes.ts';
import { namingOf } from '#domain/naming.ts';
import { err, ok } from '#domain/result.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateReader } from '#ports/certificate-reader.ts';
import type { ReadRequest } from '#ports/certificate-requests.ts';
import type { CertificateDescriber, CertificateText } from '#ports/certificate-text.ts';
import type { Clock } from '#ports/clock.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { everyPage } from './every-page.ts';
import { type InspectCsrDeps, inspectCsr } from './inspect-csr.ts';
import { type Outcome, refuse, unknownAnchor } from './refusal.ts';
import { type RevokedKeyDeps, refuseRevokedKey } from './revoked-key.ts';

export type IssueCertificateDeps = InspectCsrDeps &
  RevokedKeyDeps & {
    readonly places: Pick<AnchorPlaces, 'list'>;
    readonly anchors: Pick<AnchorRegistry, 'findAll'>;
    readonly privateCa: Pick<PrivateCa, 'issue'>;
    readonly reader: CertificateReader;
    readonly describeCertificate: CertificateDescriber;
    /** SHA-256 in hex */
    readonly digest: (text: string) => string;
    readonly clock: Clock;
  };

export type IssueOrder = {
  readonly csr: string;
  /** the device that it is meant for; null when whoever asks did not say */
  readonly cn: string | null;
  /** null for those of the tenant's naming profile */
  readonly days: number | null;
  /** which of the tenant's private CAs signs; null when there is one */
  readonly anchor: AnchorId | null;
};

export type Issued = {
  readonly certificate: CertificateText;
  readonly clientId: ClientId;
  readonly anchor: AnchorId;
  /** the certificate, then the CA that signed it */
  readonly chain: string;
};

type Signer = TrustAnchor & { readonly privateCaArn: string };

const PAGE = 100;
/** AWS Private CA API reference, IssueCertificate */
const TOKEN_LIMIT = 36;

const anchorsOf = async (
  { places, anchors }: Pick<IssueCertificateDeps, 'places' | 'anchors'>,
  tenant: TenantName,
): Promise<readonly TrustAnchor[]> => {
  const found: TrustAnchor[] = [];
  for await (const page of everyPage((cursor) => places.list(tenant, { limit: PAGE, cursor })))
    found.push(...(await anchors.findAll(page.map(({ id }) => id))));
  // a place stands for an upload as well, of a CA that may by now vouch for another tenant
  return found.filter((anchor) => anchor.tenant === tenant);
};

const canSign = (anchor: TrustAnchor): anchor is Signer => anchor.state === 'ACTIVE' && anchor.privateCaArn !== null;

const whyNone = (all: readonly TrustAnchor[], tenant: TenantName, wanted: AnchorId | null): string => {
  const revoked = all.find(
    ({ id, state, privateCaArn }) => state === 'REVOKED' && privateCaArn !== null && (wanted === null || id === wanted),
  );
  if (revoked)
    return `expected an active trust anchor of ${tenant} whose key AWS Private CA keeps, but ${revoked.id} is REVOKED: restore it`;
  return wanted === null
    ? `expected an active trust anchor of ${tenant} whose key AWS Private CA keeps, there is none: have an operator register one (vestibule anchor register --private-ca <arn> --tenant ${tenant})`
    : `expected an active trust anchor whose key AWS Private CA keeps, but ${wanted} is not: name another one, or sign with the CA's own key where it is kept`;
};

const signerOf = (all: readonly TrustAnchor[], tenant: TenantName, wanted: AnchorId | null): Outcome<Signer> => {
  if (wanted !== null && !all.some(({ id }) => id === wanted)) return unknownAnchor(wanted);
  const [signer, ...others] = all.filter(canSign).filter(({ id }) => wanted === null || id === wanted);
  if (signer === undefined) return refuse('conflict', 'NO_PRIVATE_CA', whyNone(all, tenant, wanted));
  if (others.length === 0) return ok(signer);
  const ids = [signer, ...others].map(({ id }) => id).join(', ');
  return refuse('conflict', 'AMBIGUOUS', `${tenant} has several private CAs; name one of ${ids}`);
};

/** I-07. @throws PermanentError when what came back is not what was asked for: it is handed to nobody */
const checkIssued = (
  { reader, describeCertificate }: IssueCertificateDeps,
  pem: string,
  request: ReadRequest,
  anchor: TrustAnchor,
): CertificateText => {
  const text = describeCertificate(pem);
  const facts = reader.readLeaf(pem, anchor.pem);
  const isRight =
    text.ok &&
    !('unreadable' in facts) &&
    facts.issuedByAnchor &&
    facts.publicKeyId === request.publicKeyId &&
    text.value.subject === request.subjectText;
  if (isRight) return text.value;
  throw new PermanentError(
    'ISSUED_OTHERWISE',
    `expected a certificate of ${anchor.subject} for subject and key of the request, got another one: it is not handed over; look at the CA ${anchor.privateCaArn}`,
  );
};

/** Repeatable: AWS answers the same request within five minutes with the same certificate, but never once its key is revoked. */
export const issueCertificate =
  (deps: IssueCertificateDeps) =>
  async (name: TenantName, order: IssueOrder): Promise<Outcome<Issued>> => {
    const { privateCa, digest, clock } = deps;
    const inspected = await inspectCsr(deps)(name, order.csr, order.cn);
    if (!inspected.ok) return inspected;
    const { request, tenant, clientId } = inspected.value;
    const { publicKeyId } = request;
    const usable = await refuseRevokedKey(deps)({ tenant: name, clientId, publicKeyId, certificate: null });
    if (!usable.ok) return usable;
    const signer = signerOf(await anchorsOf(deps, name), name, order.anchor);
    if (!signer.ok) return signer;
    const anchor = signer.value;
    const days = deviceDays(namingOf(tenant.naming).profile, order.days, anchor, clock());
    if (!days.ok) return err({ kind: 'invalid', ...days.error });
    const ca = anchor.privateCaArn;
    const pem = await privateCa.issue({
      ca,
      csr: request.pem,
      days: days.value,
      idempotencyToken: digest(JSON.stringify([ca, request.pem, days.value])).slice(0, TOKEN_LIMIT),
    });
    const certificate = checkIssued(deps, pem, request, anchor);
    return ok({ certificate, clientId, anchor: anchor.id, chain: certificate.pem + anchor.pem });
  };
