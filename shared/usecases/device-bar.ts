// What bars a device, whatever certificate it shows: a fact of the device, which its certificates follow.

import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import { certificatesOf } from '#domain/device.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { KnownDevice } from './find-device.ts';
import { type Act, type TellCertificateDeps, tellCertificate } from './tell-certificate.ts';

export type DeviceBarDeps = TellCertificateDeps & {
  readonly devices: Pick<DeviceRegistry, 'findByKey' | 'setCauses'>;
  readonly certificates: Pick<CertificateRegistry, 'findAll'>;
};

export type Bar = {
  readonly cause: Extract<Cause, 'OPERATOR' | 'BLOCKED' | 'REVOKED'>;
  /** whether it is to bar */
  readonly stands: boolean;
};

export type Barred = {
  /** those that the device has now */
  readonly certificates: readonly CertificateRecord[];
  /** false when the bar was so already, and every certificate had followed */
  readonly changed: boolean;
};

/** Causes bar what was let in; what was not is judged by its device's facts when it is decided. */
export const followsBar = ({ verdict, causes }: CertificateRecord, { cause, stands }: Bar): boolean =>
  verdict?.kind !== 'accept' || causes.includes(cause) === stands;

/**
 * Repeatable: a repeat goes on where an earlier attempt died.
 * @returns null when what bars the device was changed by someone else since it was read
 */
export const setDeviceBar =
  (deps: DeviceBarDeps) =>
  async ({ key, ...device }: KnownDevice, bar: Bar, act: Act): Promise<Barred | null> => {
    const { devices, certificates } = deps;
    const { cause, stands } = bar;
    const others = device.causes.filter((other) => other !== cause);
    const isSet = device.causes.includes(cause) === stands;
    if (!isSet && !(await devices.setCauses(key, stands ? [...others, cause] : others, device.causes))) return null;
    // read after it: a certificate that became the device's meanwhile follows too
    const records = await certificates.findAll(certificatesOf((await devices.findByKey(key)) ?? device));
    const open = isSet ? records.filter((record) => !record.settled || !followsBar(record, bar)) : records;
    for (const { id } of open) await tellCertificate(deps)(id, act);
    return { certificates: records, changed: open.length > 0 };
  };
