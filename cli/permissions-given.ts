// What a command line permits: a file of permissions, or topic patterns by what may be done with them.

import { type Operation, type Permission, type PlusMode, parsePermission } from '#domain/permission.ts';
import { usageFailure } from './failure.ts';
import { readPermissionFile } from './input-files.ts';

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

/** Null when nothing is given. @throws Failure */
export const permissionsGiven = async (options: PermissionOptions): Promise<Permission[] | null> => {
  const { permissions, read, write, readWrite } = options;
  if (permissions !== undefined) return (await readPermissionFile(permissions)).permissions;
  return (read ?? write ?? readWrite) === undefined
    ? null
    : [
        ...patternsOf('--read', 'read', read),
        ...patternsOf('--write', 'write', write),
        ...patternsOf('--read-write', 'readWrite', readWrite),
      ];
};
