// Operations of the management API on whom a change of a trust anchor would touch.

import { impactView } from '#contracts/impact-view.ts';
import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { anchorId, tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { anchorImpact } from '#usecases/impact.ts';

export const impactOperations = (
  deps: Parameters<typeof anchorImpact>[0],
): Pick<Operations<typeof TRUST_ROUTES>, 'showAnchorImpact'> => ({
  showAnchorImpact: async ({ params }) => {
    const impact = await anchorImpact(deps)(tenantName(params.tenant), anchorId(params.anchor));
    return impact.ok ? ok(impactView(impact.value)) : impact;
  },
});
