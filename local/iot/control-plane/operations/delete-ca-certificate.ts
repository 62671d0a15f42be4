// DeleteCACertificate. The certificates that the CA signed stay as they are.

import type { DeleteCACertificateRequest } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import { type Context, caOf, type Given } from '../context.ts';

export const deleteCaCertificate = (context: Context, input: Given<DeleteCACertificateRequest>): object => {
  const ca = caOf(context, input.certificateId);
  if (ca.status !== 'INACTIVE')
    throw new IotError('CertificateStateException', `CA certificate ${ca.id} is ${ca.status}: make it INACTIVE first`);
  context.state.cas.delete(ca.id);
  return {};
};
