// A tenant: who owns trust anchors and devices, and how its devices are named and admitted.

import type { TenantName } from './ids.ts';

/** `auto` onboards what passes the rules; `approve` holds everything new until an operator says yes. */
export type Admission = 'auto' | 'approve';

/** `required`: a certificate's CN must be the name of a user with the certificate grant; `off`: users are not looked at. */
export type UserMatch = 'off' | 'required';

export type Tenant = {
  readonly name: TenantName;
  /** a naming profile or a template, see naming.ts */
  readonly naming: string;
  readonly admission: Admission;
  /** names the allow-list of CNs in force; null when every CN may come */
  readonly allowListId: string | null;
  /** holds for devices that are decided from now on */
  readonly userMatch: UserMatch;
  /**
   * patterns such as `tc/{tenant}/#`, written as a permission's resource: what its roles and users may name. Null: every
   * topic, those of other tenants too
   */
  readonly topics: readonly string[] | null;
  readonly createdAt: number;
  /** raised by every change */
  readonly version: number;
};
