// What stands beside an accepted certificate in the registry, all of it read again in one call, and what follows from it.

import { causesNow, finalOf, mayUse } from '#domain/bars.ts';
import type { Cause } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import type { CertificateRegistry, Recheck } from '#ports/certificate-registry.ts';
import type { AcceptedRecord } from './transition.ts';

export const recheck = (
  certificates: Pick<CertificateRegistry, 'recheck'>,
  { id, anchorId, tenant, serialNumber, verdict }: AcceptedRecord,
): Promise<Recheck> =>
  certificates.recheck(id, {
    anchor: anchorId,
    device: deviceKeyOfAccepted(verdict),
    otherDevice: otherKeyOfAccepted(verdict),
    tenant,
    username: verdict.user,
    serialNumber,
  });

/** Every cause that bars it by what was read. @param at epoch milliseconds */
export const causesBy = (record: AcceptedRecord, found: Recheck, at: number): readonly Cause[] =>
  causesNow(record, { ...found, now: at });

/** The client id belongs to another certificate, or to none, and this one never came in with it: it is judged anew. */
export const hasLostClientId = (record: AcceptedRecord, { device }: Recheck, at: number): boolean =>
  finalOf(record.causes).length === 0 && (device === null || (!record.wasActive && !mayUse(record, device, at)));

/** It may use the device beside a newer certificate, which says what the device may do. */
export const isBeside = (record: AcceptedRecord, { device }: Recheck, at: number): boolean =>
  device !== null && device.certificateId !== record.id && mayUse(record, device, at);

/**
 * Who else claimed the very same client id, under its other key. One that was let in came first and stays: whoever came
 * after it finds it there, since both claim before they look.
 */
export const rivalOf = ({ otherDevice }: Recheck, { id, verdict, wasActive }: AcceptedRecord): Device | null =>
  otherDevice !== null && otherDevice.clientId === verdict.clientId && otherDevice.certificateId !== id && !wasActive
    ? otherDevice
    : null;

export const sameCauses = (some: readonly Cause[], others: readonly Cause[]): boolean =>
  some.length === others.length && some.every((cause) => others.includes(cause));
