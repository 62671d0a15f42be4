// A command on the trust queue: spread the state of a trust anchor over its certificates, take in its revocation list,
// publish the truststore, look for what expires, or tell a private CA what is revoked.

import * as v from 'valibot';
import { isAnchorId, isCertificateId } from '#domain/ids.ts';

const commandId = v.pipe(v.string(), v.uuid());
const anchorId = v.pipe(v.string(), v.guard(isAnchorId, 'expected the fingerprint of a CA certificate'));
/** where the former command of the same act left off */
const cursor = v.nullable(v.string());

export const TrustCommand = v.variant('act', [
  v.strictObject({
    act: v.literal('sweep'),
    anchorId,
    version: v.number(),
    pass: v.number(),
    cursor,
    commandId,
  }),
  v.strictObject({ act: v.literal('crl'), anchorId, cursor, commandId }),
  v.strictObject({ act: v.literal('truststore'), commandId }),
  v.strictObject({
    act: v.literal('private-ca'),
    certificateId: v.pipe(v.string(), v.guard(isCertificateId, 'expected a certificate fingerprint')),
    commandId,
  }),
  // the scheduler makes one by itself, and names it in its own way
  v.strictObject({ act: v.literal('expiry'), commandId: v.pipe(v.string(), v.maxLength(128)) }),
]);
export type TrustCommand = v.InferOutput<typeof TrustCommand>;
