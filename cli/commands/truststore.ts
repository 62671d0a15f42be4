// vestibule truststore export

import type { Context } from '../context.ts';
import { replaceFile } from '../output-files.ts';

export type ExportOptions = { readonly tenant?: string; readonly out?: string };

const REASON = { EXPIRED: 'its validity is over', NOT_YET_VALID: 'its validity has not begun' } as const;

export const exportTruststore = async ({ output, connect }: Context, { tenant, out }: ExportOptions) => {
  const api = await connect();
  const truststore =
    tenant === undefined ? await api('showTruststore', {}) : await api('showTenantTruststore', { params: { tenant } });
  const { pem, anchors, omitted } = truststore;
  for (const { fingerprint, tenant: whose, reason } of omitted)
    output.note(`left out: ${fingerprint} of ${whose}, ${REASON[reason]}`);
  const counted = `${anchors.length} CA ${anchors.length === 1 ? 'certificate' : 'certificates'}`;
  if (anchors.length === 0 && tenant !== undefined)
    output.note(`${tenant} has no trust anchor that is active: vestibule anchor list --tenant ${tenant}`);
  if (out !== undefined) await replaceFile(out, pem);
  // the file itself is the result, so that a shell can pipe it
  output.result(truststore, () => (out === undefined ? pem.trimEnd() : `${out}: ${counted}`));
  if (out === undefined) output.note(counted);
};
