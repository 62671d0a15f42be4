// Routes of the management API on what is trusted: CA certificates, revocation lists, certificates that are issued, and
// the truststore; with the shapes that cross them.

import * as v from 'valibot';
import { ANCHOR_ACTS } from '#domain/anchor-acts.ts';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';
import { ANCHOR_PROOFS, CERTIFICATE_MODES } from '#domain/trust-anchor.ts';
import {
  devicePath,
  fingerprint,
  none,
  operatorDevicePath,
  page,
  pages,
  type RouteShape,
  tenantName,
  tenantPath,
  time,
} from './api-shapes.ts';

/** `EXPIRED` is what an active one becomes when its validity ends; nothing is written for it. */
export const ANCHOR_VIEW_STATES = ['PENDING_VERIFICATION', 'ACTIVE', 'REVOKED', 'EXPIRED', 'DELETED'] as const;

export const AnchorView = v.object({
  fingerprint,
  tenant: tenantName,
  state: v.picklist(ANCHOR_VIEW_STATES),
  /** null until possession of the key was shown */
  proof: v.nullable(v.picklist(ANCHOR_PROOFS)),
  certificateMode: v.picklist(CERTIFICATE_MODES),
  subject: v.string(),
  validFrom: time,
  validTo: time,
  /** when it was uploaded or registered, and by whom */
  registeredAt: time,
  registeredBy: v.string(),
  /** when its state was changed last, and by whom; null while it is not proved */
  changedAt: v.nullable(time),
  changedBy: v.nullable(v.string()),
  /** the CN of the certificate that is to show possession of the key; null once it was shown */
  challenge: v.nullable(
    v.object({
      code: v.string(),
      expiresAt: time,
      /** the CN of a second such certificate, which AWS asks for in the mode DEFAULT; else null */
      registrationCode: v.nullable(v.string()),
    }),
  ),
  privateCaArn: v.nullable(v.string()),
  crl: v.nullable(
    v.object({
      number: v.nullable(v.string()),
      thisUpdate: time,
      nextUpdate: v.nullable(time),
      entries: v.number(),
      importedAt: time,
      importedBy: v.string(),
    }),
  ),
  /** how far its certificates were brought to its state; null before its state was ever changed */
  sweep: v.nullable(
    v.object({
      pass: v.number(),
      seen: v.number(),
      changed: v.number(),
      startedAt: time,
      completedAt: v.nullable(time),
    }),
  ),
  pem: v.string(),
});
export type AnchorView = v.InferOutput<typeof AnchorView>;

const AffectedDevice = v.object({
  clientId: v.nullable(v.string()),
  fingerprint,
  state: v.picklist(CERTIFICATE_STATES),
  connected: v.boolean(),
  /** address that it is connected from, or was last */
  ip: v.nullable(v.string()),
  /** when its presence changed last; null when it was never seen */
  lastSeen: v.nullable(time),
});
export type AffectedDevice = v.InferOutput<typeof AffectedDevice>;

/** Whom an act on a trust anchor would touch. */
export const ImpactView = v.object({
  fingerprint,
  certificates: v.number(),
  /** of those, by state */
  states: v.record(v.string(), v.number()),
  /** of those, how many something other than the anchor keeps out: a restore would not let them in */
  barredOtherwise: v.number(),
  connected: v.number(),
  lastSeen: v.nullable(time),
  /** the first of them, connected ones before others */
  devices: v.array(AffectedDevice),
  /** whether there are more certificates than were counted */
  more: v.boolean(),
});
export type ImpactView = v.InferOutput<typeof ImpactView>;

/** What a revocation list says, and whom it touches. */
export const CrlView = v.object({
  anchor: fingerprint,
  number: v.nullable(v.string()),
  thisUpdate: time,
  nextUpdate: v.nullable(time),
  entries: v.number(),
  /** known certificates that it names and that are not out yet */
  revokes: v.array(AffectedDevice),
  /** known certificates that the former list had on hold and this one does not */
  releases: v.array(AffectedDevice),
  /** whether the CA has more certificates than were looked at */
  more: v.boolean(),
});
export type CrlView = v.InferOutput<typeof CrlView>;

