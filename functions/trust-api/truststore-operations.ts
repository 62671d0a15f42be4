// Operations of the management API on the truststore.

import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { truststoreView } from '#contracts/truststore-view.ts';
import { tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { shownAs } from '#runtime/shown-as.ts';
import { readTruststore, showTenantTruststore, type TruststoreDeps } from '#usecases/truststore.ts';

export const truststoreOperations = (
  deps: TruststoreDeps & { readonly tenants: Pick<TenantRegistry, 'find'> },
): Pick<Operations<typeof TRUST_ROUTES>, 'showTruststore' | 'showTenantTruststore'> => ({
  showTruststore: async () => ok(truststoreView(await readTruststore(deps)(null))),
  showTenantTruststore: async ({ params }) =>
    shownAs(await showTenantTruststore(deps)(tenantName(params.tenant)), truststoreView),
});
