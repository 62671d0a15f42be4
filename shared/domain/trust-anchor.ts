// A CA certificate that vouches for a tenant's devices; it alone says whose a device is.

import type { AnchorId, TenantName } from './ids.ts';

export type AnchorState = 'ACTIVE' | 'REVOKED';

export type TrustAnchor = {
  readonly id: AnchorId;
  readonly tenant: TenantName;
  readonly state: AnchorState;
  /** how possession of the CA's key was shown; `OPERATOR` = an operator vouches for it */
  readonly proof: 'OPERATOR';
  readonly subject: string;
  readonly pem: string;
  /** epoch milliseconds */
  readonly validFrom: number;
  readonly validTo: number;
  readonly registeredAt: number;
  readonly registeredBy: string;
};
