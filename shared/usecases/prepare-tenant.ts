// What must stand before a tenant's record refers to it: rights in IoT Core, and a whole allow-list.

import { policyDocument } from '#domain/device-policy.ts';
import type { TenantName } from '#domain/ids.ts';
import { parseNaming } from '#domain/naming.ts';
import { type PermissionSet, permissionSetOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, refuse } from './refusal.ts';

export type PrepareTenantDeps = {
  readonly tenants: TenantRegistry;
  readonly permissionSets: PermissionSetGateway;
  /** of the account and region that the policies stand in */
  readonly arn: { readonly partition: string; readonly region: string; readonly accountId: string };
  readonly newId: () => string;
};

/** The permission set of a tenant's naming; `ensure` it before the tenant has that naming. */
export const permissionSetFor = (tenant: TenantName, naming: string): Outcome<PermissionSet> => {
  const parsed = parseNaming(naming);
  return parsed.ok ? ok(permissionSetOf(tenant, parsed.value)) : refuse('invalid', 'NAMING_INVALID', parsed.error);
};

export const ensurePermissionSet = ({ permissionSets, arn }: PrepareTenantDeps, set: PermissionSet): Promise<void> =>
  permissionSets.ensure(set, policyDocument(set, arn));

/**
 * Writes a list whole under an id of its own, so that no device ever meets half a list.
 * @returns the list's id; null for no list, which lets every common name in
 */
export const writeAllowList = async (
  { tenants, newId }: PrepareTenantDeps,
  tenant: TenantName,
  cns: readonly string[] | null,
): Promise<string | null> => {
  if (cns === null) return null;
  const listId = newId();
  await tenants.writeAllowList(tenant, listId, cns);
  return listId;
};
