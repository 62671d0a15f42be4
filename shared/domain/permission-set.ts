// Names what a group of devices may do: tenant + naming profile (+ roles). The identity, never the content.

import type { TenantName } from './ids.ts';
import type { Naming, NamingProfile } from './naming.ts';

export type PermissionSet = {
  /** `acme.eu1`: readable, and the key under which AWS resources are found */
  readonly id: string;
  readonly tenant: TenantName;
  readonly profile: NamingProfile;
};

export const permissionSetOf = (tenant: TenantName, naming: Naming): PermissionSet => ({
  id: `${tenant}.${naming.profile}`,
  tenant,
  profile: naming.profile,
});
