// Keeps an accepted certificate to what its user may do by now: its permission set, and whether it is barred.

import type { Cause, CertificateRecord, Verdict } from '#domain/certificate.ts';
import { isKnownActive } from '#domain/certificate-state.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import { permissionSetUnder } from '#domain/followed-user.ts';
import type { CertificateId, TenantName } from '#domain/ids.ts';
import type { User } from '#domain/user.ts';
import type { Recheck } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry, NewDevice } from '#ports/device-registry.ts';

export type Accepted = Extract<Verdict, { kind: 'accept' }>;

/** The certificate that is accepted, and the tenant that it belongs to. */
type Whose = Pick<CertificateRecord, 'id' | 'applied' | 'version' | 'history'> & { readonly tenant: TenantName };
export type ClaimPorts = { readonly devices: Pick<DeviceRegistry, 'claim'>; readonly clock: Clock };

/** The device that an acceptance makes. */
export const deviceOf = (
  { clientId, permissionSet, user }: Accepted,
  { id: certificateId, tenant }: Pick<Whose, 'id' | 'tenant'>,
  claimedAt: number,
): NewDevice => ({ clientId, tenant, certificateId, permissionSet, user, claimedAt });

/** Has the device say what its newest certificate says by now; another one's word changes nothing. */
export const claimDevice = async (
  { devices, clock }: ClaimPorts,
  accepted: Accepted,
  record: Pick<Whose, 'id' | 'tenant'>,
): Promise<void> => {
  await devices.claim(deviceKeyOfAccepted(accepted), deviceOf(accepted, record, clock()));
};

/** The cause that nothing but the user sets and lifts. */
const withoutGrantRemoved = (causes: readonly Cause[]): readonly Cause[] =>
  causes.filter((cause) => cause !== 'GRANT_REMOVED');

/**
 * The acceptance and the causes as the user makes them. The roles of a user that may not come in are not looked at: it
 * joins nothing.
 * @param user of the acceptance, as it was read just now; where it names none, nothing is looked at
 */
export const keepToUser = async (
  ports: ClaimPorts,
  accepted: Accepted,
  user: User | null,
  record: Whose,
  causes: readonly Cause[],
): Promise<{ readonly verdict: Accepted; readonly causes: readonly Cause[] }> => {
  if (accepted.user === null) return { verdict: accepted, causes };
  const permissionSet = permissionSetUnder(accepted, user);
  const others = withoutGrantRemoved(causes);
  if (permissionSet === null) return { verdict: accepted, causes: [...others, 'GRANT_REMOVED'] };
  const verdict = { ...accepted, permissionSet };
  // Also when the record says so already: an attempt may have died between the two. The device of an active certificate
  // says so once it has joined: what no device has is deleted after a while, and it may not lose the set that it is in.
  if (!isKnownActive(record)) await claimDevice(ports, verdict, record);
  return { verdict, causes: others };
};

/** Whether a decision is still what the user makes of the certificate, and its device says so if it may come in. */
export const isKeptToUser = (
  id: CertificateId,
  accepted: Accepted,
  causes: readonly Cause[],
  { user, device }: Pick<Recheck, 'user' | 'device'>,
): boolean => {
  if (accepted.user === null) return true;
  const permissionSet = permissionSetUnder(accepted, user);
  if (causes.includes('GRANT_REMOVED')) return permissionSet === null;
  // the device says what its newest certificate has, which follows the user by itself
  return (
    permissionSet === accepted.permissionSet && (device?.certificateId !== id || device.permissionSet === permissionSet)
  );
};
