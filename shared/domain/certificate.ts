// What is known of a device certificate: the facts read from it, and the registry's record of what was decided.

import type { AnchorId, CertificateId, ClientId, TenantName } from './ids.ts';
import type { ReasonCode } from './reasons.ts';

/** Subject attributes that naming may use; each holds every value of that type, in order (RFC 5280 §4.1.2.6). */
export type SubjectFacts = {
  readonly cn: readonly string[];
  readonly o: readonly string[];
  readonly ou: readonly string[];
  readonly serialNumber: readonly string[];
};

export type PublicKeyFacts =
  | { readonly type: 'rsa'; readonly bits: number }
  | { readonly type: 'ec'; readonly curve: string }
  | { readonly type: 'other'; readonly name: string };

/** Plain data read from a certificate and, for `issuedByAnchor`, from its trust anchor. Times are epoch milliseconds. */
export type CertificateFacts = {
  readonly id: CertificateId;
  /** lower-case hex without leading zeros, as CRLs name it under its issuer; never an identity */
  readonly serialNumber: string;
  /** SHA-256 of the SubjectPublicKeyInfo in lower-case hex: equal for certificates of one key */
  readonly publicKeyId: string;
  readonly subject: SubjectFacts;
  /** issuer name equals the anchor's subject, and the anchor's key made the signature */
  readonly issuedByAnchor: boolean;
  readonly version: number;
  readonly validFrom: number;
  readonly validTo: number;
  readonly publicKey: PublicKeyFacts;
  /** `rsa-sha256`, `ecdsa-sha384`, …; the dotted OID when it is none we know */
  readonly signatureAlgorithm: string;
  readonly isCa: boolean;
  /** purposes as dotted OIDs; null when the extension is absent */
  readonly extendedKeyUsage: readonly string[] | null;
  /** names as in RFC 5280 §4.2.1.3; null when the extension is absent */
  readonly keyUsage: readonly string[] | null;
};

/** A certificate that cannot be read at all, with the parser's reason (never its bytes). */
export type UnreadableCertificate = { readonly unreadable: string };

/** A decision as it is recorded. `seen` is the offending value, shortened. */
export type Verdict =
  | {
      readonly kind: 'accept';
      readonly clientId: ClientId;
      readonly permissionSet: string;
      /** the user that the CN named; null when the tenant did not ask for one */
      readonly user: string | null;
    }
  | { readonly kind: 'hold'; readonly clientId: ClientId; readonly reason: ReasonCode; readonly seen: string }
  | { readonly kind: 'reject'; readonly clientId: ClientId | null; readonly reason: ReasonCode; readonly seen: string };

/** Why an accepted certificate is barred. Each act adds or removes only its own. */
export const CAUSES = [
  'CA_REVOKED',
  'OPERATOR',
  'GRANT_REMOVED',
  'BLOCKED',
  'CRL_REVOKED',
  'EXPIRED',
  'REPLACED',
  'REVOKED',
] as const;
export type Cause = (typeof CAUSES)[number];

export const CERTIFICATE_STATES = [
  'PENDING',
  'HELD',
  'REJECTED',
  'ACTIVE',
  'SUSPENDED',
  'RETIRED',
  'EXPIRED',
  'REVOKED',
] as const;
/** Derived from verdict and causes, never set. */
export type CertificateState = (typeof CERTIFICATE_STATES)[number];

/** AWS IoT certificate status values that we apply or expect. */
export type IotStatus = 'PENDING_ACTIVATION' | 'ACTIVE' | 'INACTIVE' | 'REVOKED';

export type HistoryEntry = {
  readonly at: number;
  /** `onboarding`, or the ARN of the operator who asked */
  readonly actor: string;
  readonly state: CertificateState;
  readonly reason: ReasonCode | null;
  readonly seen: string | null;
  /** version of the rules that decided */
  readonly rules: number;
};

/** What an operator said of this certificate; it outranks admission and the allow-list, never the rules of X.509 and naming. */
export type OperatorWord = { readonly verdict: 'approve' | 'reject'; readonly at: number; readonly by: string };

export type CertificateRecord = {
  readonly id: CertificateId;
  /** from the certificate itself once it was described; before that null */
  readonly anchorId: AnchorId | null;
  readonly tenant: TenantName | null;
  readonly verdict: Verdict | null;
  readonly causes: readonly Cause[];
  readonly operatorWord: OperatorWord | null;
  /** raised by every change of a fact */
  readonly version: number;
  /** what IoT Core and the event bus were last brought to; null before the first time */
  readonly applied: { readonly version: number; readonly status: IotStatus; readonly at: number } | null;
  /** true when `applied` equals what is wanted: nothing is left to do */
  readonly settled: boolean;
  readonly wasActive: boolean;
  /** permission sets that the thing may have joined: written before it joins one, cut down when all but one are left */
  readonly memberships: readonly string[];
  readonly lease: { readonly owner: string; readonly until: number } | null;
  readonly subject: string | null;
  /** as in CertificateFacts; null until it was read, and where an earlier release decided */
  readonly serialNumber: string | null;
  readonly publicKeyId: string | null;
  readonly validTo: number | null;
  readonly firstSeenAt: number;
  readonly decidedAt: number | null;
  readonly history: readonly HistoryEntry[];
};
