// What the management API shows of CA certificates.

import { anchorStateOf, isUpload, type KnownAnchor } from '#domain/anchor-acts.ts';
import type { AnchorCrl, AnchorSweep, AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';
import type { AnchorView } from './trust-api.ts';

const time = (at: number): string => new Date(at).toISOString();
const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

const crlView = ({ thisUpdate, nextUpdate, importedAt, ...crl }: AnchorCrl) => ({
  ...crl,
  thisUpdate: time(thisUpdate),
  nextUpdate: timeOrNull(nextUpdate),
  importedAt: time(importedAt),
});

const sweepView = ({ pass, seen, changed, startedAt, completedAt }: AnchorSweep) => ({
  pass,
  seen,
  changed,
  startedAt: time(startedAt),
  completedAt: timeOrNull(completedAt),
});

const UNPROVED = { proof: null, changedAt: null, changedBy: null, privateCaArn: null, crl: null, sweep: null } as const;

const uploadView = ({ challenge, uploadedAt, uploadedBy }: AnchorUpload, registrationCode: string | null) => ({
  ...UNPROVED,
  registeredAt: time(uploadedAt),
  registeredBy: uploadedBy,
  challenge: { code: challenge.code, expiresAt: time(challenge.expiresAt), registrationCode },
});

const provedView = (anchor: TrustAnchor) => ({
  proof: anchor.proof,
  registeredAt: time(anchor.registeredAt),
  registeredBy: anchor.registeredBy,
  changedAt: time(anchor.changedAt),
  changedBy: anchor.changedBy,
  challenge: null,
  privateCaArn: anchor.privateCaArn,
  crl: anchor.crl && crlView(anchor.crl),
  // what was done for a former state says nothing of this one
  sweep: anchor.sweep?.version === anchor.version ? sweepView(anchor.sweep) : null,
});

/**
 * @param registrationCode of the account, for an upload in the mode `DEFAULT`
 * @param now epoch milliseconds
 */
export const anchorView = (known: KnownAnchor, registrationCode: string | null, now: number): AnchorView => ({
  fingerprint: known.id,
  tenant: known.tenant,
  state: anchorStateOf(known, now),
  certificateMode: known.certificateMode,
  subject: known.subject,
  validFrom: time(known.validFrom),
  validTo: time(known.validTo),
  pem: known.pem,
  ...(isUpload(known) ? uploadView(known, registrationCode) : provedView(known)),
});
