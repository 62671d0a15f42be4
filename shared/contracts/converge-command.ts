// A command on the command queue: converge one certificate. The fact it follows is already in the registry.

import * as v from 'valibot';
import { type CertificateId, isCertificateId } from '#domain/ids.ts';

export const ConvergeCommand = v.strictObject({
  certificateId: v.pipe(
    v.string(),
    v.check(isCertificateId, 'expected a certificate fingerprint'),
    v.transform((id) => id as CertificateId),
  ),
  commandId: v.pipe(v.string(), v.uuid()),
});
export type ConvergeCommand = v.InferOutput<typeof ConvergeCommand>;
