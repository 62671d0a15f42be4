// DescribeCertificate.

import type { DescribeCertificateRequest, DescribeCertificateResponse } from '@aws-sdk/client-iot';
import { type Context, certificateOf, type Given } from '../context.ts';
import { validityOf } from '../x509.ts';

export const describeCertificate = (
  context: Context,
  input: Given<DescribeCertificateRequest>,
): DescribeCertificateResponse => {
  const certificate = certificateOf(context, input.certificateId);
  const ca = certificate.caId === null ? undefined : context.state.cas.get(certificate.caId);
  return {
    certificateDescription: {
      certificateArn: context.arns.of('cert', certificate.id),
      certificateId: certificate.id,
      caCertificateId: certificate.caId ?? undefined,
      status: certificate.status,
      certificatePem: certificate.pem,
      ownedBy: context.accountId,
      creationDate: new Date(certificate.createdAt),
      lastModifiedDate: new Date(certificate.lastModifiedAt),
      validity: validityOf(certificate.pem),
      certificateMode: ca?.mode ?? 'DEFAULT',
    },
  };
};
