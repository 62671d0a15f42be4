// Checks a certificate signing request by the rules of its tenant, before anybody signs it (I-02).

import { type CsrNames, checkCsr } from '#domain/csr-rules.ts';
import type { TenantName } from '#domain/ids.ts';
import { foreignPrefix, namingOf } from '#domain/naming.ts';
import { REASONS } from '#domain/reasons.ts';
import { err, ok } from '#domain/result.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { ReadRequest, RequestReader } from '#ports/certificate-requests.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, refuse, unknownTenant } from './refusal.ts';

export type InspectCsrDeps = {
  readonly tenants: Pick<TenantRegistry, 'find'>;
  readonly readRequest: RequestReader;
};

export type InspectedCsr = CsrNames & { readonly request: ReadRequest; readonly tenant: Tenant };

/** @param cn the device that it is meant for; null when whoever asks did not say */
export const inspectCsr =
  ({ tenants, readRequest }: InspectCsrDeps) =>
  async (name: TenantName, text: string, cn: string | null): Promise<Outcome<InspectedCsr>> => {
    const tenant = await tenants.find(name);
    if (!tenant) return unknownTenant(name);
    const read = readRequest(text);
    if (!read.ok) return err({ kind: 'invalid', ...read.error });
    const checked = checkCsr(read.value, tenant, cn);
    if (!checked.ok) return err({ kind: 'invalid', ...checked.error });
    const { clientId } = checked.value;
    const prefix = foreignPrefix(namingOf(tenant.naming), name, clientId);
    if (prefix && (await tenants.find(prefix))) {
      const { when, action } = REASONS.CLIENT_ID_FOREIGN_PREFIX;
      return refuse('invalid', 'CLIENT_ID_FOREIGN_PREFIX', `${when} (seen: ${clientId}): ${action}`);
    }
    return ok({ ...checked.value, request: read.value, tenant });
  };
