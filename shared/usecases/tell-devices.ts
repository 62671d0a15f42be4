// Tells the devices of a user that it changed: their certificates follow what its record says now.

import type { CertificateRecord, Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { certificatesOf, type Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import { permissionSetUnder } from '#domain/followed-user.ts';
import type { CertificateId } from '#domain/ids.ts';
import { clientIdFor, deviceKeyOf, namingOf, parseNaming } from '#domain/naming.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { User } from '#domain/user.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { CommandQueue } from '#ports/messages.ts';
import type { DeviceListing, PermissionSetRegistry } from '#ports/permission-registry.ts';
import { everyPage } from './every-page.ts';

type Accepted = Extract<Verdict, { kind: 'accept' }>;

export type TellDevicesDeps = {
  readonly deviceListing: DeviceListing;
  readonly devices: Pick<DeviceRegistry, 'findByKey'>;
  readonly permissionSets: Pick<PermissionSetRegistry, 'ofTenant'>;
  readonly certificates: CertificateRegistry;
  readonly commands: CommandQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

/** A user is one device, seldom a few. */
const PAGE = 25;
// Someone may change the same certificate at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 3;

/**
 * What a certificate was let in with, when its rights depend on the user: it came in as this user, or may be used beside
 * the one that did.
 */
const acceptedAs = (
  { id, verdict }: CertificateRecord,
  { certificateId }: Pick<Device, 'certificateId'>,
  username: string,
): Accepted | null =>
  verdict?.kind === 'accept' && (id !== certificateId || verdict.user === username) ? verdict : null;

/** Nothing is left to do: the certificate was brought to what the user is. */
const isFollowed = ({ settled, causes }: CertificateRecord, accepted: Accepted, user: User | null): boolean => {
  const permissionSet = permissionSetUnder(accepted, user);
  const barred = causes.includes('GRANT_REMOVED');
  return settled && (permissionSet === null ? barred : !barred && permissionSet === accepted.permissionSet);
};

/** Keys of the devices that the username alone names, under the tenant's naming and those of the catalogue that it had. */
const keysOf = (tenant: Tenant, profiles: readonly string[], username: string): readonly string[] => {
  const subject = { cn: [username], o: [], ou: [], serialNumber: [] };
  // `template` says nothing of what the tenant's own was
  const earlier = profiles.map(parseNaming).flatMap((naming) => (naming.ok ? naming.value : []));
  return [namingOf(tenant.naming), ...earlier].flatMap((naming) => {
    const id = clientIdFor(naming, tenant.name, subject);
    return id.ok ? deviceKeyOf(naming, id.value) : [];
  });
};

/**
 * Repeatable: whose certificate was brought to it already is left alone.
 *
 * Devices are found by an index that is a moment behind, and by what the username names, which is not. A device that has no
 * record yet reads its user again before its certificate becomes active and after, so it meets what was written before
 * this. Where a template has fields other than `{tenant}` and `{cn}`, or is not the tenant's naming any more, there is the
 * index alone: a device that was let in within the moment before waits for the next change of its user, or a repeat.
 *
 * @param user as it is stored now; null once it is deleted
 * @returns how many devices are this user: those that were let in as it, whether or not there was anything to tell them
 */
export const tellDevices = (deps: TellDevicesDeps) => {
  const { deviceListing, devices, permissionSets, certificates, commands, newId, clock } = deps;

  const tell = async (
    id: CertificateId,
    device: Device,
    { username, user, actor }: { readonly username: string; readonly user: User | null; readonly actor: string },
  ): Promise<boolean> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const record = await certificates.find(id);
      const accepted = record && acceptedAs(record, device, username);
      if (!accepted) return false;
      if (isFollowed(record, accepted, user)) return true;
      const seen = user === null ? 'user deleted' : 'user changed';
      const entry = { at: clock(), actor, state: stateOf(record), reason: null, seen, rules: RULES_VERSION };
      if (!(await certificates.recordChange(id, record.version, entry))) continue;
      await commands.send({ certificateId: id, commandId: newId() });
      return true;
    }
    throw new TransientError(`certificate ${id} was changed by others each time that its user was to be followed`);
  };

  const named = async (tenant: Tenant, username: string): Promise<readonly Device[]> => {
    const profiles = (await permissionSets.ofTenant(tenant.name)).map(({ profile }) => profile);
    const keys = [...new Set(keysOf(tenant, profiles, username))];
    const found = (await Promise.all(keys.map(devices.findByKey))).flatMap((device) => device ?? []);
    return found.filter((device) => device.tenant === tenant.name && device.user === username);
  };

  return async (tenant: Tenant, username: string, user: User | null, actor: string): Promise<number> => {
    let devicesOf = 0;
    const told = new Set<CertificateId>();
    const tellOne = async (device: Device): Promise<boolean> => {
      const ids = certificatesOf(device);
      return (await Promise.all(ids.map((id) => tell(id, device, { username, user, actor })))).some(Boolean);
    };
    const tellAll = async (some: readonly Device[]): Promise<void> => {
      const others = some.filter(({ certificateId }) => !told.has(certificateId));
      for (const { certificateId } of others) told.add(certificateId);
      devicesOf += (await Promise.all(others.map(tellOne))).filter(Boolean).length;
    };
    await tellAll(await named(tenant, username));
    for await (const page of everyPage((cursor) =>
      deviceListing.ofUser(tenant.name, username, { limit: PAGE, cursor }),
    ))
      await tellAll(page);
    return devicesOf;
  };
};
