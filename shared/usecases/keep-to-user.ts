// Keeps an accepted certificate to what its user may do by now: its permission set, and whether it is barred.

import type { Cause, CertificateRecord, Verdict } from '#domain/certificate.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import { TransientError } from '#domain/errors.ts';
import { permissionSetUnder } from '#domain/followed-user.ts';
import type { TenantName } from '#domain/ids.ts';
import type { Recheck } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { Trust } from '#ports/trust.ts';

export type Accepted = Extract<Verdict, { kind: 'accept' }>;

export type KeepPorts = {
  readonly devices: DeviceRegistry;
  readonly trust: Trust;
  readonly clock: Clock;
};

/** The cause that nothing but the user sets and lifts. */
export const withoutGrantRemoved = (causes: readonly Cause[]): readonly Cause[] =>
  causes.filter((cause) => cause !== 'GRANT_REMOVED');

/**
 * The acceptance and the causes as the user, read now, makes them; the device says the same afterwards. Who was accepted
 * without a user never has one. The roles of a user that may not come in are not looked at: it joins nothing.
 */
export const keepToUser = async (
  { devices, trust, clock }: KeepPorts,
  accepted: Accepted,
  { id: certificateId, tenant }: Pick<CertificateRecord, 'id'> & { readonly tenant: TenantName },
  causes: readonly Cause[],
): Promise<{ readonly verdict: Accepted; readonly causes: readonly Cause[] }> => {
  const { clientId, user } = accepted;
  if (user === null) return { verdict: accepted, causes };
  const found = await trust.tenantWithUser(tenant, user);
  if (!found) throw new TransientError(`expected tenant ${tenant} of certificate ${certificateId} in the registry`);
  const wanted = permissionSetUnder(accepted, found.user);
  const permissionSet = wanted ?? accepted.permissionSet;
  // Also when the record says so already: an attempt may have died between the two.
  const device = { clientId, tenant, certificateId, permissionSet, user, claimedAt: clock() };
  await devices.claim(deviceKeyOfAccepted(accepted), device);
  const others = withoutGrantRemoved(causes);
  return { verdict: { ...accepted, permissionSet }, causes: wanted === null ? [...others, 'GRANT_REMOVED'] : others };
};

/** Whether a certificate that is to be active is what its user makes of it, and its device says so. */
export const isKeptToUser = (accepted: Accepted, { user, device }: Pick<Recheck, 'user' | 'device'>): boolean =>
  accepted.user === null ||
  (permissionSetUnder(accepted, user) === accepted.permissionSet && device?.permissionSet === accepted.permissionSet);
