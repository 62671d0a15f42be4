// Operations of the management API on whom a change of a trust anchor would touch.

import { impactView } from '#contracts/impact-view.ts';
import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { anchorId, tenantName } from '#domain/ids.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { shownAs } from '#runtime/shown-as.ts';
import { type AnchorImpactDeps, anchorImpact } from '#usecases/impact.ts';

export const impactOperations = (
  deps: AnchorImpactDeps,
): Pick<Operations<typeof TRUST_ROUTES>, 'showAnchorImpact'> => ({
  showAnchorImpact: async ({ params, query: { act = null } }) =>
    shownAs(await anchorImpact(deps)(tenantName(params.tenant), anchorId(params.anchor), act), impactView),
});
