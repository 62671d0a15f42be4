// UpdateCACertificate. An inactive CA registers no new certificates; those it has keep working.

import type { UpdateCACertificateRequest } from '@aws-sdk/client-iot';
import { refuseParameters } from '../../rest-json/errors.ts';
import { type Context, caOf, type Given } from '../context.ts';

export const updateCaCertificate = (context: Context, input: Given<UpdateCACertificateRequest>): object => {
  refuseParameters(input, ['registrationConfig', 'removeAutoRegistration']);
  const ca = caOf(context, input.certificateId);
  ca.status = input.newStatus ?? ca.status;
  ca.autoRegistration = input.newAutoRegistrationStatus ?? ca.autoRegistration;
  ca.lastModifiedAt = context.now();
  return {};
};
