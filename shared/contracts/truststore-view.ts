// What the management API shows of the truststore.

import type { Truststore } from '#domain/truststore.ts';
import type { TruststoreView } from './trust-api.ts';

export const truststoreView = ({ pem, anchors, omitted }: Truststore): TruststoreView => ({
  pem,
  anchors: anchors.map(({ id, tenant, subject, validTo }) => ({
    fingerprint: id,
    tenant,
    subject,
    validTo: new Date(validTo).toISOString(),
  })),
  omitted: omitted.map(({ anchor, reason }) => ({ fingerprint: anchor.id, tenant: anchor.tenant, reason })),
});
