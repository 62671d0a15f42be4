// Pages of lists, with opaque tokens that survive changes between two pages.

import { invalidRequest } from '../rest-json/errors.ts';

const DEFAULT_SIZE = 25;

const readToken = (token: string): string => {
  const key = Buffer.from(token, 'base64url').toString();
  if (Buffer.from(key).toString('base64url') !== token) throw invalidRequest('Invalid token: use one that a list gave');
  return key;
};

/**
 * @param keyOf unique, and the order of the list
 * @returns the items after `token`, and the token of the next page unless this is the last
 */
export const pageOf = <Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  request: { size?: number | undefined; token?: string | undefined; descending?: boolean | undefined },
): { items: Item[]; next: string | undefined } => {
  const sign = request.descending === true ? -1 : 1;
  const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -sign : sign);
  const after = request.token === undefined ? null : readToken(request.token);
  const rest = [...items]
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === null || compare(key, after) > 0)
    .toSorted((a, b) => compare(a.key, b.key));
  const page = rest.slice(0, request.size ?? DEFAULT_SIZE);
  const last = page.at(-1);
  const next =
    last !== undefined && page.length < rest.length ? Buffer.from(last.key).toString('base64url') : undefined;
  return { items: page.map(({ item }) => item), next };
};

/** Order of certificate lists: by creation, then by id. */
export const byCreation = ({ createdAt, id }: { createdAt: number; id: string }) =>
  `${String(createdAt).padStart(15, '0')}-${id}`;
