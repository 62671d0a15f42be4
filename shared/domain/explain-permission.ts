// Whether a device may do something, in words: which statement of its policies decided, whose permission that is, and
// what would have to change for the other answer.

import type { CertificateRecord } from './certificate.ts';
import { stateOf } from './certificate-state.ts';
import {
  type DecidingStatement,
  type Judgement,
  judge,
  operationFor,
  type Question,
  type Rights,
} from './judge-permission.ts';
import { BYTES_LIMIT, bytesOf, PLACEHOLDERS, SLASHES_LIMIT } from './permission.ts';
import { adviceToAllow, adviceToRefuse } from './permission-advice.ts';
import type { CompileProblem, Granted, Source } from './permission-compiler.ts';
import {
  common,
  coversTopic,
  type Near,
  nearest,
  ofProfile,
  resolved,
  respelt,
  scopeOf,
} from './permission-nearness.ts';
import { REASONS } from './reasons.ts';
import { obstaclesOf, remedyFor } from './remedy.ts';
import { ok, type Result } from './result.ts';
import { topicPattern } from './topic-pattern.ts';

export type Explanation = Question & {
  readonly clientId: string;
  readonly allowed: boolean;
  /** one sentence: the answer and its cause */
  readonly because: string;
  /** what keeps the device out before any policy is asked: a reason or causes; null when it is let in */
  readonly barredBy: string | null;
  /** null when no statement applied, which refuses */
  readonly statement: DecidingStatement | null;
  readonly source: Source | null;
  /** what would have to change for the other answer */
  readonly change: string;
};

/** Why not, and what to do. */
type Refusal = { readonly cause: string; readonly change: string };

const DEEDS = {
  connect: (id: string) => `connect as ${id}`,
  publish: (topic: string) => `publish to ${topic}`,
  subscribe: (filter: string) => `subscribe to ${filter}`,
  receive: (topic: string) => `receive what is published to ${topic}`,
} as const;

const deedOf = ({ action, resource, retain }: Question): string =>
  retain ? `publish retained messages to ${resource}` : DEEDS[action](resource);

