// What would have to change for the other answer. An edit of a role is advised only when the set compiles with it, and
// then answers otherwise.

import { judge, operationFor, type Question, type Rights } from './judge-permission.ts';
import { meets } from './pattern-overlap.ts';
import { type Operation, type Permission, parsePermission } from './permission.ts';
import type { Granted } from './permission-compiler.ts';
import { resolved } from './permission-nearness.ts';
import { err, ok, type Result } from './result.ts';
import { ADMIN_ROLE_NAME } from './role.ts';
import { globsOf, topicPattern } from './topic-pattern.ts';

/** Nobody can edit it, only take it from a user. */
const BUILT_IN = `role ${ADMIN_ROLE_NAME}`;
const isRole = (from: string): boolean => from.startsWith('role ');

const userOf = ({ user }: Pick<Rights, 'user'>): string => (user === null ? 'its user' : `user ${user}`);

/** `write on plant/+/state` */
const worded = ({ operation, resource }: Pick<Permission, 'operation' | 'resource'>): string =>
  `${operation} on ${resource}`;

/** What every device that is let in may do, no role can take. */
const adviceToKeepOut = ({ user }: Rights): string =>
  user === null
    ? 'nothing short of keeping the device out: no role gives this, so that none can take it away'
    : `take the certificate grant from user ${user}, which keeps the device out: no role gives this`;

type Edit = { readonly words: string; readonly granted: readonly Granted[] };

const replaced = (granted: readonly Granted[], old: Granted, by: Permission | null): readonly Granted[] =>
  granted.flatMap((one) => (one === old ? (by === null ? [] : { ...one, permission: by }) : one));

const without = (operation: Operation, taken: Operation): Operation | null =>
  operation === taken ? null : taken === 'read' ? 'write' : 'read';

/** Takes from a permission what answers the question, and no more. */
const reduction = ({ granted, user }: Rights, cause: Granted, { action, retain }: Question): Edit => {
  const { permission, from } = cause;
  if (from === BUILT_IN)
    return { words: `take ${from} from ${userOf({ user })}`, granted: granted.filter((one) => one.from !== from) };
  if (retain)
    return {
      words: `take allowRetain from ${worded(permission)} of ${from}`,
      granted: replaced(granted, cause, { ...permission, allowRetain: false }),
    };
  const left = without(permission.operation, operationFor(action));
  if (left === null)
    return { words: `remove ${worded(permission)} from ${from}`, granted: replaced(granted, cause, null) };
  return {
    words: `make ${worded(permission)} of ${from} ${left} only`,
    granted: replaced(granted, cause, { ...permission, operation: left }),
  };
};

/** What to take away for the answer no: one permission after the other, until none allows it any more. */
export const adviceToRefuse = (rights: Rights, question: Question): string => {
  if (question.action === 'connect') return adviceToKeepOut(rights);
  const edits: string[] = [];
  let left = rights;
  let judged = judge(left, question);
  while (judged.ok && judged.value.allowed && edits.length <= rights.granted.length) {
    const { source } = judged.value;
    const cause = left.granted.find(
      ({ from, permission }) => from === source?.from && permission === source.permission,
    );
    if (!cause) return adviceToKeepOut(left);
    const { words, granted } = reduction(left, cause, question);
    edits.push(words);
    left = { ...left, granted };
    judged = judge(left, question);
  }
  const rest = judged.ok ? '' : `; what is left must be changed too: ${judged.error.message}`;
  return `${edits.join(', and ')}${rest}`;
};

/** The permission with what the question asks for beside what it has; null when it has it. */
const upgrade = (granted: readonly Granted[], near: Granted, { action, retain }: Question): Edit | null => {
  const { permission, from } = near;
  const needed = operationFor(action);
  const more = permission.operation !== needed && permission.operation !== 'readWrite';
  if (!more && (!retain || permission.allowRetain)) return null;
  const after: Permission = {
    ...permission,
    operation: more ? 'readWrite' : permission.operation,
    allowRetain: permission.allowRetain || retain,
  };
  const change = more
    ? `make ${worded(permission)} of ${from} readWrite`
    : `set allowRetain for ${worded(permission)} of ${from}`;
  return {
    words: more && retain ? `${change} with allowRetain` : change,
    granted: replaced(granted, near, after),
  };
};

