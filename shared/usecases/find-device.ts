// Finds a device by what an operator has at hand: its client id, or the fingerprint of a certificate.

import type { CertificateRecord } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import { type ClientId, isCertificateId, isClientId, type TenantName } from '#domain/ids.ts';
import type { CertificateListing } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';

export type FindDeviceDeps = {
  readonly certificates: CertificateRegistry;
  readonly devices: DeviceRegistry;
  readonly listing: CertificateListing;
};

export type FoundDevice = {
  readonly clientId: ClientId | null;
  /** null when no certificate has claimed the client id */
  readonly device: Device | null;
  /** the device's own first, then those that were decided last; never empty */
  readonly certificates: readonly [CertificateRecord, ...CertificateRecord[]];
};

/** Certificates of one client id that are looked at: more than a device has, and few enough to read at once. */
const CERTIFICATE_LIMIT = 25;

export const findDevice = ({ certificates, devices, listing }: FindDeviceDeps) => {
  const deviceOf = async (clientId: ClientId): Promise<Device | null> => {
    // a naming that ignores case keys its devices in lower case (N-12); the client id itself has one spelling
    for (const key of new Set([clientId, clientId.toLowerCase()])) {
      const device = await devices.findByKey(key);
      if (device?.clientId === clientId) return device;
    }
    return null;
  };

  const byFingerprint = async (record: CertificateRecord): Promise<FoundDevice> => {
    const clientId = record.verdict?.clientId ?? null;
    const device = clientId && (await deviceOf(clientId));
    return { clientId, device: device?.certificateId === record.id ? device : null, certificates: [record] };
  };

  const byClientId = async (clientId: ClientId, tenant: TenantName | null): Promise<FoundDevice | null> => {
    const [known, { items }] = await Promise.all([
      deviceOf(clientId),
      listing.ofClientId(clientId, tenant, { limit: CERTIFICATE_LIMIT, cursor: null }),
    ]);
    const device = tenant === null || known?.tenant === tenant ? known : null;
    const ids = new Set(items.map((line) => line.id));
    // the index follows its table within moments; the device itself is read as it stands
    if (device) ids.add(device.certificateId);
    const [first, ...rest] = (await Promise.all([...ids].map((id) => certificates.find(id))))
      .filter((record) => record !== null)
      .toSorted((a, b) => (b.decidedAt ?? 0) - (a.decidedAt ?? 0))
      .toSorted((a, b) => Number(b.id === device?.certificateId) - Number(a.id === device?.certificateId));
    return first === undefined ? null : { clientId, device, certificates: [first, ...rest] };
  };

  /** @param tenant whose devices are looked at; null for those of every tenant. Another tenant's device is not found. */
  return async (name: string, tenant: TenantName | null): Promise<FoundDevice | null> => {
    if (isCertificateId(name)) {
      const record = await certificates.find(name);
      if (record && (tenant === null || record.tenant === tenant)) return byFingerprint(record);
    }
    return isClientId(name) ? byClientId(name, tenant) : null;
  };
};