/** What a certificate signing request says of itself. */
export const CsrView = v.object({
  /** version number as written in it (RFC 2986: 0) */
  version: v.number(),
  subject: v.string(),
  cn: v.string(),
  clientId: v.string(),
  publicKey: v.string(),
  signatureAlgorithm: v.string(),
});
export type CsrView = v.InferOutput<typeof CsrView>;

export const CertificateText = v.object({
  fingerprint,
  subject: v.string(),
  issuer: v.string(),
  serialNumber: v.string(),
  validFrom: time,
  validTo: time,
  publicKey: v.string(),
  signatureAlgorithm: v.string(),
  pem: v.string(),
});
export type CertificateText = v.InferOutput<typeof CertificateText>;

export const IssuedView = v.object({
  ...CertificateText.entries,
  clientId: v.string(),
  anchor: fingerprint,
  /** the certificate, then the CA that signed it */
  chain: v.string(),
});
export type IssuedView = v.InferOutput<typeof IssuedView>;

export const TruststoreView = v.object({
  /** CA certificates one after the other */
  pem: v.string(),
  anchors: v.array(v.object({ fingerprint, tenant: tenantName, subject: v.string(), validTo: time })),
  omitted: v.array(v.object({ fingerprint, tenant: tenantName, reason: v.picklist(['EXPIRED', 'NOT_YET_VALID']) })),
});
export type TruststoreView = v.InferOutput<typeof TruststoreView>;

const anchorPath = v.object({ tenant: tenantName, anchor: fingerprint });
const pem = v.pipe(v.string('expected a text'), v.maxLength(65_536, 'expected at most 65,536 characters'));
/** A Lambda function takes requests of 6 MB (Lambda quotas); a list of 100,000 serial numbers is half of that. */
const crlText = v.pipe(v.string('expected a text'), v.maxLength(5_000_000, 'expected at most 5,000,000 characters'));
const certificateMode = v.picklist(CERTIFICATE_MODES, `expected ${CERTIFICATE_MODES.join(' or ')}`);

const UploadAnchor = v.strictObject({
  /** the CA certificate; those that signed it may follow */
  certificate: pem,
  certificateMode: v.optional(certificateMode, 'SNI_ONLY'),
  /** an intermediate CA is meant to vouch by itself (CA-09) */
  allowIntermediate: v.optional(v.boolean('expected true or false'), false),
});
const VerifyAnchor = v.strictObject({
  verificationCertificate: pem,
  /** with the account's registration code as its CN, for the mode DEFAULT */
  accountVerificationCertificate: v.optional(v.nullable(pem), null),
});
const RegisterAnchor = v.union(
  [
    v.strictObject({ certificate: pem }),
    v.strictObject({
      privateCaArn: v.pipe(
        v.string(),
        v.regex(
          /^arn:[a-z-]+:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f-]{36}$/,
          'expected the ARN of a CA in AWS Private CA',
        ),
      ),
    }),
  ],
  'expected either a certificate or a privateCaArn',
);
const Crl = v.strictObject({ crl: crlText });
/** the device that a request is meant for; absent when that is not to be checked */
const intendedCn = v.optional(v.pipe(v.string('expected a text'), v.maxLength(64, 'expected at most 64 characters')));
const Csr = v.strictObject({ csr: pem, cn: intendedCn });
const IssueCertificate = v.strictObject({
  csr: pem,
  cn: intendedCn,
  days: v.optional(
    v.pipe(
      v.number('expected a number of days'),
      v.integer('expected a whole number of days'),
      v.minValue(1, 'expected 1 day at least'),
      v.maxValue(1_095, 'expected 1,095 days at most'),
    ),
  ),
  /** which of the tenant's private CAs signs, where there are several */
  anchor: v.optional(fingerprint),
});

/** Without an act, whom any would touch; with one, it is refused as that act would be. */
const ImpactQuery = v.object({
  act: v.optional(v.picklist(ANCHOR_ACTS, `expected one of ${ANCHOR_ACTS.join(', ')}`)),
});