/** A permission of its own for what was asked, in the role that stands nearest. */
const addition = (rights: Rights, wanted: Permission, host: string | null): Edit => {
  const what = `${worded(wanted)}${wanted.allowRetain ? ' with allowRetain' : ''}`;
  return {
    words: host === null ? `give ${userOf(rights)} a role with ${what}` : `add ${what} to ${host}`,
    granted: [...rights.granted, { permission: wanted, from: host ?? 'a new role', plusMode: 'exact' }],
  };
};

/** Roles with a `+` whose bound refuses what was asked. */
const boundingRoles = (rights: Rights, { resource }: Question): readonly string[] => {
  const asked = topicPattern(resource);
  const bounding = rights.granted.filter(({ permission, from }) => {
    const { bounds } = globsOf(topicPattern(resolved(permission.resource, rights)));
    return isRole(from) && bounds.some((bound) => meets(bound, asked));
  });
  return [...new Set(bounding.map(({ from }) => from))];
};

const widened = (edit: Edit, roles: readonly string[]): Edit => ({
  words: `${edit.words === '' ? '' : `${edit.words}, and `}set plusMode widen on ${roles.join(' and ')}, whose + then stands for several levels too`,
  granted: edit.granted.map((one) => (roles.includes(one.from) ? { ...one, plusMode: 'widen' } : one)),
});

/** The edits that let the device, of those given; `obstacle` is what keeps others from it. */
const working = (rights: Rights, question: Question, edits: readonly Edit[]) => {
  let obstacle: string | null = null;
  const words = edits.flatMap((edit): readonly string[] => {
    const judged = judge({ ...rights, granted: edit.granted }, question);
    if (judged.ok) return judged.value.allowed ? [edit.words] : [];
    obstacle ??= judged.error.message;
    return [];
  });
  return { words, obstacle };
};

/**
 * @param near the permission that comes nearest to what was asked; null when none is near
 * @returns the edits that let the device, the one that gives least first; else why none does
 */
export const adviceToAllow = (rights: Rights, question: Question, near: Granted | null): Result<string, string> => {
  const { clientId, set, user, granted } = rights;
  if (set.composition === null && user === null)
    return err(
      'no role reaches it: it was let in while its tenant asked for no users (userMatch); once the tenant does, retry the device, which brings it under the user of its common name',
    );
  const { action, resource, retain } = question;
  const wanted = parsePermission({
    // a role is many devices': what one of them has as its own, each is to have
    resource: resource
      .split('/')
      .map((level) => (level === clientId ? '{clientId}' : level))
      .join('/'),
    operation: operationFor(action),
    context: 'mqtt',
    allowRetain: retain,
  });
  const editable = granted.filter(({ from }) => from !== BUILT_IN);
  const own = near !== null && editable.includes(near) ? near : null;
  const more = own && upgrade(granted, own, question);
  // of the same topic, more for what is there says it with one permission less
  const added =
    wanted.ok && !(more && own.permission.resource === wanted.value.resource)
      ? addition(rights, wanted.value, (own ?? editable[0])?.from ?? null)
      : null;
  const edits = [added, more].filter((edit) => edit !== null);
  const plain = working(rights, question, edits);
  if (plain.words.length > 0) return ok(plain.words.join(', or wider: '));

  const roles = boundingRoles(rights, question);
  const wider = [{ words: '', granted }, ...edits].map((edit) => widened(edit, roles));
  const [widening] = roles.length === 0 ? [] : working(rights, question, wider).words;
  if (widening !== undefined) return ok(widening);
  if (!wanted.ok) return err(`no permission can name it: ${wanted.error.message}`);
  return err(`no permission can give it beside those it has: ${plain.obstacle}`);
};
