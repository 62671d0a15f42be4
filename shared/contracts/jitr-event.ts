// The event that IoT Core publishes when a device comes with a certificate that is still PENDING_ACTIVATION, as the
// topic rule hands it on (AWS IoT guide, Automatic client registration). Every field is a hint: the certificate is the truth.

import * as v from 'valibot';
import { isCertificateId } from '#domain/ids.ts';

/** JSON samples of the event carry the account as a string or as a number, which loses leading zeros. */
const accountId = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((id) => String(id).padStart(12, '0')),
  v.regex(/^\d{12}$/, 'expected an AWS account of 12 digits'),
);

export const JitrEvent = v.object({
  certificateId: v.pipe(
    v.string(),
    v.regex(/^[0-9a-f]{64}$/, 'expected a certificate fingerprint: 64 lower-case hex digits'),
    v.guard(isCertificateId),
  ),
  caCertificateId: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected a CA fingerprint: 64 lower-case hex digits')),
  /** epoch milliseconds of this event */
  timestamp: v.pipe(v.number(), v.integer(), v.minValue(0)),
  certificateStatus: v.string(),
  awsAccountId: accountId,
  /** epoch milliseconds as text, or null */
  certificateRegistrationTimestamp: v.optional(v.nullable(v.union([v.string(), v.number()]))),
  /** added by the rule: the id that the device connected with, when the broker tells it */
  clientId: v.optional(v.nullable(v.string())),
  /** added by the rule: the CA that the topic names */
  caFromTopic: v.optional(v.nullable(v.string())),
  /** added by the rule: names this event through every delivery and redrive */
  eventId: v.pipe(v.string(), v.uuid('expected the UUID that the topic rule adds')),
});
export type JitrEvent = v.InferOutput<typeof JitrEvent>;
