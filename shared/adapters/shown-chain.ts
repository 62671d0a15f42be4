// The certificates that a connection shows, by their fingerprints.

import { X509Certificate } from 'node:crypto';
import { type AnchorId, anchorId, type CertificateId, certificateId } from '#domain/ids.ts';

export type ShownChain = {
  readonly leaf: CertificateId;
  /** who issued the leaf; null when the connection does not show it, as it need not */
  readonly issuer: AnchorId | null;
};

const fingerprintOf = ({ fingerprint256 }: X509Certificate): string => fingerprint256.replaceAll(':', '').toLowerCase();

/** A name alone does not tell: anybody can make another CA of the same one. */
const isIssuedBy = (leaf: X509Certificate, issuer: X509Certificate): boolean => {
  try {
    return leaf.issuer === issuer.subject && leaf.verify(issuer.publicKey);
  } catch {
    // a signature that OpenSSL cannot check: nobody has vouched for it
    return false;
  }
};

/** @param pems the leaf, then in no certain order what was shown with it. Null when one of them is no PEM certificate. */
export const readShownChain = (pems: readonly string[]): ShownChain | null => {
  try {
    const [leaf, ...rest] = pems.map((pem) => new X509Certificate(pem));
    if (leaf === undefined) return null;
    const issuer = rest.find((candidate) => isIssuedBy(leaf, candidate));
    return {
      leaf: certificateId(fingerprintOf(leaf)),
      issuer: issuer === undefined ? null : anchorId(fingerprintOf(issuer)),
    };
  } catch {
    return null;
  }
};
