// Lists come in pages: all of them, one after the other.

import type { Page } from '#ports/trust-registry.ts';

/**
 * The items of each page. Whoever stops early asks for no more of them.
 * @param read asks for the page that a cursor names, null for the first
 */
export async function* everyPage<T>(
  read: (cursor: string | null) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void, void> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read(cursor);
    yield page.items;
    cursor = page.cursor;
  } while (cursor !== null);
}
