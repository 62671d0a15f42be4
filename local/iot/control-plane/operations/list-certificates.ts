// ListCertificates.

import type { ListCertificatesRequest } from '@aws-sdk/client-iot';
import type { Context, Given } from '../context.ts';
import { certificatePage } from '../certificate-page.ts';

export const listCertificates = (context: Context, input: Given<ListCertificatesRequest>) =>
  certificatePage(context, context.state.certificates.values(), input);
