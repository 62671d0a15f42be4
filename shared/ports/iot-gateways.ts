// What Vestibule asks of IoT Core's control plane, each call repeatable.

import type { IotStatus } from '#domain/certificate.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { PermissionSet } from '#domain/permission-set.ts';

export type DescribedCertificate = {
  readonly id: CertificateId;
  readonly pem: string;
  readonly anchorId: AnchorId | null;
  readonly status: string;
};

export interface CertificateGateway {
  /** Null when IoT Core knows no such certificate. */
  describe(id: CertificateId): Promise<DescribedCertificate | null>;
  setStatus(id: CertificateId, status: Extract<IotStatus, 'ACTIVE' | 'INACTIVE'>): Promise<void>;
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

export interface AnchorGateway {
  /** Registers the CA as active, with registration of its devices still off. */
  register(pem: string): Promise<AnchorId>;
  /** Lets devices of the CA register at their first connect. */
  enableRegistration(id: AnchorId): Promise<void>;
}

export interface BrokerGateway {
  /** Host name of the MQTT endpoint. */
  host(): Promise<string>;
}
