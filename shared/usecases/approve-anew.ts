// What bars a device keeps out the new certificate that an operator wants to approve, but for a revocation: the approval
// lifts it, for a new key.

import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import { certificatesOf } from '#domain/device.ts';
import { ok } from '#domain/result.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import { deviceNamed, type FindDeviceDeps } from './find-device.ts';
import { type Outcome, refuse } from './refusal.ts';
import { refuseRevokedKey } from './revoked-key.ts';

export type ApproveAnewDeps = FindDeviceDeps & {
  readonly devices: Pick<DeviceRegistry, 'setCauses'>;
};

/** What an operator has to lift first. */
const FIRST: readonly (readonly [Cause, string])[] = [
  ['OPERATOR', 'is suspended: resume it, then approve'],
  ['BLOCKED', 'is blocked: unblock it, then approve; revoke it before, to keep its former certificate out for good'],
];

const isOut = ({ verdict, causes }: CertificateRecord): boolean =>
  verdict?.kind !== 'accept' || causes.includes('REVOKED');

/**
 * Lifts that the device of a held certificate is revoked: the operator says yes to its new certificate. Not before each
 * of the former ones is revoked by itself, and only where that holds the new one: else nobody has said yes to it.
 * @returns null when what bars the device was changed meanwhile
 */
export const approveAnew = (deps: ApproveAnewDeps) => {
  const { certificates, devices } = deps;
  const named = deviceNamed(deps);
  const refuseKey = refuseRevokedKey(deps);
  return async (name: string, record: CertificateRecord): Promise<Outcome<void> | null> => {
    const { id, verdict, tenant, publicKeyId } = record;
    if (verdict?.kind !== 'hold') return ok(undefined);
    const usable = await refuseKey({ tenant, clientId: verdict.clientId, publicKeyId, certificate: id });
    if (!usable.ok) return usable;
    const device = await named(verdict.clientId);
    if (device?.tenant !== tenant) return ok(undefined);
    const { clientId, key, causes } = device;
    const refused = (why: string) =>
      refuse('conflict', 'DEVICE_BARRED', `expected to approve ${name}, but its device ${clientId} ${why}`);

    const first = FIRST.find(([cause]) => causes.includes(cause));
    if (first) return refused(first[1]);
    if (verdict.reason !== 'DEVICE_BARRED' || !causes.includes('REVOKED')) return ok(undefined);
    const former = await certificates.findAll(certificatesOf(device));
    if (!former.every(isOut)) return refused('is being revoked: repeat in a moment');
    const left = causes.filter((cause) => cause !== 'REVOKED');
    return (await devices.setCauses(key, left, causes)) ? ok(undefined) : null;
  };
};
