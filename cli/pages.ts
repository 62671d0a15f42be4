// Lists come in pages; a command shows them as one, up to --limit.

import type { Output } from './output.ts';

/** The API's own upper bound of a page. */
const PAGE_SIZE = 100;

export type ListOptions = { readonly limit?: number; readonly cursor?: string };
export type PageQuery = { limit: string; cursor?: string };
export type Collected<T> = { items: T[]; cursor: string | null };

/** Follows the cursor until the list ends or `limit` is reached; then `cursor` says where to go on. */
export const collect = async <T>(
  output: Output,
  { limit = Number.POSITIVE_INFINITY, cursor }: ListOptions,
  fetchPage: (query: PageQuery) => Promise<Collected<T>>,
): Promise<Collected<T>> => {
  const items: T[] = [];
  let next: string | null = cursor ?? null;
  const work = async () => {
    do {
      const size = Math.min(PAGE_SIZE, limit - items.length);
      const page = await fetchPage({ limit: String(size), ...(next === null ? {} : { cursor: next }) });
      items.push(...page.items);
      next = page.cursor;
    } while (next !== null && items.length < limit);
  };
  await output.progress(() => `${items.length} so far …`, work());
  return { items, cursor: next };
};

/** A list as text, with how to see the rest when there is more. */
export const listText = (shownItems: string, { items, cursor }: Collected<unknown>, nothing: string): string => {
  if (items.length === 0 && cursor === null) return nothing;
  return cursor === null ? shownItems : `${shownItems}\nmore: --cursor ${cursor}`;
};
