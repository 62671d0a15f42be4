// What Vestibule announces: every transition, as a versioned event. Identifiers only, no certificate bodies.

import type { CertificateState } from './certificate.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from './ids.ts';
import type { ReasonCode } from './reasons.ts';
import type { AnchorProof } from './trust-anchor.ts';

type DeviceTransition<Type extends string> = {
  readonly type: Type;
  /** equal for every delivery of one transition, so that consumers can drop repeats */
  readonly id: string;
  readonly at: number;
  readonly tenant: TenantName;
  readonly clientId: ClientId | null;
  readonly certificateId: CertificateId;
  readonly anchorId: AnchorId;
  readonly state: CertificateState;
  readonly reason: ReasonCode | null;
  readonly seen: string | null;
};

type AnchorChange<Type extends string, More = unknown> = {
  readonly type: Type;
  readonly id: string;
  readonly at: number;
  readonly tenant: TenantName;
  readonly anchorId: AnchorId;
  /** ARN of whoever did it, `sweep` for what the system does by itself */
  readonly actor: string;
} & More;

/** What becomes of a CA: `ca.swept` follows when every certificate of it was brought to its new state. */
export type AnchorEvent =
  | AnchorChange<'ca.uploaded'>
  | AnchorChange<'ca.verified', { readonly proof: AnchorProof }>
  | AnchorChange<'ca.revoked'>
  | AnchorChange<'ca.restored'>
  | AnchorChange<'ca.deleted'>
  | AnchorChange<'ca.swept', { readonly changed: number }>
  | AnchorChange<'ca.crl-imported', { readonly entries: number }>
  | AnchorChange<'ca.expiring', { readonly validTo: number; readonly days: number }>;

export type DomainEvent =
  | AnchorEvent
  | DeviceTransition<'device.onboarded'>
  | DeviceTransition<'device.held'>
  | DeviceTransition<'device.rejected'>
  | DeviceTransition<'device.suspended'>
  | DeviceTransition<'device.resumed'>
  | DeviceTransition<'device.expired'>
  | DeviceTransition<'device.retired'>
  | DeviceTransition<'device.revoked'>
  | {
      readonly type: 'certificate.expiring';
      readonly id: string;
      readonly at: number;
      readonly tenant: TenantName;
      readonly clientId: ClientId;
      readonly certificateId: CertificateId;
      readonly anchorId: AnchorId;
      readonly validTo: number;
      /** 30, 7 or 1: how many are left at most (I-10) */
      readonly days: number;
    }
  | {
      readonly type: 'session.duplicate' | 'session.mismatch';
      readonly id: string;
      readonly at: number;
      readonly tenant: TenantName;
      readonly clientId: ClientId;
      readonly certificateId: CertificateId;
      /** the client id that was tried; equals `clientId` for a takeover */
      readonly tried: string;
      readonly ip: string | null;
    };
