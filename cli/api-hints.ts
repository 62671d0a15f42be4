// Makes the API's refusals say what to type: which tenant or user may have been meant, and the flag for a setting.

import type { Api } from './api-client.ts';
import { ApiFailure } from './api-client.ts';
import { suggestion } from './suggestion.ts';

/** As the compiler of policies names the setting. */
export const WIDEN = 'plusMode widen';
export const howToWiden = (tenant: string): string => `vestibule role edit <role> --tenant ${tenant} --plus-mode widen`;

const ANEW =
  ' (made of an older one: take it out anew with "role show --json"; without "version" a file replaces whatever stands)';

const HINTED = { limit: '100' };

const fingerprintIn = (message: string): string => /\b[0-9a-f]{64}\b/.exec(message)?.[0] ?? '<fingerprint>';

/** What is answered of a CA that is there and only wants to be restored. */
const OF_REVOKED: readonly string[] = ['ANCHOR_EXISTS', 'CA_EXISTS', 'NO_PRIVATE_CA'];

type Params = { readonly tenant?: string; readonly username?: string };

/** The near miss among the first of those that exist, or the flag that the message means. */
const hintFor = async (api: Api, { code, message }: ApiFailure, { tenant, username }: Params): Promise<string> => {
  if (message.includes(WIDEN)) return ` (${WIDEN}: --plus-mode widen, or ${howToWiden(tenant ?? '<tenant>')})`;
  if (code === 'ROLE_CHANGED') return ANEW;
  if (code === 'TENANT_REQUIRED') return ' (--tenant <tenant>)';
  if (OF_REVOKED.includes(code) && message.endsWith('restore it'))
    return ` (vestibule anchor restore ${fingerprintIn(message)} --tenant ${tenant ?? '<tenant>'})`;
  if (code === 'CA_EXISTS')
    return ` (vestibule anchor show ${fingerprintIn(message)} --tenant ${tenant ?? '<tenant>'})`;
  if (code === 'CA_PARENT_UNKNOWN') return ' (--allow-intermediate)';
  if (code === 'TENANT_UNKNOWN' && tenant !== undefined) {
    const { tenants } = await api('listTenants', { query: HINTED });
    return suggestion(
      tenant,
      tenants.map((known) => known.tenant),
    );
  }
  if (code === 'USER_UNKNOWN' && tenant !== undefined && username !== undefined) {
    const { users } = await api('listUsers', { params: { tenant }, query: HINTED });
    return suggestion(
      username,
      users.map((known) => known.username),
    );
  }
  return '';
};

export const withHints =
  (api: Api): Api =>
  async (id, request) => {
    try {
      return await api(id, request);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      const params: Params = 'params' in request ? request.params : {};
      // no hint when the caller may not list them
      const hint = await hintFor(api, error, params).catch(() => '');
      throw hint === '' ? error : new ApiFailure(error.code, `${error.message}${hint}`, error.status);
    }
  };
