// Names that are made of other names: the same ones wherever and whenever they are made.

import { createHash } from 'node:crypto';
import type { TenantName } from '#domain/ids.ts';
import { isRoleId, type RoleId } from '#domain/role.ts';

/** SHA-256 in lower-case hex. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Ours for good: another namespace would give every role another id. */
const ROLE_NAMESPACE = '5e1f2c7a-9d3b-5c46-8a0f-74d1be6320c9';

/** UUID v5 of a tenant's role (RFC 9562 §5.5): a name is taken or free by its key alone. */
export const roleIdOf = (tenant: TenantName, name: string): RoleId => {
  const namespace = Buffer.from(ROLE_NAMESPACE.replaceAll('-', ''), 'hex');
  const bytes = createHash('sha1').update(namespace).update(`${tenant}/${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const id = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (!isRoleId(id)) throw new TypeError(`expected a UUID, got ${id}`);
  return id;
};
