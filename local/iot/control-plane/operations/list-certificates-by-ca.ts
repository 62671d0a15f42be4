// ListCertificatesByCA.

import type { ListCertificatesByCARequest } from '@aws-sdk/client-iot';
import { certificatePage } from '../certificate-page.ts';
import { type Context, caOf, type Given } from '../context.ts';

export const listCertificatesByCa = (context: Context, input: Given<ListCertificatesByCARequest>) => {
  const ca = caOf(context, input.caCertificateId);
  const issued = [...context.state.certificates.values()].filter(({ caId }) => caId === ca.id);
  return certificatePage(context, issued, input);
};
