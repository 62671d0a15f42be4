// Operations of the management API on revocation lists, signing requests and certificates.

import { certificateTextView, crlView, csrView, issuedView } from '#contracts/pki-views.ts';
import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { anchorId, type TenantName, tenantName } from '#domain/ids.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { shownAs } from '#runtime/shown-as.ts';
import { type ImportCrlDeps, importCrl, previewCrl } from '#usecases/import-crl.ts';
import { inspectCsr } from '#usecases/inspect-csr.ts';
import { type IssueCertificateDeps, issueCertificate } from '#usecases/issue-certificate.ts';
import { type ShowCertificateDeps, showCertificate } from '#usecases/show-certificate.ts';

export type PkiOperationsDeps = ImportCrlDeps & IssueCertificateDeps & ShowCertificateDeps;

type PkiRoute =
  | 'previewCrl'
  | 'importCrl'
  | 'inspectCsr'
  | 'issueCertificate'
  | 'showTenantCertificate'
  | 'showCertificate';

export const pkiOperations = (deps: PkiOperationsDeps): Pick<Operations<typeof TRUST_ROUTES>, PkiRoute> => {
  const show = showCertificate(deps);
  const shown = async (device: string, tenant: TenantName | null) =>
    shownAs(await show(device, tenant), certificateTextView);
  return {
    previewCrl: async ({ params, body }) =>
      shownAs(await previewCrl(deps)(tenantName(params.tenant), anchorId(params.anchor), body.crl), crlView),
    importCrl: async ({ params, body, actor }) =>
      shownAs(await importCrl(deps)(tenantName(params.tenant), anchorId(params.anchor), body.crl, actor), crlView),
    inspectCsr: async ({ params, body }) =>
      shownAs(await inspectCsr(deps)(tenantName(params.tenant), body.csr, body.cn ?? null), csrView),
    issueCertificate: async ({ params, body }) => {
      const { csr, cn = null, days = null, anchor } = body;
      const order = { csr, cn, days, anchor: anchor === undefined ? null : anchorId(anchor) };
      return shownAs(await issueCertificate(deps)(tenantName(params.tenant), order), issuedView);
    },
    showTenantCertificate: ({ params }) => shown(params.device, tenantName(params.tenant)),
    showCertificate: ({ params }) => shown(params.device, null),
  };
};
