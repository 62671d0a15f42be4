// Reads certificate revocation lists (RFC 5280 §5).

import type { CrlFacts } from '#domain/crl-rules.ts';
import type { Result } from '#domain/result.ts';

export type ListProblem = {
  readonly code: 'PRIVATE_KEY_IN_UPLOAD' | 'NOT_A_CRL' | 'CRL_UNREADABLE';
  readonly message: string;
};

/** @param text PEM, or base64 of DER @param anchorPem of the CA that is said to have issued it */
export type RevocationListReader = (text: string, anchorPem: string) => Result<CrlFacts, ListProblem>;