/** What no policy decides: MQTT and IoT Core refuse it whoever asks. */
const malformed = ({ action, resource }: Question): Refusal | null => {
  const levels = resource.split('/');
  if (action === 'connect' || resource.startsWith('$')) return null;
  if (resource === '') return { cause: 'MQTT has no empty topic', change: 'name a topic' };
  if (action !== 'subscribe' && /[+#]/.test(resource))
    return {
      cause: '+ and # are for filters, and the name of a topic has none (MQTT 5 §4.7.1)',
      change: 'name one topic',
    };
  if (levels.some((level, at) => /[+#]/.test(level) && level !== '+' && (level !== '#' || at !== levels.length - 1)))
    return {
      cause: 'in a filter + is a whole level, and # the last one (MQTT 5 §4.7.1)',
      change: 'put the wildcards so',
    };
  if (levels.length - 1 > SLASHES_LIMIT)
    return {
      cause: `AWS IoT Core takes at most ${SLASHES_LIMIT} slashes, and here are ${levels.length - 1}`,
      change: 'use fewer levels',
    };
  const bytes = bytesOf(resource.toWellFormed());
  if (bytes > BYTES_LIMIT)
    return {
      cause: `AWS IoT Core takes at most ${BYTES_LIMIT} bytes, and these are ${bytes}`,
      change: 'use shorter names',
    };
  return null;
};

const permits = (rights: Rights, granted: Granted): string => `${granted.from} permits ${scopeOf(rights, granted)}`;

const LISTED = 3;

/** What it may do with topics, when nothing of it is near. */
const abilities = (rights: Rights, question: Question): string => {
  const needed = operationFor(question.action);
  const able = [...rights.granted, ...ofProfile(rights)]
    .filter(({ permission: { context, operation } }) => context === 'mqtt' && [needed, 'readWrite'].includes(operation))
    .map((granted) => `${scopeOf(rights, granted)} (${granted.from})`);
  if (able.length === 0) return `it has no permission to ${needed} anything`;
  const more = able.length > LISTED ? ` and ${able.length - LISTED} more` : '';
  return `it has only ${able.slice(0, LISTED).join(', ')}${more}`;
};

const either = (other: string, advice: Result<string, string>): string =>
  advice.ok ? `${other}, or ${advice.value}` : other;

const only = (advice: Result<string, string>): string => (advice.ok ? advice.value : advice.error);

/** The part of a filter that the permission gives, where the policies take it; else all that the permission gives. */
const narrowed = (rights: Rights, question: Question, permitted: string): string => {
  const pattern = resolved(permitted, rights);
  const parts = [common(topicPattern(pattern), topicPattern(question.resource))].filter((part) => part !== null);
  const taken = parts.find((part) => {
    const judged = judge(rights, { ...question, resource: part.join('/') });
    return judged.ok && judged.value.allowed;
  });
  return taken?.join('/') ?? pattern;
};

/** What is said of a refusal by the permission that comes nearest. */
const refusalNear = (rights: Rights, question: Question, near: Near, { inexact }: Judgement): Refusal => {
  const { kind, granted } = near;
  const { permission } = granted;
  const { resource: asked, action } = question;
  const permitted = permits(rights, granted);
  const advice = adviceToAllow(rights, question, granted);
  switch (kind) {
    case 'covers': {
      const limits = inexact.filter((one) => one.granted === granted).map(({ because }) => because);
      return {
        cause: `${permitted}, but no IoT policy can say so exactly: ${limits.join('; ')}`,
        change: only(advice),
      };
    }
    case 'operation': {
      const cause = `${permitted}, not ${operationFor(action)}`;
      const other = ofProfile(rights).find(
        (one) => one.from === granted.from && one.permission.operation === operationFor(action),
      );
      return other
        ? {
            cause,
            change: either(`${DEEDS[action]('a topic')} ${scopeOf(rights, other).replace(/^\w+ /, '')}`, advice),
          }
        : { cause, change: only(advice) };
    }
    case 'another': {
      const levels = topicPattern(permission.resource);
      const own = topicPattern(asked).map((level, at) => PLACEHOLDERS.find((one) => one === levels[at]) ?? level);
      return {
        cause: `${permitted}: each device has only its own topics`,
        change: `use ${resolved(own.join('/'), rights)}`,
      };
    }
    case 'wider':
      return {
        cause: `${permitted}, and the filter asks for more`,
        change: either(`subscribe to ${narrowed(rights, question, permission.resource)}`, advice),
      };
    case 'levels':
      return {
        cause: `${permitted}, where + stands for exactly one level`,
        change: either('use exactly one level in the place of each +', advice),
      };
    case 'spelling':
      return {
        cause: /^\/|\/$/.test(asked)
          ? `${permitted}, and a slash at an end of a topic makes one more level, an empty one`
          : `${permitted}, and MQTT tells upper from lower case`,
        change: `use ${respelt(resolved(permission.resource, rights), asked)}`,
      };
    case 'http':
      return { cause: `${permitted} for http, which never reaches MQTT`, change: only(advice) };
  }
};

const refusalToConnect = ({ clientId }: Rights, { resource }: Question): Refusal => ({
  cause:
    resource.toLowerCase() === clientId.toLowerCase()
      ? 'upper and lower case differ in a client id'
      : 'a device connects with its own client id and no other',
  change: `set the client id of the device to ${clientId}`,
});

const SHARED = /^\$share\/([^/]+)\/(.+)$/;

const refusalOfReserved = (rights: Rights, question: Question): Refusal => {
  const [, group, filter = ''] = (question.action === 'subscribe' && SHARED.exec(question.resource)) || [];
  if (group === undefined)
    return {
      cause: 'what begins with $ belongs to AWS IoT, and no permission reaches it',
      change: 'use a topic that does not begin with $',
    };
  const alone = explain(rights, { ...question, resource: filter });
  return {
    cause: 'no permission gives a shared subscription, which takes messages away from the other devices in it',
    change: `subscribe to ${filter} without $share/${group}/${alone.ok && !alone.value.allowed ? `, and for that ${alone.value.change}` : ''}`,
  };
};

const refusalToRetain = (rights: Rights, question: Question, source: Source): Refusal => {
  const granted = rights.granted.find(({ permission }) => permission === source.permission) ?? null;
  return {
    cause: `${granted ? permits(rights, granted) : `${source.from} permits it`}, but not retained`,
    change: either('publish it without retain', adviceToAllow(rights, question, granted)),
  };
};

const refusalOf = (rights: Rights, question: Question, judged: Judgement): Refusal => {
  if (question.action === 'connect') return refusalToConnect(rights, question);
  if (question.resource.startsWith('$')) return refusalOfReserved(rights, question);
  if (judged.unretained) return refusalToRetain(rights, question, judged.unretained);
  const near = nearest(rights, question);
  // a Deny that decided is the bound of a +, unless the topic is within what its own permission says
  const bounded = judged.statement?.effect === 'Deny' && near?.kind !== 'covers';
  const bound = rights.granted.find(({ permission }) => bounded && permission === judged.source?.permission);
  const closest: Near | null = bound ? { kind: 'levels', granted: bound } : near;
  if (closest) return refusalNear(rights, question, closest, judged);
  return { cause: abilities(rights, question), change: only(adviceToAllow(rights, question, null)) };
};

/** Why the answer is yes: whose permission it is, and how the policy says more than that permission. */
const causeToAllow = (rights: Rights, question: Question, { source, inexact }: Judgement): string => {
  if (question.action === 'connect') return 'that is its own client id, and the certificate is its own';
  const granted = rights.granted.find(({ permission }) => permission === source?.permission);
  if (!granted) return `${source?.from} gives that to all its devices`;
  const permitted = permits(rights, granted);
  if (coversTopic(resolved(granted.permission.resource, rights), question.resource)) return permitted;
  const wider = inexact.find((one) => one.granted === granted);
  return wider
    ? `${permitted}, and ${wider.because}`
    : `${permitted}, and what the filter matches beyond that is not delivered`;
};

/** @returns the answer in words; else why the permissions compile to no policies */
export const explain = (rights: Rights, asked: Question): Result<Explanation, CompileProblem> => {
  const question = { ...asked, retain: asked.retain && asked.action === 'publish' };
  const judgement = judge(rights, question);
  if (!judgement.ok) return judgement;
  const judged = judgement.value;
  const { clientId } = rights;
  const base = { clientId, ...question, barredBy: null };
  const deed = deedOf(question);
  const impossible = malformed(question);
  if (judged.allowed && !impossible)
    return ok({
      ...base,
      allowed: true,
      because: `${clientId} may ${deed}: ${causeToAllow(rights, question, judged)}`,
      statement: judged.statement,
      source: judged.source,
      change: adviceToRefuse(rights, question),
    });
  const { cause, change } = impossible ?? refusalOf(rights, question, judged);
  return ok({
    ...base,
    allowed: false,
    because: `${clientId} may not ${deed}: ${cause}`,
    statement: impossible ? null : judged.statement,
    source: impossible ? null : judged.source,
    change,
  });
};

/** Of a certificate that is not let in: nothing is asked of its policies. Null when it is. */
export const explainBarred = (
  name: string,
  { verdict, causes }: Pick<CertificateRecord, 'verdict' | 'causes'>,
  question: Question,
): Explanation | null => {
  const standing = { verdict, causes };
  const state = stateOf(standing);
  if (state === 'ACTIVE') return null;
  const barredBy = obstaclesOf(standing).join(', ') || 'nothing is decided yet';
  const refusal = (cause: string): Explanation => ({
    ...question,
    clientId: name,
    allowed: false,
    because: `${name} may not even connect: it is ${state}${cause}`,
    barredBy,
    statement: null,
    source: null,
    change: remedyFor(standing) ?? 'look again in a moment',
  });
  if (verdict === null) return refusal(', not decided yet');
  return refusal(verdict.kind === 'accept' ? ` for ${barredBy}` : `, ${REASONS[verdict.reason].when}`);
};
