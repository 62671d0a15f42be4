// Tells the private CA that signed a certificate that an operator revoked it, so that its own revocation list says so too.

import type { CertificateId } from '#domain/ids.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';

export type TellPrivateCaDeps = {
  readonly certificates: Pick<CertificateRegistry, 'find'>;
  readonly anchors: Pick<AnchorRegistry, 'find'>;
  readonly privateCa: Pick<PrivateCa, 'revoke'>;
};

/** Repeatable. Nothing to do for a certificate of any other CA: its key is where nobody here can ask for a list. */
export const tellPrivateCa =
  ({ certificates, anchors, privateCa }: TellPrivateCaDeps) =>
  async (id: CertificateId): Promise<void> => {
    const record = await certificates.find(id);
    if (!record?.anchorId || record.serialNumber === null) return;
    const anchor = await anchors.find(record.anchorId);
    if (anchor?.privateCaArn) await privateCa.revoke(anchor.privateCaArn, record.serialNumber);
  };
