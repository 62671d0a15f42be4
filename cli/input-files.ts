// Files that a command is given: errors say what was expected and what came, and never show a byte of what a file holds.

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { PermissionBody } from '#contracts/ops-api.ts';
import { type Permission, PLUS_MODES, type PlusMode, parsePermission } from '#domain/permission.ts';
import { shown } from '#domain/shown.ts';
import { USERNAME } from '#domain/user.ts';
import { ApiFailure } from './api-client.ts';
import { Failure } from './failure.ts';

/** Certificates and lists are small; more than this is some other file. */
const LIMIT_BYTES = 1_048_576;
/** A revocation list of 100,000 serial numbers; the management API takes no more. */
const CRL_LIMIT_BYTES = 3_600_000;
const CN_LIMIT = 64;

const reasonOf = (code: unknown): string => {
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : `it cannot be read (${String(code)})`;
};

const readBytes = async (path: string, what: string, limit = LIMIT_BYTES): Promise<Buffer> => {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const name = code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE';
    throw new Failure(name, `expected ${what} at ${path}: ${reasonOf(code)}`, { cause: error });
  });
  if (bytes.length > limit) {
    throw new Failure('FILE_TOO_LARGE', `expected ${what} at ${path}: ${bytes.length} bytes are too many for one`);
  }
  return bytes;
};

const readSmall = async (path: string, what: string): Promise<string> => {
  const bytes = await readBytes(path, what);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    throw new Failure(
      'FILE_ENCODING',
      `expected ${what} at ${path}: it is UTF-16, as Windows PowerShell writes with ">"; make it again in cmd.exe`,
    );
  }
  // the mark with which Windows begins files of UTF-8
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
};

type Problem = { readonly code: string; readonly message: string };
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Problem };

/** A certificate file's text through one of the readers of PEM. @throws Failure with the file's name and the reader's reason */
export const readCertificateFile = async <T>(
  path: string,
  what: string,
  reader: (text: string) => Read<T>,
): Promise<Read<T>> => {
  const read = reader(await readSmall(path, what));
  // The reader's words are for an upload; here the key never left.
  return !read.ok && read.error.code === 'PRIVATE_KEY_IN_UPLOAD'
    ? {
        ok: false,
        error: {
          code: 'PRIVATE_KEY_IN_FILE',
          message: `expected ${what}, got a file with a private key; nothing was sent: give it without the key`,
        },
      }
    : read;
};

/** @throws Failure with the file's name and why it is not what was expected */
export const contentOf = <T>(path: string, read: Read<T>): T => {
  if (read.ok) return read.value;
  throw new Failure(read.error.code, `${path}: ${read.error.message}`);
};

const KEY_IN_FILE = 'PRIVATE KEY-----';

/** Text that is sent as it is, as long as it holds no private key. @throws Failure */
export const readPemFile = async (path: string, what: string): Promise<string> => {
  const text = await readSmall(path, what);
  if (!text.includes(KEY_IN_FILE)) return text;
  throw new Failure(
    'PRIVATE_KEY_IN_FILE',
    `expected ${what} at ${path}, got a file with a private key; nothing was sent: give it without the key`,
  );
};

/** What the management API finds wrong with a file's content names the file, as what is found here does. */
export const aboutFile = <T>(path: string, answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw error instanceof ApiFailure && error.status === 400
      ? new ApiFailure(error.code, `${path}: ${error.message}`, error.status)
      : error;
  });

/** A private key, which stays on this machine. @throws Failure */
export const readKeyFile = (path: string): Promise<string> => readSmall(path, 'a private key, PEM,');

/** A revocation list in PEM as it is, in DER as base64: the management API takes both. @throws Failure */
export const readCrlFile = async (path: string): Promise<string> => {
  const what = 'a certificate revocation list, PEM or DER,';
  const bytes = await readBytes(path, what, CRL_LIMIT_BYTES);
  if (bytes.includes(KEY_IN_FILE))
    throw new Failure(
      'PRIVATE_KEY_IN_FILE',
      `expected ${what} at ${path}, got a file with a private key; nothing was sent: give it without the key`,
    );
  return bytes.includes('-----BEGIN ') ? bytes.toString('utf8') : bytes.toString('base64');
};