export const TRUST_ROUTES = {
  registerAnchor: {
    method: 'POST',
    path: '/operator/tenants/{tenant}/anchors',
    summary: "Register a tenant's CA certificate; the operator vouches for it",
    params: tenantPath,
    query: none,
    body: RegisterAnchor,
    status: 201,
    response: AnchorView,
  },
  uploadAnchor: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors',
    summary: 'Upload a CA certificate, and learn how to show possession of its key',
    params: tenantPath,
    query: none,
    body: UploadAnchor,
    status: 201,
    response: AnchorView,
  },
  challengeAnchor: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/challenge',
    summary: 'Ask for another challenge, in the place of the former one',
    params: anchorPath,
    query: none,
    body: none,
    status: 200,
    response: AnchorView,
  },
  verifyAnchor: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/verify',
    summary: 'Show possession of the key: from then on devices of the CA may register',
    params: anchorPath,
    query: none,
    body: VerifyAnchor,
    status: 200,
    response: AnchorView,
  },
  listAnchors: {
    method: 'GET',
    path: '/tenants/{tenant}/anchors',
    summary: "List a tenant's trust anchors and uploads",
    params: tenantPath,
    query: pages,
    body: none,
    status: 200,
    response: page('anchors', AnchorView),
  },
  showAnchor: {
    method: 'GET',
    path: '/tenants/{tenant}/anchors/{anchor}',
    summary: 'Show a trust anchor or an upload',
    params: anchorPath,
    query: none,
    body: none,
    status: 200,
    response: AnchorView,
  },
  showAnchorImpact: {
    method: 'GET',
    path: '/tenants/{tenant}/anchors/{anchor}/impact',
    summary: 'Say whom a change of a trust anchor would touch',
    params: anchorPath,
    query: ImpactQuery,
    body: none,
    status: 200,
    response: ImpactView,
  },
  revokeAnchor: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/revoke',
    summary: 'Keep out every device of a trust anchor, until it is restored',
    params: anchorPath,
    query: none,
    body: none,
    status: 202,
    response: AnchorView,
  },
  restoreAnchor: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/restore',
    summary: 'Let in again what nothing but the revocation of the trust anchor kept out',
    params: anchorPath,
    query: none,
    body: none,
    status: 202,
    response: AnchorView,
  },
  deleteAnchor: {
    method: 'DELETE',
    path: '/tenants/{tenant}/anchors/{anchor}',
    summary: 'Revoke a trust anchor, then delete it; or drop an upload',
    params: anchorPath,
    query: none,
    body: none,
    status: 202,
    response: AnchorView,
  },
  previewCrl: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/crl/preview',
    summary: 'Say what a revocation list would do',
    params: anchorPath,
    query: none,
    body: Crl,
    status: 200,
    response: CrlView,
  },
  importCrl: {
    method: 'POST',
    path: '/tenants/{tenant}/anchors/{anchor}/crl',
    summary: 'Keep out what a revocation list of the CA names, now and later',
    params: anchorPath,
    query: none,
    body: Crl,
    status: 202,
    response: CrlView,
  },
  inspectCsr: {
    method: 'POST',
    path: '/tenants/{tenant}/certificates/inspect',
    summary: 'Check a certificate signing request',
    params: tenantPath,
    query: none,
    body: Csr,
    status: 200,
    response: CsrView,
  },
  issueCertificate: {
    method: 'POST',
    path: '/tenants/{tenant}/certificates',
    summary: "Have a tenant's private CA in AWS sign a request",
    params: tenantPath,
    query: none,
    body: IssueCertificate,
    status: 201,
    response: IssuedView,
  },
  showTenantCertificate: {
    method: 'GET',
    path: '/tenants/{tenant}/devices/{device}/certificate',
    summary: "Show a device's certificate",
    params: devicePath,
    query: none,
    body: none,
    status: 200,
    response: CertificateText,
  },
  showCertificate: {
    method: 'GET',
    path: '/operator/devices/{device}/certificate',
    summary: 'Show the certificate of a device of any tenant',
    params: operatorDevicePath,
    query: none,
    body: none,
    status: 200,
    response: CertificateText,
  },
  showTenantTruststore: {
    method: 'GET',
    path: '/tenants/{tenant}/truststore',
    summary: "The CA certificates of a tenant's active trust anchors in one file",
    params: tenantPath,
    query: none,
    body: none,
    status: 200,
    response: TruststoreView,
  },
  showTruststore: {
    method: 'GET',
    path: '/operator/truststore',
    summary: 'The CA certificates of all active trust anchors in one file',
    params: none,
    query: none,
    body: none,
    status: 200,
    response: TruststoreView,
  },
} as const satisfies Record<string, RouteShape>;
