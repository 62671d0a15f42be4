// UpdateCertificate: idempotent, and without a precondition.

import type { UpdateCertificateRequest } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import { type Context, certificateOf, type Given } from '../context.ts';

export const updateCertificate = (context: Context, input: Given<UpdateCertificateRequest>): object => {
  const certificate = certificateOf(context, input.certificateId);
  const { newStatus } = input;
  if (newStatus === 'PENDING_TRANSFER' || newStatus === 'PENDING_ACTIVATION' || newStatus === 'REGISTER_INACTIVE')
    throw new IotError('CertificateStateException', `a caller cannot set a certificate to ${newStatus}`);
  const previous = certificate.status;
  // Stricter than AWS documents, where nothing calls REVOKED final: reviving a revoked certificate is never right here.
  if (previous === 'REVOKED' && newStatus !== 'REVOKED')
    throw new IotError('CertificateStateException', `certificate ${certificate.id} is REVOKED, which is final`);
  certificate.status = newStatus;
  certificate.lastModifiedAt = context.now();
  if (newStatus !== previous) context.certificateChanged(certificate, previous);
  return {};
};
