// ListCACertificates.

import type { ListCACertificatesRequest, ListCACertificatesResponse } from '@aws-sdk/client-iot';
import { refuseParameters } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';
import { byCreation, pageOf } from '../pages.ts';

export const listCaCertificates = (
  { state, arns }: Context,
  input: Given<ListCACertificatesRequest>,
): ListCACertificatesResponse => {
  refuseParameters(input, ['templateName']);
  const page = pageOf(state.cas.values(), byCreation, {
    size: input.pageSize,
    token: input.marker,
    descending: input.ascendingOrder !== true,
  });
  return {
    certificates: page.items.map(({ id, status, createdAt }) => ({
      certificateArn: arns.of('cacert', id),
      certificateId: id,
      status,
      creationDate: new Date(createdAt),
    })),
    nextMarker: page.next,
  };
};
