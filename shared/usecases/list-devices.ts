// Lists a tenant's devices, one line a certificate, along the index that the filter fits best.

import type { CertificateState } from '#domain/certificate.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { AnchorRegistry, Page, PageRequest, TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, unknownAnchor, unknownTenant } from './refusal.ts';

export type ListDevicesDeps = {
  readonly tenants: TenantRegistry;
  readonly anchors: AnchorRegistry;
  readonly listing: CertificateListing;
};

export type DeviceFilter = {
  readonly state: CertificateState | null;
  readonly anchor: AnchorId | null;
  /** epoch milliseconds of the earliest decision, inclusive */
  readonly since: number | null;
  /** of the client id */
  readonly prefix: string;
};

/** Pages of an index that one request reads at most: a filter that fits little answers with a short page and a cursor. */
const PAGES_PER_REQUEST = 10;

const fits = (filter: DeviceFilter) => (line: ListedCertificate) =>
  (filter.state === null || line.state === filter.state) &&
  (filter.anchor === null || line.anchorId === filter.anchor) &&
  (filter.since === null || (line.decidedAt ?? 0) >= filter.since) &&
  (line.clientId ?? '').startsWith(filter.prefix);

export const listDevices =
  ({ tenants, anchors, listing }: ListDevicesDeps) =>
  async (tenant: TenantName, filter: DeviceFilter, request: PageRequest): Promise<Outcome<Page<ListedCertificate>>> => {
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const { anchor, state, since, prefix } = filter;
    if (anchor !== null && (await anchors.find(anchor))?.tenant !== tenant) return unknownAnchor(anchor);

    const read = (page: PageRequest): Promise<Page<ListedCertificate>> => {
      if (anchor !== null) return listing.underAnchor(anchor, page);
      if (state !== null) return listing.inState(tenant, state, since ?? 0, page);
      return listing.ofTenant(tenant, prefix, page);
    };
    const items: ListedCertificate[] = [];
    let { cursor } = request;
    for (let pages = 0; pages < PAGES_PER_REQUEST; pages += 1) {
      // never more lines than still fit, so that the cursor stands behind the last line of the answer
      const page = await read({ limit: request.limit - items.length, cursor });
      items.push(...page.items.filter(fits(filter)));
      cursor = page.cursor;
      if (cursor === null || items.length === request.limit) break;
    }
    return ok({ items, cursor });
  };
