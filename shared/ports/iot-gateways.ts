// What Vestibule asks of IoT Core's control plane, each call repeatable.

import type { IotStatus } from '#domain/certificate.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import type { CertificateMode } from '#domain/trust-anchor.ts';

export type DescribedCertificate = {
  readonly id: CertificateId;
  readonly pem: string;
  readonly anchorId: AnchorId | null;
  readonly status: string;
};

export interface CertificateGateway {
  /** Null when IoT Core knows no such certificate. */
  describe(id: CertificateId): Promise<DescribedCertificate | null>;
  setStatus(id: CertificateId, status: Extract<IotStatus, 'ACTIVE' | 'INACTIVE' | 'REVOKED'>): Promise<void>;
}

export interface ThingGateway {
  /** `taken` when a thing of that name exists that is not the same: ours carries exactly these attributes. */
  create(thing: { name: ClientId; tenant: TenantName; cn: string }): Promise<'ready' | 'taken'>;
  /** Attaches exclusively: the certificate can be attached to no other thing. */
  attachCertificate(thing: ClientId, certificate: CertificateId): Promise<void>;
  joinPermissionSet(thing: ClientId, permissionSetId: string): Promise<void>;
  /** A set that the thing is not in, or that is gone, is left already. */
  leavePermissionSet(thing: ClientId, permissionSetId: string): Promise<void>;
}

export interface PermissionSetGateway {
  /**
   * Makes the set's groups and policies, or brings them to these documents: new ones stand before old ones go. What is
   * so already is not written again.
   */
  ensure(set: PermissionSet, documents: readonly string[]): Promise<void>;
  /** Deletes groups and policies. Things that are still in the groups lose what the set gave them. */
  remove(set: PermissionSet): Promise<void>;
}

export interface SessionGateway {
  /** Ends the session of a client; one that has none is fine. It may connect again. */
  disconnect(clientId: ClientId): Promise<void>;
}

export type AnchorRegistration = {
  readonly pem: string;
  readonly tenant: TenantName;
  readonly certificateMode: CertificateMode;
  /** signed by the CA over the account's registration code; given for `DEFAULT`, null for `SNI_ONLY` */
  readonly verificationCertificate: string | null;
};

/** A certificate as IoT Core lists it. */
export type IssuedCertificate = { readonly id: CertificateId; readonly status: string };

export interface AnchorGateway {
  /** Registers the CA as active, tagged with its tenant, with registration of its devices still off. */
  register(registration: AnchorRegistration): Promise<AnchorId>;
  /**
   * Lets devices of the CA register at their first connect; the CA is active then, whatever it was. False when IoT Core does
   * not have it.
   */
  enableRegistration(id: AnchorId): Promise<boolean>;
  /** Turns registration off and the CA inactive. One that IoT Core does not have is off already. */
  disable(id: AnchorId): Promise<void>;
  /** Deletes a CA that is inactive. One that IoT Core does not have is deleted already. */
  remove(id: AnchorId): Promise<void>;
  /** The code that AWS wants in the CN of a verification certificate, one for the account and Region. */
  registrationCode(): Promise<string>;
}

export interface IssuedCertificates {
  /** Certificates that a CA signed, as many as one page holds; none where IoT Core does not have the CA. */
  ofAnchor(
    id: AnchorId,
    cursor: string | null,
  ): Promise<{ readonly items: readonly IssuedCertificate[]; readonly cursor: string | null }>;
}

export interface BrokerGateway {
  /** Host name of the MQTT endpoint. */
  host(): Promise<string>;
}
