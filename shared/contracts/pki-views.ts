// What the management API shows of revocation lists, signing requests and certificates.

import type { CsrFacts } from '#domain/csr-rules.ts';
import { publicKeyRule } from '#domain/x509-rules.ts';
import { type Affected, affectedView } from './impact-view.ts';
import type { CertificateText, CrlView, CsrView, IssuedView } from './trust-api.ts';

const time = (at: number): string => new Date(at).toISOString();

/** Structurally what the use cases give; times are epoch milliseconds. */
type CrlImpact = {
  readonly anchor: string;
  readonly list: {
    readonly number: string | null;
    readonly thisUpdate: number;
    readonly nextUpdate: number | null;
    readonly entries: number;
  };
  readonly revokes: readonly Affected[];
  readonly releases: readonly Affected[];
  readonly more: boolean;
};
type Text = Omit<CertificateText, 'fingerprint' | 'validFrom' | 'validTo'> & {
  readonly id: string;
  readonly validFrom: number;
  readonly validTo: number;
};
type Issued = {
  readonly certificate: Text;
  readonly clientId: string;
  readonly anchor: string;
  readonly chain: string;
};

export const crlView = ({ anchor, list, revokes, releases, more }: CrlImpact): CrlView => ({
  anchor,
  number: list.number,
  thisUpdate: time(list.thisUpdate),
  nextUpdate: list.nextUpdate === null ? null : time(list.nextUpdate),
  entries: list.entries,
  revokes: revokes.map(affectedView),
  releases: releases.map(affectedView),
  more,
});

export const csrView = (inspected: {
  readonly cn: string;
  readonly clientId: string;
  readonly request: CsrFacts;
}): CsrView => {
  const { cn, clientId, request } = inspected;
  return {
    version: request.version,
    subject: request.subjectText,
    cn,
    clientId,
    publicKey: publicKeyRule(request).seen,
    signatureAlgorithm: request.signatureAlgorithm,
  };
};

export const certificateTextView = ({ id, validFrom, validTo, ...text }: Text): CertificateText => ({
  ...text,
  fingerprint: id,
  validFrom: time(validFrom),
  validTo: time(validTo),
});

export const issuedView = ({ certificate, ...issued }: Issued): IssuedView => ({
  ...certificateTextView(certificate),
  ...issued,
});
