// Lifecycle events of connections as the topic rule hands them on (AWS IoT guide, Lifecycle events): at least once, in any
// order. What comes out is in our words.

import * as v from 'valibot';
import type { SessionNews } from '#domain/session-news.ts';

/** the last one that is stored as four digits of a year, and so in the order of time */
const LAST_TIME = Date.UTC(9999, 11, 31);

const common = {
  clientId: v.pipe(v.string(), v.minLength(1)),
  /** epoch milliseconds, an approximation */
  timestamp: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.maxValue(LAST_TIME, 'expected epoch milliseconds before the year 10000'),
  ),
  sessionIdentifier: v.string(),
  /** the certificate's id for a device with a certificate; anything else for other principals */
  principalIdentifier: v.string(),
  /** added by the rule: names this event through every delivery and redrive */
  eventId: v.pipe(v.string(), v.uuid('expected the UUID that the topic rule adds')),
};
const ipAddress = v.optional(v.nullable(v.string()), null);
/** equal for both events of one session, rising from session to session, and 0 again after about an hour offline */
const versionNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const Lifecycle = v.variant(
  'presenceEvent',
  [
    v.object({ presenceEvent: v.literal('connected'), ...common, versionNumber, ipAddress }),
    v.object({
      presenceEvent: v.literal('disconnected'),
      ...common,
      versionNumber,
      /** `DUPLICATE_CLIENTID`, `CONNECTION_LOST`, …; AWS adds to the list */
      disconnectReason: v.string(),
    }),
    v.object({ presenceEvent: v.literal('connect_failed'), ...common, ipAddress, connectFailureReason: v.string() }),
  ],
  (issue) => `expected presenceEvent connected, disconnected or connect_failed, got ${issue.received}`,
);

const newsOf = (event: v.InferOutput<typeof Lifecycle>): SessionNews => {
  const session = {
    clientId: event.clientId,
    principal: event.principalIdentifier,
    sessionId: event.sessionIdentifier,
    at: event.timestamp,
  };
  if (event.presenceEvent === 'connect_failed') return { ...session, kind: 'refused', ip: event.ipAddress };
  const { presenceEvent: kind, versionNumber } = event;
  return kind === 'connected'
    ? { ...session, kind, versionNumber, ip: event.ipAddress }
    : { ...session, kind, versionNumber, disconnectReason: event.disconnectReason };
};

export const PresenceEvent = v.pipe(Lifecycle, v.transform(newsOf));
export type PresenceEvent = v.InferInput<typeof PresenceEvent>;
