// What Vestibule announces on its event bus: the detail of each EventBridge event, versioned. Identifiers only.

import * as v from 'valibot';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { isReasonCode, REASON_CODES } from '#domain/reason-codes.ts';

/** EventBridge `source` of every announced event; its `detail-type` is the event's type. */
export const EVENT_SOURCE = 'vestibule';
/** Raised when a field goes or changes its meaning; a field or a reason code that is added does not raise it. */
export const EVENT_VERSION = 1;

const fingerprint = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const reason = v.pipe(v.picklist(REASON_CODES, 'expected a code of the catalogue of reasons'), v.guard(isReasonCode));
const common = {
  version: v.literal(EVENT_VERSION),
  /** equal for every delivery of one transition: drop what you have seen */
  id: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  tenant: v.string(),
  certificateId: fingerprint,
};

const transition = <const Type extends string>(type: Type) =>
  v.object({
    type: v.literal(type),
    ...common,
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
    clientId: v.string(),
    /** the client id that was tried; equals `clientId` for a takeover */
    tried: v.string(),
    ip: v.nullable(v.string()),
  });

export const AnnouncedEvent = v.variant('type', [
  transition('device.onboarded'),
  transition('device.held'),
  transition('device.rejected'),
  transition('device.suspended'),
  transition('device.resumed'),
  session('session.duplicate'),
  session('session.mismatch'),
]);
export type AnnouncedEvent = v.InferOutput<typeof AnnouncedEvent>;

export const announced = (event: DomainEvent): AnnouncedEvent => ({
  version: EVENT_VERSION,
  ...event,
  at: new Date(event.at).toISOString(),
});
