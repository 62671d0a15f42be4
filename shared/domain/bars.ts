// What bars an accepted certificate now: facts of its own, of its trust anchor, of its device and of lists that name it.

import { CAUSES, type Cause, type CertificateRecord } from './certificate.ts';
import type { Device } from './device.ts';
import type { TrustAnchor } from './trust-anchor.ts';

type Holders = Pick<Device, 'tenant' | 'certificateId' | 'former' | 'others'>;
type Owned = Pick<CertificateRecord, 'id' | 'tenant'>;

/** What stands beside a certificate's record and may bar it; `now` is epoch milliseconds. */
export type Surroundings = {
  readonly anchor: Pick<TrustAnchor, 'state'> | null;
  readonly device: (Holders & Pick<Device, 'causes'>) | null;
  /** its tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of its anchor names the serial number */
  readonly onCrl: boolean;
  readonly now: number;
};

const FINAL: readonly Cause[] = ['EXPIRED', 'REPLACED', 'REVOKED'];

/** Recorded once, they stay: what is over does not come back. */
export const finalOf = (causes: readonly Cause[]): readonly Cause[] => causes.filter((cause) => FINAL.includes(cause));

/**
 * The certificate may use the device's client id: as its newest, as another beside it, or until the newest has come. None
 * may use a device of another tenant, whatever stands in it.
 */
export const mayUse = ({ id, tenant }: Owned, device: Holders, now: number): boolean => {
  const { certificateId, former, others } = device;
  const isIn =
    certificateId === id ||
    others.includes(id) ||
    (former?.certificateId === id && (former.until === null || now < former.until));
  return isIn && device.tenant === tenant;
};

/** One that never was in has lost its client id instead: it is judged anew. */
const isReplaced = (record: Owned & Pick<CertificateRecord, 'wasActive'>, { device, now }: Surroundings): boolean =>
  record.wasActive && device !== null && !mayUse(record, device, now);

/**
 * Each cause is there if and only if what sets it stands: so an act lifts its own and no other (V-03). `GRANT_REMOVED` is
 * kept as it is, for the user alone sets and lifts it (see followed-user.ts).
 */
export const causesNow = (
  record: Pick<CertificateRecord, 'id' | 'tenant' | 'causes' | 'validTo' | 'wasActive'>,
  around: Surroundings,
): readonly Cause[] => {
  const { anchor, device, blocked, onCrl, now } = around;
  const standing = new Set<Cause>([
    ...finalOf(record.causes),
    ...record.causes.filter((cause) => cause === 'GRANT_REMOVED'),
    ...(device?.tenant === record.tenant ? device.causes : []),
  ]);
  if (anchor?.state !== 'ACTIVE') standing.add('CA_REVOKED');
  if (blocked) standing.add('BLOCKED');
  if (onCrl) standing.add('CRL_REVOKED');
  if (record.validTo !== null && now > record.validTo) standing.add('EXPIRED');
  if (isReplaced(record, around)) standing.add('REPLACED');
  return CAUSES.filter((cause) => standing.has(cause));
};
