// ListCertificates.

import type { ListCertificatesRequest } from '@aws-sdk/client-iot';
import { certificatePage } from '../certificate-page.ts';
import type { Context, Given } from '../context.ts';

export const listCertificates = (context: Context, input: Given<ListCertificatesRequest>) =>
  certificatePage(context, context.state.certificates.values(), input);
