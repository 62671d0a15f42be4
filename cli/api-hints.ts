// Makes the API's "not found" say which tenant may have been meant.

import type { Api } from './api-client.ts';
import { ApiFailure } from './api-client.ts';
import { suggestion } from './suggestion.ts';

const HINTED_TENANTS = '100';

/** The near miss among the tenants; nothing when the caller may not list them. */
const tenantSuggestion = async (api: Api, tenant: string): Promise<string> => {
  const list = await api('listTenants', { query: { limit: HINTED_TENANTS } }).catch(() => null);
  return list === null
    ? ''
    : suggestion(
        tenant,
        list.tenants.map((known) => known.tenant),
      );
};

export const withHints =
  (api: Api): Api =>
  async (id, request) => {
    try {
      return await api(id, request);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== 'TENANT_UNKNOWN') throw error;
      const params: { readonly tenant?: string } = 'params' in request ? request.params : {};
      if (params.tenant === undefined) throw error;
      const hint = await tenantSuggestion(api, params.tenant);
      throw new ApiFailure(error.code, `${error.message}${hint}`, error.status);
    }
  };
