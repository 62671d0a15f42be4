// What Vestibule announces on its event bus: the detail of each EventBridge event, versioned. Identifiers only.

import * as v from 'valibot';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { isReasonCode, REASON_CODES } from '#domain/reason-codes.ts';
import { ANCHOR_PROOFS } from '#domain/trust-anchor.ts';

/** EventBridge `source` of every announced event; its `detail-type` is the event's type. */
export const EVENT_SOURCE = 'vestibule';
/** Raised when a field goes or changes its meaning; a field or a reason code that is added does not raise it. */
export const EVENT_VERSION = 1;

const fingerprint = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 fingerprint: 64 lower-case hex digits'),
);
const reason = v.pipe(v.picklist(REASON_CODES, 'expected a code of the catalogue of reasons'), v.guard(isReasonCode));
const time = v.pipe(v.string(), v.isoTimestamp());
const common = {
  version: v.literal(EVENT_VERSION),
  /** equal for every delivery of one transition: drop what you have seen */
  id: v.string(),
  at: time,
  tenant: v.string(),
};
/** when validity ends, and how many days are left at most */
const expiry = { validTo: time, days: v.pipe(v.number(), v.integer()) };

const transition = <const Type extends string>(type: Type) =>
  v.object({
    type: v.literal(type),
    ...common,
    certificateId: fingerprint,
    clientId: v.nullable(v.string()),
    anchorId: fingerprint,
    state: v.picklist(CERTIFICATE_STATES),
    reason: v.nullable(reason),
    /** the value that decided, shortened */
    seen: v.nullable(v.string()),
  });

const session = <const Type extends string>(type: Type) =>
  v.object({
    type: v.literal(type),
    ...common,
    certificateId: fingerprint,
    clientId: v.string(),
    /** the client id that was tried; equals `clientId` for a takeover */
    tried: v.string(),
    ip: v.nullable(v.string()),
  });

const anchorChange = <const Type extends string, const More extends v.ObjectEntries>(type: Type, more: More) =>
  v.object({
    type: v.literal(type),
    ...common,
    anchorId: fingerprint,
    /** ARN of whoever did it, `sweep` for what the system does by itself */
    actor: v.string(),
    ...more,
  });
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const AnnouncedEvent = v.variant(
  'type',
  [
    transition('device.onboarded'),
    transition('device.held'),
    transition('device.rejected'),
    transition('device.suspended'),
    transition('device.resumed'),
    transition('device.expired'),
    transition('device.retired'),
    transition('device.revoked'),
    v.object({
      type: v.literal('certificate.expiring'),
      ...common,
      certificateId: fingerprint,
      clientId: v.string(),
      anchorId: fingerprint,
      ...expiry,
    }),
    session('session.duplicate'),
    session('session.mismatch'),
    anchorChange('ca.uploaded', {}),
    anchorChange('ca.verified', { proof: v.picklist(ANCHOR_PROOFS, `expected one of ${ANCHOR_PROOFS.join(', ')}`) }),
    anchorChange('ca.revoked', {}),
    anchorChange('ca.restored', {}),
    anchorChange('ca.deleted', {}),
    /** every certificate of the CA was brought to its new state; `changed` of them had another before */
    anchorChange('ca.swept', { changed: count }),
    anchorChange('ca.crl-imported', { entries: count }),
    anchorChange('ca.expiring', expiry),
  ],
  'expected a type of the catalogue of events',
);
export type AnnouncedEvent = v.InferOutput<typeof AnnouncedEvent>;

const iso = (time: number): string => new Date(time).toISOString();

export const announced = (event: DomainEvent): AnnouncedEvent => {
  const common = { version: EVENT_VERSION, at: iso(event.at) } as const;
  return 'validTo' in event ? { ...event, ...common, validTo: iso(event.validTo) } : { ...event, ...common };
};
