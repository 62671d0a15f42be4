// The registry's records of devices: which certificate owns a client id, and presence.

import type { Device, Mismatch, Presence } from '#domain/device.ts';
import type { CertificateId } from '#domain/ids.ts';

export type NewDevice = Pick<Device, 'clientId' | 'tenant' | 'certificateId' | 'permissionSet' | 'claimedAt'>;

export interface DeviceRegistry {
  /** First come stays: claims the key for this certificate, or says which certificate has it. Repeatable. */
  claim(deviceKey: string, device: NewDevice): Promise<{ owner: CertificateId }>;
  /** Moves a claim from one certificate to another. False when `from` no longer holds it. */
  takeOver(deviceKey: string, device: NewDevice, from: CertificateId): Promise<boolean>;
  findByKey(deviceKey: string): Promise<Device | null>;
  /** Writes presence unless a newer one stands there. False when the event came late. */
  recordPresence(deviceKey: string, presence: Presence): Promise<boolean>;
  recordMismatch(deviceKey: string, mismatch: Omit<Mismatch, 'count'>): Promise<void>;
}
