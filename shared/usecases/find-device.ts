// Finds a device by what an operator has at hand: its client id, or the fingerprint of a certificate.

import type { CertificateRecord } from '#domain/certificate.ts';
import { certificatesOf, type Device } from '#domain/device.ts';
import { type ClientId, isCertificateId, isClientId, type TenantName } from '#domain/ids.ts';
import type { CertificateListing } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';

export type FindDeviceDeps = {
  readonly certificates: Pick<CertificateRegistry, 'find' | 'findAll'>;
  readonly devices: Pick<DeviceRegistry, 'findByKey'>;
  readonly listing: Pick<CertificateListing, 'ofClientId'>;
};

/** A device with the key that the registry has it under. */
export type KnownDevice = Device & { readonly key: string };

export type FoundDevice = {
  readonly clientId: ClientId | null;
  /** null when no certificate has claimed the client id, or when the one that was asked for is none of the device's */
  readonly device: KnownDevice | null;
  /** the device's newest that is accepted first, then its others, then those that were decided last; never empty */
  readonly certificates: readonly [CertificateRecord, ...CertificateRecord[]];
};

/** Certificates of one client id that are looked at: more than a device has, and few enough to read at once. */
const CERTIFICATE_LIMIT = 25;

/** The device of exactly this client id. */
export const deviceNamed =
  ({ devices }: Pick<FindDeviceDeps, 'devices'>) =>
  async (clientId: ClientId): Promise<KnownDevice | null> => {
    // a naming that ignores case keys its devices in lower case (N-12); the client id itself has one spelling
    for (const key of new Set([clientId, clientId.toLowerCase()])) {
      const device = await devices.findByKey(key);
      if (device?.clientId === clientId) return { ...device, key };
    }
    return null;
  };

const isOf = (device: Device, { id }: CertificateRecord): boolean => certificatesOf(device).includes(id);

/** The lower, the more the certificate says of the device: whether it is in, and as what. */
const rankFor = (device: Device | null, record: CertificateRecord): number => {
  if (device === null || !isOf(device, record)) return 3;
  if (record.verdict?.kind !== 'accept') return 2;
  return device.certificateId === record.id ? 0 : 1;
};

export const findDevice = (deps: FindDeviceDeps) => {
  const { certificates, listing } = deps;
  const named = deviceNamed(deps);

  const byFingerprint = async (record: CertificateRecord): Promise<FoundDevice> => {
    const clientId = record.verdict?.clientId ?? null;
    const device = clientId && (await named(clientId));
    return { clientId, device: device && isOf(device, record) ? device : null, certificates: [record] };
  };

  const byClientId = async (clientId: ClientId, tenant: TenantName | null): Promise<FoundDevice | null> => {
    const [known, { items }] = await Promise.all([
      named(clientId),
      listing.ofClientId(clientId, tenant, { limit: CERTIFICATE_LIMIT, cursor: null }),
    ]);
    const device = tenant === null || known?.tenant === tenant ? known : null;
    // the index follows its table within moments; the device itself is read as it stands
    const ids = new Set([...items.map(({ id }) => id), ...(device ? certificatesOf(device) : [])]);
    const [first, ...rest] = (await certificates.findAll([...ids]))
      .toSorted((a, b) => (b.decidedAt ?? 0) - (a.decidedAt ?? 0))
      .toSorted((a, b) => rankFor(device, a) - rankFor(device, b));
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
