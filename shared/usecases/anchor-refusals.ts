// Why a CA is not taken, or an act on it leads nowhere.

import { adviceOn, anchorStateOf, isSwept, type KnownAnchor } from '#domain/anchor-acts.ts';
import type { TenantName } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { Failure } from '#domain/x509-rules.ts';
import { refuse } from './refusal.ts';

export const unfitCa = ({ reason, seen }: Failure) => {
  const { when, action } = REASONS[reason];
  return refuse(
    'invalid',
    reason,
    `expected a CA certificate that may vouch for devices, but ${when} (seen: ${seen}): ${action}`,
  );
};

export const ownedByOther = (id: string) =>
  refuse(
    'conflict',
    'CA_OWNED_BY_OTHER_TENANT',
    `CA certificate ${id} vouches, or has vouched, for another tenant's devices; use a CA of its own`,
  );

export const tooManyCas = (tenant: string, limit: number) =>
  refuse(
    'conflict',
    'CA_LIMIT',
    `expected at most ${limit} CA certificates of ${tenant}, uploads that are not proved among them; delete one first, or have an operator raise the limit`,
  );

/** What there is nothing left of to do once an upload is proved. */
const OF_UPLOADS: readonly string[] = ['challenge', 'verify', 'drop'];

/** @param now epoch milliseconds */
export const illegalAct = (act: string, known: KnownAnchor, now: number) =>
  refuse(
    'conflict',
    'ANCHOR_STATE',
    `expected ${OF_UPLOADS.includes(act) ? 'an upload' : 'a CA certificate'} to ${act}, but ${known.id} is ${anchorStateOf(known, now)}: ${adviceOn(known)}`,
  );

/**
 * Whether what the registry has of a CA keeps a tenant from taking it, for the first time or again.
 * @param anchor null when the CA was never anybody's
 */
export const obstacleTo = (act: 'upload' | 'register', tenant: TenantName, anchor: TrustAnchor | null, now: number) => {
  if (anchor && anchor.tenant !== tenant) return ownedByOther(anchor.id);
  // what puts its devices out ends by giving its place back
  return anchor?.state === 'DELETED' && !isSwept(anchor) ? illegalAct(act, anchor, now) : null;
};
