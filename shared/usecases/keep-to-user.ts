// Keeps an accepted certificate to what its user may do by now: its permission set, and whether it is barred.

import type { Cause, CertificateRecord, Verdict } from '#domain/certificate.ts';
import { isKnownActive } from '#domain/certificate-state.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import { TransientError } from '#domain/errors.ts';
import { permissionSetUnder } from '#domain/followed-user.ts';
import type { TenantName } from '#domain/ids.ts';
import type { Recheck } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry, NewDevice } from '#ports/device-registry.ts';
import type { Trust } from '#ports/trust.ts';

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

/** Has the device say what its certificate says by now. */
export const claimDevice = async (
  { devices, clock }: ClaimPorts,
  accepted: Accepted,
  record: Pick<Whose, 'id' | 'tenant'>,
): Promise<void> => {
  await devices.claim(deviceKeyOfAccepted(accepted), deviceOf(accepted, record, clock()));
};

/** The cause that nothing but the user sets and lifts. */
export const withoutGrantRemoved = (causes: readonly Cause[]): readonly Cause[] =>
  causes.filter((cause) => cause !== 'GRANT_REMOVED');

/**
 * The acceptance and the causes as the user, read now, makes them. Who was accepted without a user gets the one that is
 * named, if its tenant asks for users by now. The roles of a user that may not come in are not looked at: it joins nothing.
 * @param username null for none: then nothing is looked at
 */
export const keepToUser = async (
  ports: ClaimPorts & { readonly trust: Trust },
  accepted: Accepted,
  username: string | null,
  record: Whose,
  causes: readonly Cause[],
): Promise<{ readonly verdict: Accepted; readonly causes: readonly Cause[] }> => {
  if (username === null) return { verdict: accepted, causes };
  const found = await ports.trust.tenantWithUser(record.tenant, username);
  if (!found) throw new TransientError(`expected tenant ${record.tenant} of certificate ${record.id} in the registry`);
  const named = { ...accepted, user: username };
  if (accepted.user === null) {
    if (found.tenant.userMatch === 'off') return { verdict: accepted, causes };
    // First of all, and with the set that it is in: whoever changes the user finds the certificate by its device, also
    // when this attempt dies.
    await claimDevice(ports, named, record);
  }
  const permissionSet = permissionSetUnder(accepted, found.user);
  const others = withoutGrantRemoved(causes);
  if (permissionSet === null) return { verdict: named, causes: [...others, 'GRANT_REMOVED'] };
  const verdict = { ...named, permissionSet };
  // Also when the record says so already: an attempt may have died between the two. The device of an active certificate
  // says so once it has joined: what no device has is deleted after a while, and it may not lose the set that it is in.
  if (!isKnownActive(record)) await claimDevice(ports, verdict, record);
  return { verdict, causes: others };
};

/** Whether a decision is still what the user makes of the certificate, and its device says so if it may come in. */
export const isKeptToUser = (
  accepted: Accepted,
  causes: readonly Cause[],
  { user, device }: Pick<Recheck, 'user' | 'device'>,
): boolean => {
  if (accepted.user === null) return true;
  const permissionSet = permissionSetUnder(accepted, user);
  if (causes.includes('GRANT_REMOVED')) return permissionSet === null;
  return permissionSet === accepted.permissionSet && device?.permissionSet === permissionSet;
};
