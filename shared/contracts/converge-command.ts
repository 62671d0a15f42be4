// A command on the command queue: converge one certificate. The fact it follows is already in the registry.

import * as v from 'valibot';
import { isCertificateId } from '#domain/ids.ts';

export const ConvergeCommand = v.strictObject({
  certificateId: v.pipe(
    v.string(),
    v.regex(/^[0-9a-f]{64}$/, 'expected a certificate fingerprint: 64 lower-case hex digits'),
    v.guard(isCertificateId),
  ),
  commandId: v.pipe(v.string(), v.uuid()),
});
export type ConvergeCommand = v.InferOutput<typeof ConvergeCommand>;
