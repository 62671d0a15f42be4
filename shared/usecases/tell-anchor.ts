// What is told of a trust anchor whose state was changed.

import type { AnchorEvent } from '#domain/domain-event.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';

const EVENT_OF = { ACTIVE: 'ca.restored', REVOKED: 'ca.revoked', DELETED: 'ca.deleted' } as const;

/** Equal, id included, each time it is made of the same change. */
export const anchorChanged = ({ id, tenant, state, version, changedAt, changedBy }: TrustAnchor): AnchorEvent => ({
  type: EVENT_OF[state],
  id: `${id}.${version}`,
  at: changedAt,
  tenant,
  anchorId: id,
  actor: changedBy,
});
