// What Vestibule announces: every transition, as a versioned event. Identifiers only, no certificate bodies.

import type { CertificateState } from './certificate.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from './ids.ts';
import type { ReasonCode } from './reasons.ts';

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

export type DomainEvent =
  | DeviceTransition<'device.onboarded'>
  | DeviceTransition<'device.held'>
  | DeviceTransition<'device.rejected'>
  | DeviceTransition<'device.suspended'>
  | DeviceTransition<'device.resumed'>
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
