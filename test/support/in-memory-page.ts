// Pages of a list in memory: the cursor is where the next begins.

import type { Page, PageRequest } from '#ports/trust-registry.ts';

export const pageOf = <T>(items: readonly T[], { limit, cursor }: PageRequest): Page<T> => {
  const start = cursor === null ? 0 : Number(cursor);
  const end = start + limit;
  return { items: items.slice(start, end), cursor: end < items.length ? String(end) : null };
};
