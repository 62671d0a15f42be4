// One page of device certificates: what ListCertificates and ListCertificatesByCA have in common.

import type { ListCertificatesRequest, ListCertificatesResponse } from '@aws-sdk/client-iot';
import type { DeviceCertificate } from '../state.ts';
import type { Context } from './context.ts';
import { byCreation, pageOf } from './pages.ts';

export const certificatePage = (
  { state, arns }: Context,
  certificates: Iterable<DeviceCertificate>,
  input: ListCertificatesRequest,
): ListCertificatesResponse => {
  const page = pageOf(certificates, byCreation, {
    size: input.pageSize,
    token: input.marker,
    descending: input.ascendingOrder !== true,
  });
  return {
    certificates: page.items.map(({ id, caId, status, createdAt }) => ({
      certificateArn: arns.of('cert', id),
      certificateId: id,
      status,
      certificateMode: state.cas.get(caId ?? '')?.mode ?? 'DEFAULT',
      creationDate: new Date(createdAt),
    })),
    nextMarker: page.next,
  };
};
