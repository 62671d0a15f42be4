// Compiles a permission set into AWS IoT policy documents that allow what its permissions say, and nothing more.

import { type ArnParts, baseStatements, policyResource, profilePatterns } from './device-policy.ts';
import { meets } from './pattern-overlap.ts';
import type { Permission, PlusMode } from './permission.ts';
import type { PermissionSet } from './permission-set.ts';
import { type Bundle, type Clause, DOCUMENT_SIZE_LIMIT, layOut, type PolicyText, sizeAlone } from './policy-layout.ts';
import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';
import {
  covers,
  type Glob,
  globsOf,
  hasLeadingWildcard,
  levelsIn,
  type TopicPattern,
  topicPattern,
} from './topic-pattern.ts';

/** A permission, and who gives it: `role line-1`, `user device001`. */
export type Granted = { readonly permission: Permission; readonly from: string; readonly plusMode: PlusMode };
/** Where a resource of a policy comes from: `naming profile eu1` without a permission for what every device has. */
export type Source = { readonly from: string; readonly permission: Permission | null };

export type CompiledDocument = PolicyText<Source>;

/** A permission that the policies do not say exactly: they refuse topics that it grants, or allow more, as was asked. */
export type Inexact = {
  readonly granted: Granted;
  readonly kind: 'narrower' | 'wider';
  readonly because: string;
};
export type CompiledSet = { readonly documents: readonly CompiledDocument[]; readonly inexact: readonly Inexact[] };

export type CompileProblem = {
  readonly code: 'POLICY_UNREPRESENTABLE' | 'POLICY_TOO_LARGE';
  /** what is wrong and what to do, on one line */
  readonly message: string;
};

/**
 * Raised whenever the same permissions may come to other documents, so that a set which an older release applied counts
 * as not applied any more (`contentOf`).
 */
export const COMPILER_VERSION = 1;

/** Two policies on each of five thing groups, one within the other. */
const DOCUMENTS_LIMIT = 10;
/**
 * More than ten documents hold, so that only permissions which others cover count here. Each is held against all others:
 * time grows with the square of their number, and an operator waits for it.
 */
const PERMISSIONS_LIMIT = 500;

/** What may be done with a topic. A bound is needed, and may be in the way, for each of them apart. */
type Right = 'publish' | 'retain' | 'read';
const ACTIONS: Readonly<Record<Right, readonly string[]>> = {
  publish: ['iot:Publish'],
  // needed beside iot:Publish (AWS IoT guide, Policy actions)
  retain: ['iot:RetainPublish'],
  // AWS asks for Receive at every delivery, so that what a filter matches beyond the permission is never delivered
  read: ['iot:Subscribe', 'iot:Receive'],
};

const rightsOf = ({ operation, allowRetain }: Permission): readonly Right[] => [
  ...(operation === 'read' ? [] : (['publish'] as const)),
  ...(operation !== 'read' && allowRetain ? (['retain'] as const) : []),
  ...(operation === 'write' ? [] : (['read'] as const)),
];

/** Something that a device of the set may do: a permission, or (`granted` is null) the topics of the naming profile. */
type Grant = {
  readonly resource: string;
  readonly pattern: TopicPattern;
  /** the same with the tenant's name: what it matches for the devices of the set */
  readonly topics: TopicPattern;
  readonly rights: readonly Right[];
  readonly from: string;
  readonly granted: Granted | null;
};

/** All that a device of the set may do. */
type Together = { readonly tenant: string; readonly grants: readonly Grant[] };

const profileName = ({ profile }: PermissionSet): string => `naming profile ${profile}`;

const profileGrants = (set: PermissionSet): readonly Grant[] => {
  const patterns = profilePatterns(set);
  if (patterns === null) return [];
  const grant = (resource: string, right: Right): Grant => ({
    resource,
    pattern: topicPattern(resource),
    topics: topicPattern(resource),
    rights: [right],
    from: profileName(set),
    granted: null,
  });
  return [grant(patterns.publish, 'publish'), grant(patterns.read, 'read')];
};

/**
 * In an order that the given one has no part in. Of those with the same pattern `exact` stands ahead of `widen`, which
 * nobody may be given unasked, and more rights ahead of fewer.
 */
const permissionGrants = ({ tenant }: PermissionSet, granted: readonly Granted[]): readonly Grant[] =>
  granted
    .map((one) => {
      const { resource } = one.permission;
      const rights = rightsOf(one.permission);
      const pattern = topicPattern(resource);
      const topics = levelsIn(tenant, pattern);
      const grant: Grant = { resource, pattern, topics, rights, from: one.from, granted: one };
      return { grant, key: [resource, one.plusMode, 9 - rights.length, rights, one.from].join('\0') };
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ grant }) => grant);

