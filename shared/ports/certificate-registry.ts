// The registry's records of certificates. Every write is conditional on one item.

import type { Cause, CertificateRecord, HistoryEntry, IotStatus, OperatorWord, Verdict } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { AnchorId, CertificateId, TenantName } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { User } from '#domain/user.ts';

export type Claim =
  | { readonly claimed: true; readonly record: CertificateRecord }
  | { readonly claimed: false; readonly because: 'settled' | 'leased'; readonly record: CertificateRecord };

/** The facts that a decision writes, beside the verdict. */
export type DecidedFacts = {
  readonly verdict: Verdict;
  readonly causes: readonly Cause[];
  readonly memberships: readonly string[];
  readonly anchorId: AnchorId;
  readonly tenant: TenantName;
  readonly subject: string;
  readonly serialNumber: string | null;
  readonly publicKeyId: string | null;
  readonly validTo: number | null;
  readonly entry: HistoryEntry;
};

/** What `converge` re-reads in one consistent call before and after it activates a certificate. */
export type Recheck = {
  readonly record: CertificateRecord;
  readonly anchor: TrustAnchor | null;
  readonly device: Device | null;
  /** what stands under the client id's other key: this client id, or one that differs in case */
  readonly otherDevice: Device | null;
  /** the user of the verdict as it is stored; null when it names none, or when no such user is stored */
  readonly user: User | null;
  /** the tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of the anchor names the serial number */
  readonly onCrl: boolean;
};

/** What stands beside a certificate's record; null for what the record does not refer to. */
export type RecheckKeys = {
  readonly anchor: AnchorId;
  readonly device: string | null;
  readonly otherDevice: string | null;
  readonly tenant: TenantName;
  readonly username: string | null;
  readonly serialNumber: string | null;
};

export interface CertificateRegistry {
  /**
   * Takes the lease of an unsettled certificate, making its record when it is new: one write, whatever the outcome.
   * The owner re-enters its own lease.
   */
  claim(id: CertificateId, lease: { owner: string; now: number; until: number }): Promise<Claim>;
  /** Gives the lease back after a failure, so that the next event need not wait for its end. */
  release(id: CertificateId, owner: string): Promise<void>;
  find(id: CertificateId): Promise<CertificateRecord | null>;
  recheck(id: CertificateId, keys: RecheckKeys): Promise<Recheck>;
  /** Records a decision and raises the version. Null when the record is no longer at `version`: load and decide again. */
  decide(id: CertificateId, version: number, facts: DecidedFacts): Promise<CertificateRecord | null>;
  /** Records what an operator said and raises the version. Null when the record is no longer at `version`. */
  recordOperatorWord(
    id: CertificateId,
    version: number,
    word: OperatorWord | null,
    entry: HistoryEntry,
  ): Promise<CertificateRecord | null>;
  /**
   * Records that something changed which the certificate is to follow, such as its user, its device or its anchor, and
   * raises the version. Null when the record is no longer at `version`.
   */
  recordChange(id: CertificateId, version: number, entry: HistoryEntry): Promise<CertificateRecord | null>;
  /** The same, with a cause that is the certificate's own. */
  recordCause(
    id: CertificateId,
    version: number,
    cause: Extract<Cause, 'REVOKED'>,
    entry: HistoryEntry,
  ): Promise<CertificateRecord | null>;
  /** Those of the ids that have a record, consistently. */
  findAll(ids: readonly CertificateId[]): Promise<readonly CertificateRecord[]>;
  /** Marks the facts of `version` as applied and ends the lease. False when the record has moved on. */
  settle(
    id: CertificateId,
    applied: { version: number; status: IotStatus; at: number; memberships: readonly string[] },
  ): Promise<boolean>;
}
