// Permission sets made at random, over so few levels that their patterns meet all the time.

import { tenantName } from '#domain/ids.ts';
import { type NamingProfile, PROFILES } from '#domain/naming.ts';
import { type Permission, parsePermission } from '#domain/permission.ts';
import type { Granted } from '#domain/permission-compiler.ts';
import { type PermissionSet, permissionSetOf } from '#domain/permission-set.ts';
import type { Random } from './seeded-random.ts';

export const ARN = { partition: 'aws', region: 'eu-central-1', accountId: '111122223333' };
export const NAMING_PROFILES: readonly NamingProfile[] = [...PROFILES, 'template'];

export type RandomSet = { readonly set: PermissionSet; readonly granted: readonly Granted[] };

/** Names of clients and tenants stand among the levels too: whatever a placeholder becomes, literals may be the same. */
export const NAMES = ['a', 'b', 'dev_1'] as const;
const TENANTS = ['a', 'acme'] as const;

const levelOf = (random: Random, wildcards: number): string => {
  if (random.chance(wildcards)) return '+';
  if (random.chance(0.15)) return random.pick(['{clientId}', '{clientId}', '{tenant}']);
  return random.pick(['a', 'a', 'a', 'b', 'b', 'o', 'tc', 'devices', 'dev_1', 'é']);
};

const permissionOf = (random: Random, wildcards: number, levels: number): Permission => {
  const http = random.chance(0.04);
  const operation = random.pick(['read', 'write', 'readWrite']);
  const pattern = Array.from({ length: 1 + random.below(levels) }, () => levelOf(random, wildcards));
  if (random.chance(0.25)) pattern[pattern.length - 1] = '#';
  const permission = parsePermission({
    resource: `${http ? '/' : ''}${pattern.join('/')}`,
    operation,
    context: http ? 'http' : 'mqtt',
    allowRetain: operation !== 'read' && !http && random.chance(0.4),
  });
  if (!permission.ok) throw new TypeError(permission.error.message);
  return permission.value;
};

/** What a role or user gives; each permission under a name of its own. */
export const randomGranted = (random: Random, count: number, levels = 5): readonly Granted[] => {
  // one set has many `+`, another one few: with many in all of them, nearly all would be refused
  const wildcards = random.pick([0.05, 0.15, 0.4]);
  return Array.from({ length: count }, (_, index) => ({
    permission: permissionOf(random, wildcards, levels),
    from: `role r${index}`,
    plusMode: random.chance(0.1) ? 'widen' : 'exact',
  }));
};

export const randomSet = (random: Random, profile: NamingProfile): RandomSet => ({
  set: permissionSetOf(tenantName(random.pick(TENANTS)), profile, '0123456789abcdef'),
  granted: randomGranted(random, 1 + random.below(6)),
});
