// Tells the devices of a user that it changed: their certificates follow what its record says now.

import type { CertificateRecord, Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import { permissionSetUnder } from '#domain/followed-user.ts';
import type { CertificateId, TenantName } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import type { User } from '#domain/user.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { CommandQueue } from '#ports/messages.ts';
import type { DeviceListing } from '#ports/permission-registry.ts';

type Accepted = Extract<Verdict, { kind: 'accept' }>;

export type TellDevicesDeps = {
  readonly deviceListing: DeviceListing;
  readonly certificates: CertificateRegistry;
  readonly commands: CommandQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

/** A user is one device, seldom a few. */
const PAGE = 25;
// Someone may change the same certificate at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 3;

/** What a certificate was let in with, when it was as this user: only then do its rights depend on the user. */
const acceptedAs = ({ verdict }: CertificateRecord, username: string): Accepted | null =>
  verdict?.kind === 'accept' && verdict.user === username ? verdict : null;

/** Nothing is left to do: the certificate was brought to what the user is. */
const isFollowed = ({ settled, causes }: CertificateRecord, accepted: Accepted, user: User | null): boolean => {
  const permissionSet = permissionSetUnder(accepted, user);
  const barred = causes.includes('GRANT_REMOVED');
  return settled && (permissionSet === null ? barred : !barred && permissionSet === accepted.permissionSet);
};

/**
 * Repeatable: whose certificate was brought to it already is left alone.
 *
 * Devices are found by an index that is a moment behind. One that is being let in just now and is not in it yet reads its
 * user again before its certificate becomes active and after, so it meets what was written before this.
 *
 * @param user as it is stored now; null once it is deleted
 */
export const tellDevices = (deps: TellDevicesDeps) => {
  const { deviceListing, certificates, commands, newId, clock } = deps;

  const tell = async (id: CertificateId, username: string, user: User | null, actor: string): Promise<void> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const record = await certificates.find(id);
      const accepted = record && acceptedAs(record, username);
      if (!accepted || isFollowed(record, accepted, user)) return;
      const seen = user === null ? 'user deleted' : 'user changed';
      const entry = { at: clock(), actor, state: stateOf(record), reason: null, seen, rules: RULES_VERSION };
      if (!(await certificates.recordUserChange(id, record.version, entry))) continue;
      await commands.send({ certificateId: id, commandId: newId() });
      return;
    }
    throw new TransientError(`certificate ${id} was changed by others each time that its user was to be followed`);
  };

  return async (tenant: TenantName, username: string, user: User | null, actor: string): Promise<void> => {
    let cursor: string | null = null;
    do {
      const page: { items: readonly Device[]; cursor: string | null } = await deviceListing.ofUser(tenant, username, {
        limit: PAGE,
        cursor,
      });
      await Promise.all(page.items.map(({ certificateId }) => tell(certificateId, username, user, actor)));
      cursor = page.cursor;
    } while (cursor !== null);
  };
};
