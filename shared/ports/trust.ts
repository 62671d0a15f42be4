// Who vouches for a device, as onboarding reads it: trust anchors may be a little old, tenants may not.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { Around, AroundKeys } from './trust-registry.ts';

export interface Trust {
  /**
   * @param freshness `cached`: as it was up to some seconds ago, enough to name the tenant and to verify a signature;
   * what rests on the anchor's state needs `fresh`
   */
  anchor(id: AnchorId, freshness: 'cached' | 'fresh'): Promise<TrustAnchor | null>;
  /** Always as it stands now: what an operator changed holds for the next device. */
  tenant(name: TenantName): Promise<Tenant | null>;
  /**
   * What a decision asks for, in one read, as it stands now and with the user that is built in; the user is null when
   * there is none, the whole without a tenant.
   */
  around(name: TenantName, keys: AroundKeys): Promise<Around | null>;
  isAllowed(tenant: TenantName, listId: string, cn: string): Promise<boolean>;
}
