// ListCertificatesByCA.

import type { ListCertificatesByCARequest } from '@aws-sdk/client-iot';
import { caOf, type Context, type Given } from '../context.ts';
import { certificatePage } from '../certificate-page.ts';

export const listCertificatesByCa = (context: Context, input: Given<ListCertificatesByCARequest>) => {
  const ca = caOf(context, input.caCertificateId);
  const issued = [...context.state.certificates.values()].filter(({ caId }) => caId === ca.id);
  return certificatePage(context, issued, input);
};
