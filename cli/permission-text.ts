// Permissions as a command prints them, one a line.

import type { Permission } from '#domain/permission.ts';
import { shown } from './output.ts';

const noteOf = ({ context, allowRetain }: Permission): string =>
  [...(context === 'mqtt' ? [] : [context]), ...(allowRetain ? ['may be retained'] : [])].join(', ');

/** `read   edge.cybus/#`: the operations aligned, `mark` before each line. */
export const permissionLines = (permissions: readonly Permission[], mark = '  '): string[] => {
  const width = Math.max(0, ...permissions.map(({ operation }) => operation.length));
  return permissions.map((permission) => {
    const note = noteOf(permission);
    const line = `${mark}${permission.operation.padEnd(width)}  ${shown(permission.resource)}`;
    return note === '' ? line : `${line}  (${note})`;
  });
};
