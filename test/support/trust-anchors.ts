// Trust anchors and uploads as plain records, for tests that need no certificate.

import { anchorId, tenantName } from '#domain/ids.ts';
import type { AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';

const CA = {
  id: anchorId('aa'.repeat(32)),
  tenant: tenantName('acme'),
  subject: 'CN=acme-ca',
  pem: 'PEM',
  validFrom: Date.UTC(2020, 0, 1),
  validTo: Date.UTC(2049, 11, 31),
  certificateMode: 'SNI_ONLY',
} as const;

/** Registered by an operator on 31 January 2026. */
export const anAnchor = (changes: Partial<TrustAnchor> = {}): TrustAnchor => ({
  ...CA,
  state: 'ACTIVE',
  proof: 'OPERATOR',
  registeredAt: Date.UTC(2026, 0, 31),
  registeredBy: 'operator',
  changedAt: Date.UTC(2026, 0, 31),
  changedBy: 'operator',
  privateCaArn: null,
  crl: null,
  sweep: null,
  version: 0,
  ...changes,
});

/** Uploaded on 31 January 2026, with a week to answer. */
export const anUpload = (changes: Partial<AnchorUpload> = {}): AnchorUpload => ({
  ...CA,
  challenge: { code: 'c0de'.repeat(16), expiresAt: Date.UTC(2026, 1, 7) },
  uploadedAt: Date.UTC(2026, 0, 31),
  uploadedBy: 'admin',
  ...changes,
});
