// What an operator says a user is to be, each grant, role and permission once.

import type { PermissionInput } from '#domain/permission.ts';
import { ok } from '#domain/result.ts';
import { isRoleId } from '#domain/role.ts';
import type { Grant } from '#domain/user.ts';
import { parsePermissions } from './parse-permissions.ts';
import type { Outcome } from './refusal.ts';
import type { UserContent } from './write-user.ts';

/** What is absent stays as it is. */
export type UserChange = {
  readonly grantTypes?: readonly Grant[] | undefined;
  /** ids */
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly PermissionInput[] | undefined;
};

/** A method that is named twice is required when one of them says so. */
const distinct = (grants: readonly Grant[]): readonly Grant[] =>
  [...Map.groupBy(grants, ({ method }) => method)].map(([method, same]) => ({
    method,
    isRequired: same.some(({ isRequired }) => isRequired),
  }));

export const userContent = (before: UserContent, change: UserChange): Outcome<UserContent> => {
  const { grantTypes, roles, permissions } = change;
  const parsed = permissions === undefined ? ok(before.permissions) : parsePermissions(permissions);
  if (!parsed.ok) return parsed;
  return ok({
    grantTypes: grantTypes === undefined ? before.grantTypes : distinct(grantTypes),
    roles: roles === undefined ? before.roles : [...new Set(roles.filter(isRoleId))].toSorted(),
    permissions: parsed.value,
  });
};
