// DescribeCACertificate.

import type { DescribeCACertificateRequest, DescribeCACertificateResponse } from '@aws-sdk/client-iot';
import { type Context, caOf, type Given } from '../context.ts';
import { validityOf } from '../x509.ts';

export const describeCaCertificate = (
  context: Context,
  input: Given<DescribeCACertificateRequest>,
): DescribeCACertificateResponse => {
  const ca = caOf(context, input.certificateId);
  return {
    certificateDescription: {
      certificateArn: context.arns.of('cacert', ca.id),
      certificateId: ca.id,
      status: ca.status,
      certificatePem: ca.pem,
      ownedBy: context.accountId,
      creationDate: new Date(ca.createdAt),
      lastModifiedDate: new Date(ca.lastModifiedAt),
      autoRegistrationStatus: ca.autoRegistration,
      validity: validityOf(ca.pem),
      certificateMode: ca.mode,
    },
  };
};
