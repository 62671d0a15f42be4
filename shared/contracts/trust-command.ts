// A command on the trust queue: spread the state of a trust anchor over its certificates, take in its revocation list,
// publish the truststore, look for what expires, or tell a private CA what is revoked.

import * as v from 'valibot';
import { isAnchorId, isCertificateId } from '#domain/ids.ts';
import { SWEEP_LISTS } from '#domain/sweep.ts';

const commandId = v.pipe(v.string(), v.uuid());
const fingerprint = /^[0-9a-f]{64}$/;
const anchorId = v.pipe(
  v.string(),
  v.regex(fingerprint, 'expected a CA fingerprint: 64 lower-case hex digits'),
  v.guard(isAnchorId),
);
/** where the former command of the same act left off */
const cursor = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const TrustCommand = v.variant('act', [
  v.strictObject({
    act: v.literal('sweep'),
    anchorId,
    version: v.number(),
    pass: v.pipe(count, v.minValue(1)),
    /** null begins the pass */
    cursor: v.nullable(
      v.strictObject({
        list: v.picklist(SWEEP_LISTS),
        page: cursor,
        offset: count,
        startedAt: v.number(),
        seen: count,
        changed: count,
        acted: count,
        failed: count,
      }),
    ),
    commandId,
  }),
  v.strictObject({ act: v.literal('crl'), anchorId, cursor, commandId }),
  v.strictObject({ act: v.literal('truststore'), commandId }),
  v.strictObject({
    act: v.literal('private-ca'),
    certificateId: v.pipe(
      v.string(),
      v.regex(fingerprint, 'expected a certificate fingerprint: 64 lower-case hex digits'),
      v.guard(isCertificateId),
    ),
    commandId,
  }),
  v.strictObject({
    act: v.literal('expiry'),
    /** absent begins the run */
    cursor: v.optional(
      v.nullable(
        v.strictObject({
          since: v.nullable(v.number()),
          until: v.number(),
          step: count,
          page: cursor,
        }),
      ),
      null,
    ),
    // the scheduler makes one by itself, and names it in its own way
    commandId: v.pipe(v.string(), v.maxLength(128)),
  }),
]);
export type TrustCommand = v.InferOutput<typeof TrustCommand>;
