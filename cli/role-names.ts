// Roles have names for people and ids for the API: one from the other.

import { isRoleId } from '#domain/role.ts';
import { type Api, ApiFailure } from './api-client.ts';
import { suggestion } from './suggestion.ts';

const PAGE_SIZE = '100';

/** Name of each role of the tenant, by its id. */
export const roleNames = async (api: Api, tenant: string): Promise<ReadonlyMap<string, string>> => {
  const names = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const query: { limit: string; cursor?: string } = { limit: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) };
    const page = await api('listRoles', { params: { tenant }, query });
    for (const { id, name } of page.roles) names.set(id, name);
    cursor = page.cursor;
  } while (cursor !== null);
  return names;
};

/** @throws ApiFailure ROLE_UNKNOWN with the name that may have been meant */
export const roleIdOf = async (api: Api, tenant: string, nameOrId: string): Promise<string> => {
  if (isRoleId(nameOrId)) return nameOrId;
  const { roles } = await api('listRoles', { params: { tenant }, query: { 'name[eq]': nameOrId } });
  const [found] = roles;
  if (found !== undefined) return found.id;
  const names = [...(await roleNames(api, tenant)).values()];
  throw new ApiFailure('ROLE_UNKNOWN', `${tenant} has no role "${nameOrId}"${suggestion(nameOrId, names)}`, 404);
};
