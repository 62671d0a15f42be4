// Reads the truststore, of one tenant or of all, as the registry has it now.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { type Truststore, truststoreOf } from '#domain/truststore.ts';
import type { Clock } from '#ports/clock.ts';
import type { AnchorPlaces, AnchorRegistry, TenantRegistry } from '#ports/trust-registry.ts';
import { everyPage } from './every-page.ts';
import { type Outcome, unknownTenant } from './refusal.ts';

export type TruststoreDeps = {
  readonly places: Pick<AnchorPlaces, 'list'>;
  readonly anchors: Pick<AnchorRegistry, 'findAll'>;
  readonly clock: Clock;
};

/** A page of a query holds 1 MB (DynamoDB API reference, Query), of which a place without an upload takes some 200 bytes. */
const PLACES_A_PAGE = 1_000;

/** Consistent. @param tenant null for every tenant */
export const readTruststore =
  ({ places, anchors, clock }: TruststoreDeps) =>
  async (tenant: TenantName | null): Promise<Truststore> => {
    const ids: AnchorId[] = [];
    for await (const page of everyPage((cursor) => places.list(tenant, { limit: PLACES_A_PAGE, cursor })))
      ids.push(...page.map(({ id }) => id));
    const found = await anchors.findAll([...new Set(ids)]);
    // what stands in a place may be an upload alone, or another tenant's anchor: the anchor itself says whose it is
    return truststoreOf(tenant === null ? found : found.filter((anchor) => anchor.tenant === tenant), clock());
  };

export const showTenantTruststore =
  (deps: TruststoreDeps & { readonly tenants: Pick<TenantRegistry, 'find'> }) =>
  async (tenant: TenantName): Promise<Outcome<Truststore>> =>
    (await deps.tenants.find(tenant)) ? ok(await readTruststore(deps)(tenant)) : unknownTenant(tenant);
