// What permissions mean in MQTT's own terms: what compiled policies are compared with. It stands on the MQTT matcher and
// knows nothing of policies.

import type { CompiledSet, Granted } from '#domain/permission-compiler.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import { filterMatches, filtersInclude, type Levels, levelsOf } from './mqtt-matching.ts';

/** What IoT Core knows of a session: null without a thing, or where it lacks the attribute. */
export type Device = { readonly clientId: string | null; readonly tenant: string | null };

export const TOPIC_ACTIONS = ['Publish', 'RetainPublish', 'Receive'] as const;
export type TopicAction = (typeof TOPIC_ACTIONS)[number];
export type Question =
  | { readonly action: TopicAction; readonly topic: string }
  | { readonly action: 'Subscribe'; readonly filter: string };

/** A filter, and the resource of the permission that it comes from; null for the naming profile's. */
type Meaning = { readonly filter: string; readonly levels: Levels; readonly resource: string | null };
export type Model = {
  readonly may: Readonly<Record<TopicAction | 'Subscribe', readonly Meaning[]>>;
  readonly narrower: ReadonlySet<string>;
  readonly wider: ReadonlySet<string>;
};

const filled = (resource: string, { clientId, tenant }: Device): string | null => {
  if ((clientId === null && resource.includes('{clientId}')) || (tenant === null && resource.includes('{tenant}')))
    return null;
  return resource.replaceAll('{clientId}', clientId ?? '').replaceAll('{tenant}', tenant ?? '');
};

/** P-02, P-03: a device publishes below the one and reads below the other. */
const profileTopics = ({ profile, tenant }: PermissionSet): { publish: string; read: string } | null => {
  if (profile === 'eu1' || profile === 'private-cloud')
    return { publish: `tc/${tenant}/{clientId}/o`, read: `tc/${tenant}/{clientId}/i` };
  if (profile === 'eu2')
    return { publish: 'devices/{clientId}/messages/events', read: 'devices/{clientId}/messages/devicebound' };
  return null;
};

/** P-09: only a `+` ahead of a level that is no wildcard, in a pattern that ends in `#`, may be given in part. */
const mayBeNarrower = (resource: string): boolean => /(^|\/)\+\/(.*\/)?[^+#/]+\/(.*\/)?#$/.test(resource);

export const modelOf = (
  set: PermissionSet,
  granted: readonly Granted[],
  device: Device,
  inexact: CompiledSet['inexact'],
): Model => {
  const may: Record<TopicAction | 'Subscribe', Meaning[]> = {
    Publish: [],
    RetainPublish: [],
    Receive: [],
    Subscribe: [],
  };
  const give = (action: keyof typeof may, text: string, resource: string | null): void => {
    const filter = filled(text, device);
    if (filter !== null) may[action].push({ filter, levels: levelsOf(filter), resource });
  };
  const topics = profileTopics(set);
  if (topics) {
    give('Publish', `${topics.publish}/+/#`, null);
    give('Receive', `${topics.read}/+/#`, null);
    give('Subscribe', `${topics.read}/+/#`, null);
  }
  for (const { permission } of granted) {
    const { resource, operation, context, allowRetain } = permission;
    if (context !== 'mqtt') continue;
    if (operation !== 'read') give('Publish', resource, resource);
    if (operation !== 'read' && allowRetain) give('RetainPublish', resource, resource);
    if (operation !== 'write') give('Receive', resource, resource);
    if (operation !== 'write') give('Subscribe', resource, resource);
  }
  const reported = (kind: 'narrower' | 'wider'): readonly string[] =>
    inexact.filter((one) => one.kind === kind).map((one) => one.granted.permission.resource);
  return {
    may,
    narrower: new Set(reported('narrower').filter(mayBeNarrower)),
    wider: new Set(reported('wider').filter((resource) => resource.includes('+'))),
  };
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `plusMode: widen`: a `+` stands for one level or several. */
const widelyMatches = (filter: string, text: string): boolean => {
  const levels = filter.split('/').map((level) => (level === '+' ? '.*' : escaped(level)));
  const open = levels.at(-1) === '\\#' || levels.at(-1) === '#';
  const head = (open ? levels.slice(0, -1) : levels).join('/');
  return !text.startsWith('$') && new RegExp(`^${head}${open ? '(/.*)?' : ''}$`, 'su').test(text);
};

/** The last three may be answered either way: they are the named classes in which policies are not exact. */
export type Expectation = 'must' | 'must not' | 'narrower' | 'wider' | 'harmless';

const known = (meaning: Meaning, resources: ReadonlySet<string>): boolean =>
  meaning.resource !== null && resources.has(meaning.resource);

const expectTopic = ({ may, narrower, wider }: Model, action: TopicAction, topic: string): Expectation => {
  const asked = levelsOf(topic);
  const matching = may[action].filter(({ levels }) => filterMatches(levels, asked));
  if (matching.length > 0) return matching.every((meaning) => known(meaning, narrower)) ? 'narrower' : 'must';
  const widely = may[action].some((meaning) => known(meaning, wider) && widelyMatches(meaning.filter, topic));
  return widely ? 'wider' : 'must not';
};

const expectSubscribe = ({ may, narrower, wider }: Model, filter: string): Expectation => {
  // `$share/…` takes messages from the other members of the group (MQTT 5.0, 4.8.2), and `$…` is the broker's: never given
  if (filter.startsWith('$')) return 'must not';
  const asked = levelsOf(filter);
  const including = may.Subscribe.filter(({ levels }) => filtersInclude([levels], asked));
  if (including.length > 0) return including.every((meaning) => known(meaning, narrower)) ? 'narrower' : 'must';
  if (may.Subscribe.some((meaning) => known(meaning, wider) && widelyMatches(meaning.filter, filter))) return 'wider';
  // `+/+` takes `b/#`, as if `#` were one level, and some filters are covered by several permissions together; either
  // way each message still needs Receive
  const all = may.Subscribe.map(({ levels }) => levels);
  const oneLevel = asked.map((level) => (level === '#' ? '\u{10FFFC}' : level));
  return filtersInclude(all, asked) || filtersInclude(all, oneLevel) ? 'harmless' : 'must not';
};

/** Whether a question must be allowed, must not, or may be either for a reason that has a name. */
export const expectation = (model: Model, question: Question): Expectation =>
  question.action === 'Subscribe'
    ? expectSubscribe(model, question.filter)
    : expectTopic(model, question.action, question.topic);