/**
 * The rights of a grant that no other one gives too; of two that say the same, the first stays. `{tenant}` is not the
 * tenant's name here: what a name in a topic gives does not hang on an attribute of the thing.
 */
const rightsLeft = (grant: Grant, grants: readonly Grant[]): readonly Right[] => {
  const place = grants.indexOf(grant);
  const covering = grants.filter(
    (other, at) => covers(other.pattern, grant.pattern) && (at < place || !covers(grant.pattern, other.pattern)),
  );
  return grant.rights.filter((right) => !covering.some((other) => other.rights.includes(right)));
};

const described = ({ from, resource }: Grant): string => `${shown(from)}: ${shown(resource)}`;

/** A bound of a grant, and the rights for which it may be denied. */
type Bound = {
  readonly glob: Glob;
  readonly rights: readonly Right[];
  /** what a Deny would refuse, where it was left out */
  readonly spared: Grant | null;
  /** it refuses topics of the grant itself */
  readonly narrows: boolean;
};

const conflict = (grant: Grant, bound: Glob, other: Grant): CompileProblem => ({
  code: 'POLICY_UNREPRESENTABLE',
  message:
    `${described(grant)} cannot stand beside ${described(other)}: an IoT policy knows no wildcard for one level, so ` +
    `the first needs a Deny of ${shown(bound.join('/'))}, which would refuse topics that the second grants; use # in ` +
    'the place of +, or a layout in which such topics never meet, or plusMode widen, where + stands for several levels',
});

/**
 * The grants with topics that a Deny of the bound would refuse. Topics are enough to look at, for filters too: a Deny has
 * `*` and no `+` or `#`, so that where it hits a filter, its `*` take whatever is in place of the filter's wildcards, and
 * it hits topics that the filter matches. Those are in the grant that the filter is within.
 *
 * Grants that others cover count as well: the one that covers may be this one, whose bound refuses some of its own topics.
 */
const refusedBy = (bound: Glob, { topics }: Grant, grants: readonly Grant[]): readonly Grant[] =>
  grants.filter((other) => meets(bound, other.topics) && other.topics.join('/') !== topics.join('/'));

const boundOf = (
  glob: Glob,
  grant: Grant,
  plusMode: PlusMode,
  rights: readonly Right[],
  { tenant, grants }: Together,
): Result<Bound, CompileProblem> => {
  const denied = levelsIn(tenant, glob);
  const own = meets(denied, grant.topics);
  const others = refusedBy(denied, grant, grants);
  const refused = (right: Right): Grant | undefined => others.find((other) => other.rights.includes(right));
  if (plusMode === 'exact') {
    const [other] = rights.flatMap((right) => refused(right) ?? []);
    return other ? err(conflict(grant, glob, other)) : ok({ glob, rights, spared: null, narrows: own });
  }
  if (own) return ok({ glob, rights: [], spared: grant, narrows: false });
  const [spared = null] = rights.flatMap((right) => refused(right) ?? []);
  return ok({ glob, rights: rights.filter((right) => !refused(right)), spared, narrows: false });
};

const inexactness = (granted: Granted, bounds: readonly Bound[]): Inexact | null => {
  for (const { glob, narrows, spared } of bounds) {
    const deny = `a Deny of ${shown(glob.join('/'))}`;
    if (narrows)
      return {
        granted,
        kind: 'narrower',
        because: `${deny} holds its + to one level, and also refuses topics in which what follows the + comes again`,
      };
    if (spared)
      return {
        granted,
        kind: 'wider',
        because: `its + stands for several levels: ${deny} would refuse topics of ${described(spared)}`,
      };
  }
  return null;
};

/** Clauses for actions on globs. */
const clauseOf = (
  effect: Clause['effect'],
  rights: readonly Right[],
  globs: readonly Glob[],
  arn: ArnParts,
): Clause => ({
  effect,
  actions: rights.flatMap((right) => ACTIONS[right]),
  resources: globs.flatMap((glob) =>
    (rights.includes('read') ? ['topic', 'topicfilter'] : ['topic']).map((type) =>
      policyResource(arn, `${type}/${glob.join('/')}`),
    ),
  ),
});

type Compiled = { readonly bundle: Bundle<Source>; readonly inexact: Inexact | null };

