// The registry's records of devices: which certificate owns a client id, and presence.

import type { Device, Mismatch, Presence } from '#domain/device.ts';

export type NewDevice = Pick<Device, 'clientId' | 'tenant' | 'certificateId' | 'permissionSet' | 'user' | 'claimedAt'>;

export interface DeviceRegistry {
  /** First come stays: claims the key for this certificate. Repeatable. @returns the device as it then stands, whosever it is */
  claim(deviceKey: string, device: NewDevice): Promise<Device>;
  /** Moves a claim from one certificate to another. False when it was claimed again since it was `seen`. */
  takeOver(deviceKey: string, device: NewDevice, seen: Pick<Device, 'certificateId' | 'claims'>): Promise<boolean>;
  findByKey(deviceKey: string): Promise<Device | null>;
  /** Writes presence unless a newer one stands there. False when the event came late. */
  recordPresence(deviceKey: string, presence: Presence): Promise<boolean>;
  recordMismatch(deviceKey: string, mismatch: Omit<Mismatch, 'count'>): Promise<void>;
}
