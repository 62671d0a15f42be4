// Which of a device's permissions comes nearest to a request that was refused, and in what it falls short.

import { profilePatterns } from './device-policy.ts';
import { operationFor, type Question, type Rights } from './judge-permission.ts';
import { meets } from './pattern-overlap.ts';
import type { Granted } from './permission-compiler.ts';
import { covers, globsOf, type TopicPattern, topicPattern } from './topic-pattern.ts';

/** A pattern as it is for this device. */
export const resolved = (pattern: string, { clientId, set }: Rights): string =>
  pattern.replaceAll('{clientId}', clientId).replaceAll('{tenant}', set.tenant);

export const coversTopic = (pattern: string, asked: string): boolean =>
  covers(topicPattern(pattern), topicPattern(asked));

/** In what a permission falls short; the nearest first. */
const NEARNESS = ['covers', 'spelling', 'another', 'operation', 'wider', 'levels', 'http'] as const;
type Nearness = (typeof NEARNESS)[number];
export type Near = { readonly kind: Nearness; readonly granted: Granted };

/** The topic as the pattern spells it: without slashes at its ends, and in the pattern's case. */
export const respelt = (pattern: string, asked: string): string => {
  const literals = topicPattern(pattern);
  return topicPattern(asked.replaceAll(/^\/+|\/+$/g, ''))
    .map((level, at) => (literals[at]?.toLowerCase() === level.toLowerCase() ? literals[at] : level))
    .join('/');
};

/** The filter of exactly the topics that both match; null when they share none. */
export const common = (one: TopicPattern, other: TopicPattern): TopicPattern | null => {
  const levels: string[] = [];
  for (const [at, level] of one.entries()) {
    const beside = other[at];
    if (level === '#') return [...levels, ...other.slice(at)];
    if (beside === '#') return [...levels, ...one.slice(at)];
    if (beside === undefined || (level !== beside && level !== '+' && beside !== '+')) return null;
    levels.push(level === '+' ? beside : level);
  }
  return one.length === other.length || other[one.length] === '#' ? levels : null;
};

const nearness = (rights: Rights, { permission }: Granted, { action, resource: asked }: Question): Nearness | null => {
  const { resource, operation, context } = permission;
  const pattern = resolved(resource, rights);
  const right = operation === 'readWrite' || operation === operationFor(action);
  if (context === 'http')
    return right && [asked, `/${asked}`].some((path) => coversTopic(pattern, path)) ? 'http' : null;
  if (coversTopic(pattern, asked)) return right ? 'covers' : 'operation';
  if (!right) return null;
  if (coversTopic(resource.replaceAll(/\{(clientId|tenant)\}/g, '+'), asked)) return 'another';
  if (common(topicPattern(pattern), topicPattern(asked)) !== null) return 'wider';
  if (globsOf(topicPattern(pattern)).allow.some((glob) => meets(glob, topicPattern(asked)))) return 'levels';
  return coversTopic(pattern, respelt(pattern, asked)) ? 'spelling' : null;
};

/** The topics of the naming profile as permissions: a device has them beside what its roles give. */
export const ofProfile = ({ set }: Rights): readonly Granted[] => {
  const patterns = profilePatterns(set);
  const granted = (operation: 'read' | 'write', resource: string): Granted => ({
    permission: { resource, operation, context: 'mqtt', allowRetain: false },
    from: `naming profile ${set.profile}`,
    plusMode: 'exact',
  });
  return patterns === null ? [] : [granted('read', patterns.read), granted('write', patterns.publish)];
};

export const nearest = (rights: Rights, question: Question): Near | null => {
  const found = [...rights.granted, ...ofProfile(rights)].flatMap((granted): readonly Near[] => {
    const kind = nearness(rights, granted, question);
    return kind === null ? [] : [{ kind, granted }];
  });
  const [best] = found.toSorted(
    (a, b) =>
      NEARNESS.indexOf(a.kind) - NEARNESS.indexOf(b.kind) ||
      b.granted.permission.resource.length - a.granted.permission.resource.length,
  );
  return best ?? null;
};

/** `write on plant/{clientId}/state, here plant/acme_device01/state`; of the profile `write below tc/acme/acme_device01/o` */
export const scopeOf = (rights: Rights, granted: Granted): string => {
  const { operation, resource } = granted.permission;
  const here = resolved(resource, rights);
  if (!rights.granted.includes(granted)) return `${operation} below ${here.replace(/\/\+\/#$/, '')}`;
  return `${operation} on ${resource}${here === resource ? '' : `, here ${here}`}`;
};
