// Compiles a permission set into AWS IoT policy documents that allow what its permissions say, and nothing more.

import {
  type ArnParts,
  baseStatements,
  type PolicyStatement,
  policyResource,
  profilePatterns,
} from './device-policy.ts';
import { meets } from './pattern-overlap.ts';
import type { Permission, PlusMode } from './permission.ts';
import type { PermissionSet } from './permission-set.ts';
import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';
import { covers, type Glob, globsOf, hasLeadingWildcard, type TopicPattern, topicPattern } from './topic-pattern.ts';

/** A permission, and who gives it: `role line-1`, `user device001`. */
export type Granted = { readonly permission: Permission; readonly from: string; readonly plusMode: PlusMode };
/** Where a resource of a policy comes from: `naming profile eu1` without a permission for what every device has. */
export type Source = { readonly from: string; readonly permission: Permission | null };

export type CompiledDocument = {
  readonly json: string;
  /** characters that are not white space: those that AWS counts */
  readonly size: number;
  /** by statement, then by resource */
  readonly sources: readonly (readonly Source[])[];
};

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

// AWS General Reference, AWS IoT Core quotas: policy document size
const SIZE_LIMIT = 2_048;
const DOCUMENTS_LIMIT = 10;

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
  readonly rights: readonly Right[];
  readonly from: string;
  readonly granted: Granted | null;
};

const profileName = ({ profile }: PermissionSet): string => `naming profile ${profile}`;

const profileGrants = (set: PermissionSet): readonly Grant[] => {
  const patterns = profilePatterns(set);
  if (patterns === null) return [];
  const grant = (resource: string, right: Right): Grant => ({
    resource,
    pattern: topicPattern(resource),
    rights: [right],
    from: profileName(set),
    granted: null,
  });
  return [grant(patterns.publish, 'publish'), grant(patterns.read, 'read')];
};

/** In an order that depends on nothing but the permissions; `exact` ahead of `widen`, more rights ahead of fewer. */
const permissionGrants = (granted: readonly Granted[]): readonly Grant[] =>
  granted
    .filter(({ permission }) => permission.context === 'mqtt')
    .map((one) => {
      const { resource } = one.permission;
      const rights = rightsOf(one.permission);
      const grant: Grant = { resource, pattern: topicPattern(resource), rights, from: one.from, granted: one };
      return { grant, key: [resource, one.plusMode, 9 - rights.length, rights, one.from].join('\0') };
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ grant }) => grant);

/** The rights of a grant that no other one gives too; of two that say the same, the first stays. */
const rightsLeft = (grant: Grant, grants: readonly Grant[]): readonly Right[] => {
  const place = grants.indexOf(grant);
  const covering = grants.filter(
    (other, at) =>
      other !== grant && covers(other.pattern, grant.pattern) && (at < place || !covers(grant.pattern, other.pattern)),
  );
  return grant.rights.filter((right) => !covering.some((other) => other.rights.includes(right)));
};

/** One glob of a statement. */
type Clause = { readonly effect: 'Allow' | 'Deny'; readonly rights: readonly Right[]; readonly glob: Glob };

const described = ({ from, resource }: Grant): string => shown(`${from}: ${resource}`);

const conflictMessage = (grant: Grant, bound: Glob, other: Grant): string =>
  `${described(grant)} cannot stand beside ${described(other)}: an IoT policy has no wildcard for one level, so that ` +
  `the + needs a Deny of ${shown(bound.join('/'))}, which would refuse topics that the other grants; ` +
  'use # instead of +, lay the topics out so that the two never meet, or let the + stand for several levels (plusMode widen)';

/** A grant as its clauses, which have to stand in one document: an allow without its bound allows too much. */
type Compiled = {
  readonly source: Source;
  readonly clauses: readonly Clause[];
  readonly inexact: Inexact | null;
};

const compileGrant = (
  grant: Grant,
  granted: Granted,
  grants: readonly Grant[],
): Result<Compiled | null, CompileProblem> => {
  const rights = rightsLeft(grant, grants);
  if (rights.length === 0) return ok(null);
  const { allow, bounds } = globsOf(grant.pattern);
  const clauses: Clause[] = allow.map((glob) => ({ effect: 'Allow', rights, glob }));
  const narrower = new Set<string>();
  const wider = new Set<string>();
  for (const bound of bounds) {
    const refusesOwn = meets(bound, grant.pattern);
    const kept: Right[] = [];
    for (const right of rights) {
      // also what is covered: its cover may be this grant, whose bound refuses a part of its own topics
      const other = grants.find(
        (one) => one.resource !== grant.resource && one.rights.includes(right) && meets(bound, one.pattern),
      );
      if (granted.plusMode === 'exact') {
        if (other) return err({ code: 'POLICY_UNREPRESENTABLE', message: conflictMessage(grant, bound, other) });
        kept.push(right);
      } else if (other || refusesOwn) {
        wider.add(
          `the + stands for several levels, since a Deny of ${bound.join('/')} would refuse topics of ${other ? described(other) : 'its own'}`,
        );
      } else {
        kept.push(right);
      }
    }
    if (refusesOwn && kept.length > 0)
      narrower.add(
        `the Deny of ${bound.join('/')} that bounds the + also refuses topics that repeat what follows the +`,
      );
    if (kept.length > 0) clauses.push({ effect: 'Deny', rights: kept, glob: bound });
  }
  // MQTT 5 §4.7.2, where a policy's * knows no such rule; nothing that is granted begins with $, so it is in no one's way
  if (hasLeadingWildcard(grant.pattern)) clauses.push({ effect: 'Deny', rights, glob: ['$*'] });
  const inexact = narrower.size > 0 ? 'narrower' : wider.size > 0 ? 'wider' : null;
  return ok({
    source: { from: grant.from, permission: granted.permission },
    clauses,
    inexact: inexact && { granted, kind: inexact, because: [...narrower, ...wider].join('; ') },
  });
};

