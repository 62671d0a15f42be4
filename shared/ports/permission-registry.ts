// The registry's records of roles, users and permission sets, and the lock that their changes take turns under.

import type { Device } from '#domain/device.ts';
import type { TenantName } from '#domain/ids.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import type { Role, RoleId } from '#domain/role.ts';
import type { User } from '#domain/user.ts';
import type { Page, PageRequest } from './trust-registry.ts';

/** Without the role that is built in: that one is never stored. */
export interface RoleRegistry {
  find(tenant: TenantName, id: RoleId): Promise<Role | null>;
  /** Those of the ids that exist. */
  findAll(tenant: TenantName, ids: readonly RoleId[]): Promise<readonly Role[]>;
  /** False when the role exists already. */
  create(role: Role): Promise<boolean>;
  /** Replaces the role at `version` by this one, which carries the next. False when it has moved on. */
  update(role: Role, version: number): Promise<boolean>;
  remove(tenant: TenantName, id: RoleId): Promise<void>;
  /** By id. */
  list(tenant: TenantName, page: PageRequest): Promise<Page<Role>>;
}

/** Users as they are stored; `knownUser` says what everyone is to see. */
export interface UserRegistry {
  find(tenant: TenantName, username: string): Promise<User | null>;
  /** False when the user exists already. */
  create(user: User): Promise<boolean>;
  /** Replaces the user at `version` by this one, which carries the next. False when it has moved on. */
  update(user: User, version: number): Promise<boolean>;
  remove(tenant: TenantName, username: string): Promise<void>;
  /** By username. */
  list(tenant: TenantName, page: PageRequest): Promise<Page<User>>;
  /**
   * Notes that a user has a composition, before its record says so; and takes the note away, after. A composition
   * without notes has no user.
   */
  note(tenant: TenantName, composition: string, username: string): Promise<void>;
  dropNote(tenant: TenantName, composition: string, username: string): Promise<void>;
  /** Consistent. Usernames in their order. */
  withComposition(tenant: TenantName, composition: string, page: PageRequest): Promise<Page<string>>;
}

export interface PermissionSetRegistry {
  find(tenant: TenantName, id: string): Promise<PermissionSetRecord | null>;
  /** Consistent; every set of the tenant: as many as it has combinations of profile and roles. */
  ofTenant(tenant: TenantName): Promise<readonly PermissionSetRecord[]>;
  /** Writes a record as new (`version` null) or in place of the one at `version`. Null when that has moved on. */
  put(set: Omit<PermissionSetRecord, 'version'>, version: number | null): Promise<PermissionSetRecord | null>;
  remove(tenant: TenantName, id: string): Promise<void>;
}

/** Devices by what they may do: eventually consistent. */
export interface DeviceListing {
  ofUser(tenant: TenantName, username: string, page: PageRequest): Promise<Page<Device>>;
  ofPermissionSet(id: string, page: PageRequest): Promise<Page<Device>>;
}

/**
 * Changes of a tenant's roles, users and naming take turns, because each is checked against all the others. The lock
 * ends by itself when its holder dies.
 */
export interface TenantLock {
  /** Waits a few seconds for its turn. @returns null when it did not come */
  take(tenant: TenantName): Promise<HeldLock | null>;
}
export interface HeldLock {
  /** @throws TransientError when the lock has ended: nothing may be written any more */
  assertHeld(): void;
  release(): Promise<void>;
}
