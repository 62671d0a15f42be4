// A command on the permission-set queue: bring one permission set in IoT Core to what the registry says of it.

import * as v from 'valibot';
import { isTenantName } from '#domain/ids.ts';

export const PermissionSetCommand = v.strictObject({
  /** `apply`: make groups and policies; `disconnect`: end the sessions of its devices; `collect`: delete it if unused */
  act: v.picklist(['apply', 'disconnect', 'collect']),
  tenant: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected a tenant name'), v.guard(isTenantName)),
  permissionSet: v.pipe(v.string(), v.maxLength(128)),
  /** whether the sessions of its devices are to end once it is applied */
  disconnect: v.boolean(),
  /** where the former command of the same act left off */
  cursor: v.nullable(v.string()),
  commandId: v.pipe(v.string(), v.uuid()),
});
export type PermissionSetCommand = v.InferOutput<typeof PermissionSetCommand>;
