// Operations of the management API on what is trusted, each family from its own file.

import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { anchorOperations } from './anchor-operations.ts';
import { impactOperations } from './impact-operations.ts';
import { pkiOperations } from './pki-operations.ts';
import { truststoreOperations } from './truststore-operations.ts';

export type TrustOperationsDeps = Parameters<typeof anchorOperations>[0] &
  Parameters<typeof impactOperations>[0] &
  Parameters<typeof pkiOperations>[0] &
  Parameters<typeof truststoreOperations>[0];

export const trustOperations = (deps: TrustOperationsDeps): Operations<typeof TRUST_ROUTES> => ({
  ...anchorOperations(deps),
  ...impactOperations(deps),
  ...pkiOperations(deps),
  ...truststoreOperations(deps),
});
