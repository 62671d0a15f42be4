// What a permission set permits, as policy documents; or why no policy can say it, with the names of who wants it.

import type { ArnParts } from '#domain/device-policy.ts';
import type { Permission } from '#domain/permission.ts';
import { type CompiledSet, compilePolicies } from '#domain/permission-compiler.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import type { Role } from '#domain/role.ts';
import { saidOnce } from '#domain/said-once.ts';
import { grantedOf } from './granted-permissions.ts';
import { type Outcome, refuse } from './refusal.ts';

export type CompileDeps = {
  /** of the account and region that the policies stand in */
  readonly arn: ArnParts;
};

/** A permission set with the roles it is made of, as they are or as they would be. */
export type SetOfRoles<Set extends PermissionSet = PermissionSet> = {
  readonly set: Set;
  readonly roles: readonly Role[];
  /** permissions of a user's own */
  readonly own: readonly Permission[];
  /** whose they are; null where it may be several users' */
  readonly user: string | null;
};

const namesOf = ({ roles, own, user }: SetOfRoles): string => {
  const names = roles.map(({ name }) => `role ${name}`);
  if (own.length > 0) names.push(user === null ? 'the permissions of a user' : `the permissions of user ${user}`);
  return names.join(' with ') || 'no role';
};

export const compileSet = ({ arn }: CompileDeps, of: SetOfRoles): Outcome<CompiledSet> => {
  const granted = grantedOf(of.roles, of.own, of.user);
  const compiled = compilePolicies(of.set, granted, arn);
  if (compiled.ok) return compiled;
  const { code, message } = compiled.error;
  return refuse(
    'invalid',
    code,
    `${namesOf(of)}, under the naming profile ${of.set.profile}: ${saidOnce(granted, message)}`,
  );
};
