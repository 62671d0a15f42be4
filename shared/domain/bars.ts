// What bars an accepted certificate now: facts of its own, of its trust anchor, of its device and of lists that name it.

import { CAUSES, type Cause, type CertificateRecord } from './certificate.ts';
import type { Device } from './device.ts';
import type { TrustAnchor } from './trust-anchor.ts';

/** What stands beside a certificate's record and may bar it; `now` is epoch milliseconds. */
export type Surroundings = {
  readonly anchor: Pick<TrustAnchor, 'state'> | null;
  readonly device: Pick<Device, 'certificateId' | 'former' | 'others' | 'causes'> | null;
  /** its tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of its anchor names the serial number */
  readonly onCrl: boolean;
  readonly now: number;
};

/** Recorded once, these stay: what is over does not come back. */
const FINAL: readonly Cause[] = ['EXPIRED', 'REPLACED', 'REVOKED'];

/** Another certificate has the device, and this one is not left beside it. */
const isReplaced = ({ id, wasActive }: Pick<CertificateRecord, 'id' | 'wasActive'>, around: Surroundings): boolean => {
  const { device, now } = around;
  // one that never was in has lost its client id, which is another matter: it is judged anew
  if (!wasActive || device === null || device.certificateId === id || device.others.includes(id)) return false;
  return device.former?.certificateId !== id || device.former.until <= now;
};

/**
 * Each cause is there if and only if what sets it stands: so an act lifts its own and no other (V-03). `GRANT_REMOVED` is
 * kept as it is, for the user alone sets and lifts it (see followed-user.ts).
 */
export const causesNow = (
  record: Pick<CertificateRecord, 'id' | 'causes' | 'validTo' | 'wasActive'>,
  around: Surroundings,
): readonly Cause[] => {
  const { anchor, device, blocked, onCrl, now } = around;
  const standing = new Set<Cause>([
    ...record.causes.filter((cause) => FINAL.includes(cause) || cause === 'GRANT_REMOVED'),
    ...(device?.causes ?? []),
  ]);
  if (anchor?.state !== 'ACTIVE') standing.add('CA_REVOKED');
  if (blocked) standing.add('BLOCKED');
  if (onCrl) standing.add('CRL_REVOKED');
  if (record.validTo !== null && now > record.validTo) standing.add('EXPIRED');
  if (isReplaced(record, around)) standing.add('REPLACED');
  return CAUSES.filter((cause) => standing.has(cause));
};
