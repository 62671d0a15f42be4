// A command on the trust queue: spread the state of a trust anchor over its certificates, take in its revocation list,
// publish the truststore, look for what expires, or tell a private CA what is revoked.

import * as v from 'valibot';
import { isAnchorId, isCertificateId } from '#domain/ids.ts';

const commandId = v.pipe(v.string(), v.uuid());
const anchorId = v.pipe(v.string(), v.guard(isAnchorId, 'expected the fingerprint of a CA certificate'));
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
    certificateId: v.pipe(v.string(), v.guard(isCertificateId, 'expected a certificate fingerprint')),
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
