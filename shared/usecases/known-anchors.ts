// A tenant's CA certificates, uploads and trust anchors alike; another tenant's are not found.

import { isSwept, type KnownAnchor } from '#domain/anchor-acts.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';
import type {
  AnchorPlace,
  AnchorPlaces,
  AnchorRegistry,
  Page,
  PageRequest,
  TenantRegistry,
} from '#ports/trust-registry.ts';
import { type Outcome, unknownAnchor, unknownTenant } from './refusal.ts';

export type KnownAnchorsDeps = {
  readonly places: Pick<AnchorPlaces, 'find' | 'list'>;
  readonly anchors: Pick<AnchorRegistry, 'find' | 'findAll'>;
};

/** What there is of a CA: null for what is not there. */
export type CaTraces = { readonly upload: AnchorUpload | null; readonly anchor: TrustAnchor | null };

export const findTraces =
  ({ places, anchors }: KnownAnchorsDeps) =>
  async (tenant: TenantName, id: AnchorId): Promise<CaTraces & { readonly place: AnchorPlace | null }> => {
    const [place, anchor] = await Promise.all([places.find(tenant, id), anchors.find(id)]);
    return { place, upload: place?.upload ?? null, anchor };
  };

/** It stands, revoked or not: only what is deleted may be taken anew. */
export const isTrusted = (anchor: TrustAnchor | null): anchor is TrustAnchor =>
  anchor !== null && anchor.state !== 'DELETED';

/**
 * As the tenant sees it. An upload stands beside the anchor that is made of it until all work on it is done; once that
 * anchor is deleted, an upload is another beginning.
 */
export const knownOf = (tenant: TenantName, { upload, anchor }: CaTraces): KnownAnchor | null => {
  const own = anchor?.tenant === tenant ? anchor : null;
  const isOver = own?.state === 'DELETED' && isSwept(own);
  return own && !(isOver && upload) ? own : upload;
};

export const showAnchor =
  (deps: KnownAnchorsDeps) =>
  async (tenant: TenantName, id: AnchorId): Promise<Outcome<KnownAnchor>> => {
    const known = knownOf(tenant, await findTraces(deps)(tenant, id));
    return known ? ok(known) : unknownAnchor(id);
  };

export const listAnchors =
  ({ places, anchors, tenants }: KnownAnchorsDeps & { readonly tenants: Pick<TenantRegistry, 'find'> }) =>
  async (tenant: TenantName, request: PageRequest): Promise<Outcome<Page<KnownAnchor>>> => {
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const { items, cursor } = await places.list(tenant, request);
    const found = new Map((await anchors.findAll(items.map(({ id }) => id))).map((anchor) => [anchor.id, anchor]));
    const known = items.map(({ id, upload }) => knownOf(tenant, { upload, anchor: found.get(id) ?? null }));
    return ok({ items: known.filter((each) => each !== null), cursor });
  };