/** Null when others give all of it. */
const compileGrant = (
  grant: Grant,
  granted: Granted,
  together: Together,
  arn: ArnParts,
): Result<Compiled | null, CompileProblem> => {
  const rights = rightsLeft(grant, together.grants);
  if (rights.length === 0) return ok(null);
  const { allow, bounds: globs } = globsOf(grant.pattern);
  const bounds: Bound[] = [];
  for (const glob of globs) {
    const bound = boundOf(glob, grant, granted.plusMode, rights, together);
    if (!bound.ok) return bound;
    bounds.push(bound.value);
  }
  const denied = bounds.filter((bound) => bound.rights.length > 0);
  // nothing that is granted begins with $, so this is in no one's way; a Deny in each document that needs it, because
  // another document may be replaced at any time
  const system = hasLeadingWildcard(grant.pattern) ? [clauseOf('Deny', rights, [['$*']], arn)] : [];
  const bundle = {
    source: { from: grant.from, permission: granted.permission },
    clauses: [
      clauseOf('Allow', rights, allow, arn),
      ...denied.map((bound) => clauseOf('Deny', bound.rights, [bound.glob], arn)),
      ...system,
    ],
  };
  const size = sizeAlone(bundle);
  if (size > DOCUMENT_SIZE_LIMIT)
    return err({
      code: 'POLICY_TOO_LARGE',
      message:
        `${described(grant)} takes a policy of ${size} bytes, expected at most ${DOCUMENT_SIZE_LIMIT}; ` +
        'use fewer + or shorter levels',
    });
  return ok({ bundle, inexact: inexactness(granted, bounds) });
};

/**
 * The policies of a permission set: the same permissions in any order give the same bytes. `http` permissions reach none.
 *
 * A device may publish, retain and receive exactly what the patterns match, except what `inexact` lists: a `+` ahead of
 * a level, in a pattern that ends in `#`, loses topics that its bound refuses (`narrower`), and where `widen` was asked
 * for and is needed, a `+` stands for several levels (`wider`). It may subscribe to every filter that matches nothing
 * beyond one of the patterns, and to some that match more, which then deliver no more. `a/#` gives the right to receive
 * `a`, but AWS IoT Core does not deliver it to a subscription of `a/#`: that takes one of `a`.
 *
 * A document allows by itself no more than its permissions, since an Allow and every Deny that bounds it stand in it
 * together. While documents are replaced one after the other, any mix of old and new ones allows no more than what was
 * granted before and what is granted after.
 *
 * @param granted permissions of the set's roles and user, as `parsePermission` made them
 */
export const compilePolicies = (
  set: PermissionSet,
  granted: readonly Granted[],
  arn: ArnParts,
): Result<CompiledSet, CompileProblem> => {
  const asked = granted.filter(({ permission }) => permission.context === 'mqtt');
  if (asked.length > PERMISSIONS_LIMIT)
    return err({
      code: 'POLICY_TOO_LARGE',
      message:
        `the permissions are ${asked.length}, expected at most ${PERMISSIONS_LIMIT} together; ` +
        'use one # in the place of many topics',
    });
  const grants = [...profileGrants(set), ...permissionGrants(set, asked)];
  const compiled: Compiled[] = [];
  for (const grant of grants) {
    const result = grant.granted ? compileGrant(grant, grant.granted, { tenant: set.tenant, grants }, arn) : ok(null);
    if (!result.ok) return result;
    if (result.value) compiled.push(result.value);
  }
  const base = { source: { from: profileName(set), permission: null }, statements: baseStatements(set, arn) };
  const documents = layOut<Source>(
    base,
    compiled.map(({ bundle }) => bundle),
  );
  const limit = set.composition === null ? 1 : DOCUMENTS_LIMIT;
  if (documents.length > limit)
    return err({
      code: 'POLICY_TOO_LARGE',
      message:
        `the permissions take ${documents.length} policies of ${DOCUMENT_SIZE_LIMIT} bytes, expected at most ` +
        `${limit}; use fewer permissions, shorter topics, or one # in the place of many topics`,
    });
  return ok({ documents, inexact: compiled.flatMap(({ inexact }) => inexact ?? []) });
};

/**
 * Where a resource of a statement comes from; all counted from 0, as `authorize` does.
 * @throws RangeError when there is no such resource
 */
export const sourceOf = (compiled: CompiledSet, document: number, statement: number, resource: number): Source => {
  const source = compiled.documents[document]?.sources[statement]?.[resource];
  if (source === undefined)
    throw new RangeError(`no resource ${resource} in statement ${statement} of document ${document}`);
  return source;
};
