// Reads certificate signing requests (RFC 2986).

import type { CsrFacts } from '#domain/csr-rules.ts';
import type { Result } from '#domain/result.ts';

/** @property pem the request alone, without what stood around it */
export type ReadRequest = CsrFacts & { readonly pem: string };
export type RequestProblem = {
  readonly code: 'PRIVATE_KEY_IN_UPLOAD' | 'NOT_A_CSR' | 'CSR_UNREADABLE';
  readonly message: string;
};

export type RequestReader = (text: string) => Result<ReadRequest, RequestProblem>;
