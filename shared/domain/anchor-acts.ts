// The life of a CA from upload to deletion (CA-07): which act leads where, and why another one leads nowhere.

import type { AnchorState, AnchorUpload, TrustAnchor } from './trust-anchor.ts';

/** What a tenant has: an upload that is not proved, or a trust anchor. */
export type KnownAnchor = AnchorUpload | TrustAnchor;

export const isUpload = (known: KnownAnchor): known is AnchorUpload => 'challenge' in known;

/** `EXPIRED` is what an active one is called after its validity: it is no fact, and no act leads there. */
export type KnownState = 'PENDING_VERIFICATION' | AnchorState | 'EXPIRED';

/** @param now epoch milliseconds */
export const anchorStateOf = (known: KnownAnchor, now: number): KnownState => {
  if (isUpload(known)) return 'PENDING_VERIFICATION';
  return known.state === 'ACTIVE' && now > known.validTo ? 'EXPIRED' : known.state;
};

/** Every certificate of the anchor was brought to its state, or its state was never changed. */
export const isSwept = ({ version, sweep }: Pick<TrustAnchor, 'version' | 'sweep'>): boolean =>
  version === 0 || (sweep !== null && sweep.version === version && sweep.completedAt !== null);

export const ANCHOR_ACTS = ['revoke', 'restore', 'delete'] as const;
export type AnchorAct = (typeof ANCHOR_ACTS)[number];

const LEADS_TO: Record<AnchorAct, { readonly to: AnchorState; readonly from: readonly AnchorState[] }> = {
  revoke: { to: 'REVOKED', from: ['ACTIVE'] },
  restore: { to: 'ACTIVE', from: ['REVOKED'] },
  delete: { to: 'DELETED', from: ['ACTIVE', 'REVOKED'] },
};

/**
 * The state that an act brings an anchor to: its own one, when the act was done and the work that it asks for was not;
 * null when it leads nowhere.
 */
export const stateAfter = (
  act: AnchorAct,
  anchor: Pick<TrustAnchor, 'state' | 'version' | 'sweep'>,
): AnchorState | null => {
  const { to, from } = LEADS_TO[act];
  return from.includes(anchor.state) || (anchor.state === to && !isSwept(anchor)) ? to : null;
};

/** Whether an act leads anywhere; an upload can be dropped only. */
export const isPossible = (act: AnchorAct, known: KnownAnchor): boolean =>
  isUpload(known) ? act === 'delete' : stateAfter(act, known) !== null;

/** What whoever asked for something that leads nowhere can do instead. */
export const adviceOn = (known: KnownAnchor): string => {
  if (isUpload(known)) return 'show possession of its key, or delete it';
  switch (known.state) {
    case 'ACTIVE':
      return 'it can be revoked or deleted';
    case 'REVOKED':
      return 'restore it or delete it';
    case 'DELETED':
      return isSwept(known) ? 'upload it again' : 'wait until every device of it is out, then upload it again';
  }
};
