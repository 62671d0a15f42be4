// What the function private-ca is asked, by the functions that invoke it, and what it answers.

import * as v from 'valibot';

const ca = v.pipe(v.string(), v.regex(/^arn:[a-z-]+:acm-pca:/, 'expected the ARN of a CA in AWS Private CA'));

export const PrivateCaRequest = v.variant('act', [
  v.strictObject({ act: v.literal('certificate'), ca }),
  v.strictObject({
    act: v.literal('issue'),
    ca,
    csr: v.string(),
    days: v.pipe(v.number(), v.integer(), v.minValue(1)),
    idempotencyToken: v.pipe(v.string(), v.maxLength(36)),
  }),
  v.strictObject({ act: v.literal('revoke'), ca, serialNumber: v.pipe(v.string(), v.regex(/^[0-9a-f]+$/)) }),
]);
export type PrivateCaRequest = v.InferOutput<typeof PrivateCaRequest>;

/** A refusal is an answer: an error of the function itself is one that another attempt may cure. */
export const PrivateCaAnswer = v.union([
  v.strictObject({ pem: v.nullable(v.string()) }),
  v.strictObject({ refused: v.strictObject({ code: v.string(), message: v.string() }) }),
]);
export type PrivateCaAnswer = v.InferOutput<typeof PrivateCaAnswer>;
