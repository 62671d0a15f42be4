// Roles, users, permission sets, the lock of a tenant and the lists of devices in memory, with the conditions of those
// in DynamoDB.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import type { TenantName } from '#domain/ids.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import type { Role } from '#domain/role.ts';
import type { User } from '#domain/user.ts';
import { TENANT_LOCK_SECONDS } from '#names/timing.ts';
import type { Clock } from '#ports/clock.ts';
import type {
  DeviceListing,
  PermissionSetRegistry,
  RoleRegistry,
  TenantLock,
  UserRegistry,
} from '#ports/permission-registry.ts';
import type { InMemoryDevices } from './in-memory-device-registry.ts';
import { pageOf } from './in-memory-page.ts';

const under = (tenant: TenantName, name: string) => `${tenant}/${name}`;

const createIn = <T>(items: Map<string, T>, key: string, item: T): boolean => {
  if (items.has(key)) return false;
  items.set(key, item);
  return true;
};
const updateIn = <T extends { version: number }>(items: Map<string, T>, key: string, item: T, version: number) => {
  if (items.get(key)?.version !== version) return false;
  items.set(key, item);
  return true;
};
const ofTenant = <T extends { tenant: TenantName }>(items: Map<string, T>, tenant: TenantName): T[] =>
  [...items]
    .filter(([, item]) => item.tenant === tenant)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);

/** @property roles by `<tenant>/<id>` */
export type InMemoryRoles = RoleRegistry & { readonly roles: Map<string, Role> };

export const inMemoryRoleRegistry = (): InMemoryRoles => {
  const roles = new Map<string, Role>();
  return {
    roles,
    find: async (tenant, id) => roles.get(under(tenant, id)) ?? null,
    findAll: async (tenant, ids) =>
      [...new Set(ids)].map((id) => roles.get(under(tenant, id))).filter((role) => role !== undefined),
    create: async (role) => createIn(roles, under(role.tenant, role.id), role),
    update: async (role, version) => updateIn(roles, under(role.tenant, role.id), role, version),
    remove: async (tenant, id) => {
      roles.delete(under(tenant, id));
    },
    list: async (tenant, page) => pageOf(ofTenant(roles, tenant), page),
  };
};

/** @property users by `<tenant>/<username>` */
export type InMemoryUsers = UserRegistry & {
  readonly users: Map<string, User>;
  /** `<tenant>/<composition>/<username>` */
  readonly notes: Set<string>;
};

export const inMemoryUserRegistry = (): InMemoryUsers => {
  const users = new Map<string, User>();
  const notes = new Set<string>();
  const noted = (tenant: TenantName, composition: string) => `${under(tenant, composition)}/`;
  return {
    users,
    notes,
    find: async (tenant, username) => users.get(under(tenant, username)) ?? null,
    create: async (user) => createIn(users, under(user.tenant, user.username), user),
    update: async (user, version) => updateIn(users, under(user.tenant, user.username), user, version),
    remove: async (tenant, username) => {
      users.delete(under(tenant, username));
    },
    list: async (tenant, page) => pageOf(ofTenant(users, tenant), page),
    note: async (tenant, composition, username) => {
      notes.add(`${noted(tenant, composition)}${username}`);
    },
    dropNote: async (tenant, composition, username) => {
      notes.delete(`${noted(tenant, composition)}${username}`);
    },
    withComposition: async (tenant, composition, page) => {
      const prefix = noted(tenant, composition);
      const usernames = [...notes].filter((note) => note.startsWith(prefix)).map((note) => note.slice(prefix.length));
      return pageOf(usernames.toSorted(), page);
    },
  };
};

/** @property sets by `<tenant>/<id>` */
export type InMemoryPermissionSets = PermissionSetRegistry & { readonly sets: Map<string, PermissionSetRecord> };

export const inMemoryPermissionSetRegistry = (): InMemoryPermissionSets => {
  const sets = new Map<string, PermissionSetRecord>();
  return {
    sets,
    find: async (tenant, id) => sets.get(under(tenant, id)) ?? null,
    ofTenant: async (tenant) => ofTenant(sets, tenant),
    put: async (set, version) => {
      const key = under(set.tenant, set.id);
      const record = { ...set, version: (version ?? 0) + 1 };
      const written = version === null ? createIn(sets, key, record) : updateIn(sets, key, record, version);
      return written ? record : null;
    },
    remove: async (tenant, id) => {
      sets.delete(under(tenant, id));
    },
  };
};

/**
 * Lists what the devices are now.
 * @param isBehind whether the index has not heard of a device yet; it has of all when absent
 */
export const inMemoryDeviceListing = (
  { devices }: Pick<InMemoryDevices, 'devices'>,
  isBehind: (device: Device) => boolean = () => false,
): DeviceListing => {
  const listed = (keep: (device: Device) => boolean) =>
    [...devices.values()]
      .filter((device) => device.user !== null && keep(device) && !isBehind(device))
      .toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1));
  return {
    ofUser: async (tenant, username, page) =>
      pageOf(
        listed((device) => device.tenant === tenant && device.user === username),
        page,
      ),
    ofPermissionSet: async (id, page) =>
      pageOf(
        listed((device) => device.permissionSet === id),
        page,
      ),
  };
};

/** Turns of the event loop that a request waits for: others that take and release meanwhile come to their end. */
const PATIENCE = 1_000;

export type InMemoryTenantLock = TenantLock & {
  /** who holds a tenant, as a number that no other holder had */
  readonly held: Map<TenantName, { readonly owner: number; readonly until: number }>;
};

export const inMemoryTenantLock = (clock: Clock): InMemoryTenantLock => {
  const held = new Map<TenantName, { readonly owner: number; readonly until: number }>();
  let owners = 0;
  return {
    held,
    take: async (tenant) => {
      const owner = ++owners;
      for (let turn = 0; turn < PATIENCE; turn += 1) {
        const now = clock();
        const until = now + TENANT_LOCK_SECONDS * 1_000;
        if ((held.get(tenant)?.until ?? now) <= now) {
          held.set(tenant, { owner, until });
          return {
            assertHeld: () => {
              if (clock() >= until) throw new TransientError(`the lock of tenant ${tenant} has ended`);
            },
            release: async () => {
              if (held.get(tenant)?.owner === owner) held.delete(tenant);
            },
          };
        }
        await nextTurn();
      }
      return null;
    },
  };
};
