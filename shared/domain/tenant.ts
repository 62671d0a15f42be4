// A tenant: who owns trust anchors and devices, and how its devices are named and admitted.

import type { TenantName } from './ids.ts';

/** `auto` onboards what passes the rules; `approve` holds everything new until an operator says yes. */
export type Admission = 'auto' | 'approve';

/** `required`: a certificate's CN must be the name of a user with the certificate grant; `off`: users are not looked at. */
export type UserMatch = 'off' | 'required';

/** What a CA certificate must be like (CA-05). `strict` asks for keyCertSign, a Subject Key Identifier and 366 days at most. */
export const ANCHOR_RULES = ['default', 'strict'] as const;
export type AnchorRules = (typeof ANCHOR_RULES)[number];

/** What becomes of a new certificate with a new key for a client id that the tenant's devices have already (J-11). */
export const RENEWALS = ['replace', 'coexist', 'approve', 'refuse'] as const;
export type Renewal = (typeof RENEWALS)[number];

/**
 * Whether a second connection with a client id takes the place of the first, as IoT Core has it, or is refused while the
 * first lasts (N-09). The latter holds where the pre-authentication gate is installed.
 */
export const SECOND_SESSIONS = ['take-over', 'refuse-new'] as const;
export type SecondSession = (typeof SECOND_SESSIONS)[number];

/** Two permit rotation (CA-03). */
export const ANCHOR_LIMIT = 2;

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
  /** trust anchors at most, uploads that are not proved among them */
  readonly anchorLimit: number;
  readonly anchorRules: AnchorRules;
  readonly renewal: Renewal;
  readonly secondSession: SecondSession;
  readonly createdAt: number;
  /** raised by every change */
  readonly version: number;
};

/** What operators set; an allow-list is written apart. */
export type TenantSettings = Omit<Tenant, 'name' | 'allowListId' | 'createdAt' | 'version'>;