type Statement = { readonly statement: PolicyStatement; readonly sources: readonly Source[] };

/** One statement for all clauses of the same effect and rights. */
const statementsOf = (grants: readonly Compiled[], arn: ArnParts): readonly Statement[] => {
  const statements = new Map<
    string,
    { effect: Clause['effect']; rights: readonly Right[]; sources: Map<string, Source> }
  >();
  for (const { clauses, source } of grants)
    for (const { effect, rights, glob } of clauses) {
      const key = `${effect} ${rights.join(' ')}`;
      const statement = statements.get(key) ?? { effect, rights, sources: new Map<string, Source>() };
      statements.set(key, statement);
      for (const kind of rights.includes('read') ? ['topic', 'topicfilter'] : ['topic']) {
        const resource = policyResource(arn, `${kind}/${glob.join('/')}`);
        if (!statement.sources.has(resource)) statement.sources.set(resource, source);
      }
    }
  return [...statements.values()].map(({ effect, rights, sources }) => ({
    statement: { Effect: effect, Action: rights.flatMap((right) => ACTIONS[right]), Resource: [...sources.keys()] },
    sources: [...sources.values()],
  }));
};

const documentOf = (statements: readonly Statement[]): CompiledDocument => {
  const json = JSON.stringify({ Version: '2012-10-17', Statement: statements.map(({ statement }) => statement) });
  // the only white space that JSON.stringify leaves is inside of strings
  return { json, size: json.replaceAll(' ', '').length, sources: statements.map(({ sources }) => sources) };
};

/** Each grant into the first document that has room for it. */
const split = (
  set: PermissionSet,
  grants: readonly Compiled[],
  arn: ArnParts,
): Result<readonly CompiledDocument[], CompileProblem> => {
  const base = baseStatements(set, arn).map(
    (statement): Statement => ({
      statement,
      sources: [{ from: profileName(set), permission: null }],
    }),
  );
  const tooLarge = (message: string) => err<CompileProblem>({ code: 'POLICY_TOO_LARGE', message });
  const parts: { grants: readonly Compiled[]; document: CompiledDocument }[] = [
    { grants: [], document: documentOf(base) },
  ];
  for (const grant of grants) {
    const fitted = parts.some((part, at) => {
      const more = [...part.grants, grant];
      const document = documentOf([...(at === 0 ? base : []), ...statementsOf(more, arn)]);
      if (document.size > SIZE_LIMIT) return false;
      parts[at] = { grants: more, document };
      return true;
    });
    if (fitted) continue;
    const document = documentOf(statementsOf([grant], arn));
    if (document.size > SIZE_LIMIT)
      return tooLarge(
        `${shown(`${grant.source.from}: ${grant.source.permission?.resource}`)} takes ${document.size} characters of policy, which has at most ${SIZE_LIMIT}; ` +
          'use a shorter topic, fewer +, or read and write as two permissions',
      );
    parts.push({ grants: [grant], document });
  }
  if (parts.length > DOCUMENTS_LIMIT)
    return tooLarge(
      `the permissions take ${parts.length} policies of ${SIZE_LIMIT} characters, expected at most ${DOCUMENTS_LIMIT}; ` +
        'use fewer or shorter topics, or one with # in the place of many',
    );
  return ok(parts.map(({ document }) => document));
};

/**
 * The policies of a permission set: the same permissions in any order give the same bytes. `http` permissions reach none.
 *
 * A device may publish, retain or receive exactly what a permission's pattern matches, but for what `inexact` lists: a
 * `+` ahead of a level in a pattern that ends in `#` loses the topics that its bound hits (`narrower`). It may subscribe
 * to every filter that matches nothing beyond one pattern, and to some that match more and deliver no more. A
 * subscription of `a/#` may receive `a`, but AWS IoT Core does not deliver it there.
 *
 * Each document allows no more than the permissions in it, so that while documents are replaced one after the other,
 * any mix of them allows no more than what was granted before and what is granted after.
 *
 * @param granted permissions of the set's roles and user, as `parsePermission` made them
 */
export const compilePolicies = (
  set: PermissionSet,
  granted: readonly Granted[],
  arn: ArnParts,
): Result<CompiledSet, CompileProblem> => {
  const grants = [...profileGrants(set), ...permissionGrants(granted)];
  const compiled: Compiled[] = [];
  for (const grant of grants) {
    if (grant.granted === null) continue;
    const result = compileGrant(grant, grant.granted, grants);
    if (!result.ok) return result;
    if (result.value) compiled.push(result.value);
  }
  const documents = split(set, compiled, arn);
  if (!documents.ok) return documents;
  return ok({ documents: documents.value, inexact: compiled.flatMap(({ inexact }) => inexact ?? []) });
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
