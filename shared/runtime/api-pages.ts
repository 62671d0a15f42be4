// The page that a request of the management API asks for.

import type { PageRequest } from '#ports/trust-registry.ts';

const DEFAULT_LIMIT = 50;

export const pageOf = ({
  limit,
  cursor,
}: {
  limit?: string | undefined;
  cursor?: string | undefined;
}): PageRequest => ({
  limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
  cursor: cursor ?? null,
});
