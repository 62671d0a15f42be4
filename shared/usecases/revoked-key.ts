// Keys that were revoked for good, with a certificate of theirs: whoever stole one gets no other certificate for it (V-04).

import type { CertificateRecord } from '#domain/certificate.ts';
import { certificatesOf } from '#domain/device.ts';
import type { CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import { everyPage } from './every-page.ts';
import { deviceNamed, type FindDeviceDeps } from './find-device.ts';
import { type Outcome, refuse } from './refusal.ts';

export type RevokedKeyDeps = Pick<FindDeviceDeps, 'devices' | 'listing'> & {
  readonly certificates: Pick<CertificateRegistry, 'findAll'>;
};

/** Whose key is to be used, and as what. */
export type KeyUse = {
  readonly tenant: TenantName | null;
  readonly clientId: ClientId;
  readonly publicKeyId: string | null;
  /** the certificate of it that is known already: it is not held against itself */
  readonly certificate: CertificateId | null;
};

const PAGE = 100;

/** Refuses a key that was revoked with a certificate of the client id. */
export const refuseRevokedKey = (deps: RevokedKeyDeps) => {
  const { certificates, listing } = deps;
  const named = deviceNamed(deps);

  return async ({ tenant, clientId, publicKeyId, certificate }: KeyUse): Promise<Outcome<void>> => {
    if (publicKeyId === null) return ok(undefined);
    const device = await named(clientId);
    const own = device?.tenant === tenant ? device : null;
    const owned = own ? certificatesOf(own) : [];
    // a device that is revoked says so before its certificates do
    const isRevoked = ({ id, causes }: CertificateRecord) =>
      causes.includes('REVOKED') || (own?.causes.includes('REVOKED') && owned.includes(id));
    const amongst = async (ids: readonly CertificateId[]): Promise<CertificateRecord | undefined> =>
      (await certificates.findAll(ids)).find(
        (record) => record.id !== certificate && record.publicKeyId === publicKeyId && isRevoked(record),
      );

    const refused = ({ id }: CertificateRecord) =>
      refuse('conflict', 'KEY_REVOKED', `this key was revoked with certificate ${id}: make a new key and request`);

    const ofDevice = await amongst(owned);
    if (ofDevice) return refused(ofDevice);
    for await (const page of everyPage((cursor) => listing.ofClientId(clientId, tenant, { limit: PAGE, cursor }))) {
      const listed = await amongst(page.map(({ id }) => id));
      if (listed) return refused(listed);
    }
    return ok(undefined);
  };
};
