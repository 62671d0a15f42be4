// Tells the private CA that signed a certificate that an operator revoked it, so that its own revocation list says so too.

import { TransientError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';

export type TellPrivateCaDeps = {
  readonly certificates: Pick<CertificateRegistry, 'find'>;
  readonly anchors: Pick<AnchorRegistry, 'find'>;
  readonly privateCa: Pick<PrivateCa, 'revoke'>;
};

/**
 * Repeatable. Nothing to do for a certificate of any other CA: its key is where nobody here can ask for a list.
 * @throws TransientError while the serial number is not known
 */
export const tellPrivateCa =
  ({ certificates, anchors, privateCa }: TellPrivateCaDeps) =>
  async (id: CertificateId): Promise<void> => {
    const record = await certificates.find(id);
    const anchor = record?.anchorId && (await anchors.find(record.anchorId));
    if (!anchor || anchor.privateCaArn === null) return;
    if (record.serialNumber !== null) await privateCa.revoke(anchor.privateCaArn, record.serialNumber);
    // not kept at first; it is read where the certificate is converged, which the same act asked for
    else if (record.verdict?.kind === 'accept')
      throw new TransientError(`expected the serial number of certificate ${id}: it is not in the registry yet`);
  };
