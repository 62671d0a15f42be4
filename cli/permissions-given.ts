// What a command line permits: a file of permissions, or topic patterns by what may be done with them.

import { type Operation, type Permission, type PlusMode, parsePermission } from '#domain/permission.ts';
import { usageFailure } from './failure.ts';
import { type RoleRead, readPermissionFile } from './input-files.ts';

export type PermissionOptions = {
  /** a file */
  readonly permissions?: string;
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly readWrite?: readonly string[];
  readonly plusMode?: PlusMode;
};

const patternsOf = (flag: string, operation: Operation, patterns: readonly string[] = []): Permission[] =>
  patterns.map((resource) => {
    const permission = parsePermission({ resource, operation, context: 'mqtt', allowRetain: false });
    if (permission.ok) return permission.value;
    throw usageFailure(`${flag}: ${permission.error.message}`);
  });

export type PermissionsGiven = {
  /** null when none are given */
  readonly permissions: Permission[] | null;
  /** of the flag, else of the role in the file; null when neither says */
  readonly plusMode: PlusMode | null;
  /** the role that the file was made of; null when it does not say */
  readonly role: RoleRead | null;
};

/** @throws Failure */
export const permissionsGiven = async (options: PermissionOptions): Promise<PermissionsGiven> => {
  const { permissions: path, read, write, readWrite, plusMode = null } = options;
  if (path !== undefined) {
    const file = await readPermissionFile(path);
    return { permissions: file.permissions, plusMode: plusMode ?? file.plusMode, role: file.role };
  }
  if ((read ?? write ?? readWrite) === undefined) return { permissions: null, plusMode, role: null };
  const permissions = [
    ...patternsOf('--read', 'read', read),
    ...patternsOf('--write', 'write', write),
    ...patternsOf('--read-write', 'readWrite', readWrite),
  ];
  return { permissions, plusMode, role: null };
};
