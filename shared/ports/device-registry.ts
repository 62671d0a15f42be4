// The registry's records of devices: which certificate owns a client id, and presence.

import type { Cause } from '#domain/certificate.ts';
import type { Device, Mismatch, Presence } from '#domain/device.ts';
import type { CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { Page, PageRequest } from './trust-registry.ts';

export type NewDevice = Pick<Device, 'clientId' | 'tenant' | 'certificateId' | 'permissionSet' | 'user' | 'claimedAt'>;

/** A device of which two certificates may be used for a while. */
export type RenewedDevice = {
  readonly key: string;
  readonly clientId: ClientId;
  readonly tenant: TenantName;
  readonly certificateId: CertificateId;
  readonly former: { readonly certificateId: CertificateId; readonly until: number };
};

/** Who holds a client id: what onboarding asks for. */
export interface DeviceClaims {
  /** First come stays: claims the key for this certificate. Repeatable. @returns the device as it then stands, whosever it is */
  claim(deviceKey: string, device: NewDevice): Promise<Device>;
  /**
   * Moves a claim from one certificate to another, alone; what bars the device stays within its tenant. False when it was
   * claimed again since it was `seen`.
   */
  takeOver(
    deviceKey: string,
    device: NewDevice,
    seen: Pick<Device, 'tenant' | 'certificateId' | 'claims'>,
  ): Promise<boolean>;
  /**
   * Gives the device to a newer certificate of its tenant; whose it was stays beside it, for a while or as another.
   * False when it was claimed again, or changed hands, since it was `seen`.
   */
  renew(
    deviceKey: string,
    device: NewDevice,
    beside: Pick<Device, 'former' | 'others'>,
    seen: Pick<Device, 'certificateId' | 'claims'>,
  ): Promise<boolean>;
  /** Ends the time of the former certificate at `at`, or sooner where that was said before. False when it is not the former any more. */
  endFormer(deviceKey: string, former: CertificateId, at: number): Promise<boolean>;
  /** Takes away the end of the former certificate's time: the newest is barred. Nothing where another was set than was `seen`. */
  keepFormer(deviceKey: string, seen: Pick<RenewedDevice, 'certificateId' | 'former'>): Promise<void>;
  /** Forgets the former certificate if its time was over at `at`; it has to be retired by then. Repeatable. */
  dropFormer(deviceKey: string, former: CertificateId, at: number): Promise<void>;
  findByKey(deviceKey: string): Promise<Device | null>;
}

export interface DeviceRegistry extends DeviceClaims {
  /** Replaces what bars the device. False when its causes are not those that were `seen`. */
  setCauses(deviceKey: string, causes: readonly Cause[], seen: readonly Cause[]): Promise<boolean>;
  /** Consistent; those of the keys that exist. */
  findAll(deviceKeys: readonly string[]): Promise<readonly Device[]>;
  /** Devices whose former certificate's time ends on that day (UTC); eventually consistent. */
  renewedUntil(day: string, page: PageRequest): Promise<Page<RenewedDevice>>;
  /**
   * Writes presence unless a newer one stands there: then the event came late.
   * @returns the device as it then stands, null when there is none
   */
  recordPresence(
    deviceKey: string,
    presence: Presence,
  ): Promise<{ readonly recorded: boolean; readonly device: Device | null }>;
  recordMismatch(deviceKey: string, mismatch: Omit<Mismatch, 'count'>): Promise<void>;
}
