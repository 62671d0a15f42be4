// Permissions as an operator wrote them, each checked and said once.

import { type Permission, type PermissionInput, parsePermission } from '#domain/permission.ts';
import { ok } from '#domain/result.ts';
import { type Outcome, refuse } from './refusal.ts';

/** The refusal names the position of the first that is wrong, counted from 0 as JSON does. */
export const parsePermissions = (inputs: readonly PermissionInput[]): Outcome<readonly Permission[]> => {
  const permissions = new Map<string, Permission>();
  for (const [position, input] of inputs.entries()) {
    const parsed = parsePermission(input);
    if (!parsed.ok) return refuse('invalid', parsed.error.code, `permissions[${position}]: ${parsed.error.message}`);
    permissions.set(JSON.stringify(parsed.value), parsed.value);
  }
  return ok([...permissions.values()]);
};