/** One a line; blank lines and lines that begin with `#` are skipped, repeats count once. */
const listed = (text: string): string[] => [
  ...new Set(
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  ),
];

/** Common names, one a line; `#` begins a comment line. */
export const readAllowList = async (path: string): Promise<string[]> => {
  const what = 'a list of common names, one a line,';
  const names = listed(await readSmall(path, what));
  const long = names.find((name) => name.length > CN_LIMIT);
  if (long !== undefined) {
    throw new Failure(
      'ALLOW_LIST',
      `expected ${what} at ${path}: number ${names.indexOf(long) + 1} is longer than ${CN_LIMIT} characters`,
    );
  }
  if (names.length === 0)
    throw new Failure('ALLOW_LIST', `expected ${what} at ${path}: an empty list lets no device in`);
  return names;
};

const PERMISSIONS = 'a JSON list of permissions such as [{"resource": "plant/#", "operation": "read"}]';

/** A list, or a role: what the management API takes, or what `role show --json` prints. */
const PermissionFile = v.union([
  v.array(v.unknown()),
  v.object({
    permissions: v.array(v.unknown()),
    name: v.optional(v.string()),
    plusMode: v.optional(v.picklist(PLUS_MODES)),
    id: v.optional(v.string()),
    version: v.optional(v.number()),
  }),
]);

const parsedJson = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('PERMISSION_FILE', `expected ${PERMISSIONS} at ${path}: it is not JSON`);
  }
};

/** A misspelt key is one that is unknown and one that is missing: the first says more. */
const shapeProblem = (issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string => {
  const unknown = issues.find(({ expected }) => expected === 'never');
  if (unknown !== undefined) return `: unknown key ${shown(unknown.received)}, ${unknown.message}`;
  const [{ message, received }] = issues;
  const field = v.getDotPath(issues[0]);
  const place = field === null || received === 'undefined' ? '' : `.${field}`;
  return `${place}: ${message}${received === 'undefined' ? '' : `, got ${shown(received)}`}`;
};

export type PermissionsRead = {
  /** of the role that the file holds; null when it holds a list */
  readonly name: string | null;
  readonly permissions: Permission[];
  /** of that role; null when the file does not say */
  readonly plusMode: PlusMode | null;
  /** which role it is, and which version of it; null when the file does not say both */
  readonly role: RoleRead | null;
};
export type RoleRead = { readonly id: string; readonly version: number };

/**
 * Every permission in a file, each checked as the cloud checks it, with what a role says beside them.
 * @throws Failure with the position of the wrong one
 */
export const readPermissionFile = async (path: string): Promise<PermissionsRead> => {
  const file = v.safeParse(PermissionFile, parsedJson(path, await readSmall(path, PERMISSIONS)));
  if (!file.success) throw new Failure('PERMISSION_FILE', `expected ${PERMISSIONS} at ${path}: it is other JSON`);
  const {
    name = null,
    permissions: entries,
    plusMode = null,
    id,
    version,
  } = Array.isArray(file.output) ? { permissions: file.output } : file.output;
  const permissions = entries.map((entry, position) => {
    const where = `${path}: permissions[${position}]`;
    const shape = v.safeParse(PermissionBody, entry);
    if (!shape.success) throw new Failure('PERMISSION_FILE', where + shapeProblem(shape.issues));
    const permission = parsePermission(shape.output);
    if (permission.ok) return permission.value;
    throw new Failure(permission.error.code, `${where}: ${permission.error.message}`);
  });
  return { name, permissions, plusMode, role: id === undefined || version === undefined ? null : { id, version } };
};

/** Usernames, one a line, as `readAllowList` reads common names. @throws Failure with the number of one that is none */
export const readUsernames = async (path: string): Promise<string[]> => {
  const what = 'a list of usernames, one a line,';
  const names = listed(await readSmall(path, what));
  if (names.length === 0) throw new Failure('USER_LIST', `expected ${what} at ${path}: none is there`);
  const odd = names.findIndex((name) => !USERNAME.test(name));
  if (odd >= 0)
    throw new Failure(
      'USER_LIST',
      `expected ${what} at ${path}: number ${odd + 1} is none; it has a-z, A-Z, 0-9, : . _ @ and -, 1 to 64 characters`,
    );
  return names;
};
