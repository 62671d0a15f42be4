// Keeps trust anchors for some seconds: in a storm every device of a tenant asks for the same one.

import type { AnchorId } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import { knownUser } from '#domain/user.ts';
import type { Clock } from '#ports/clock.ts';
import type { Trust } from '#ports/trust.ts';
import type { TrustReads } from '#ports/trust-registry.ts';

/** Only how soon a warm function notices a change that a re-read would show anyway; nothing is decided on it alone. */
const KEPT_FOR_MS = 10_000;

export const cachedTrust = ({ anchors, tenants, clock }: TrustReads & { readonly clock: Clock }): Trust => {
  const kept = new Map<AnchorId, { readonly anchor: TrustAnchor; readonly until: number }>();

  return {
    anchor: async (id, freshness) => {
      const known = kept.get(id);
      if (freshness === 'cached' && known && clock() < known.until) return known.anchor;
      const anchor = await anchors.find(id);
      // an absent anchor is not kept: it may be registered the next moment
      if (anchor) kept.set(id, { anchor, until: clock() + KEPT_FOR_MS });
      else kept.delete(id);
      return anchor;
    },
    tenant: (name) => tenants.find(name),
    around: async (name, keys) => {
      const found = await tenants.findAround(name, keys);
      return found && { ...found, user: keys.username === null ? null : knownUser(name, keys.username, found.user) };
    },
    isAllowed: (tenant, listId, cn) => tenants.isAllowed(tenant, listId, cn),
  };
};
