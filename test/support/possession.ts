// Certificates that show possession of a CA's key, as `openssl x509 -req` makes them.

import { issueDevice, type TestCa } from '#support/certificates.ts';

/** X.509 v1, over a code, valid around 31 January 2026. */
export const signedOver = (
  ca: TestCa,
  code: string,
  validity: { readonly validFrom?: Date; readonly validTo?: Date } = {},
): string =>
  issueDevice(ca, {
    subject: [['CN', code]],
    validFrom: new Date('2026-01-31T00:00:00Z'),
    validTo: new Date('2026-02-01T00:00:00Z'),
    ...validity,
  }).pem;
