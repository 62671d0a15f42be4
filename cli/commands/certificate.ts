// vestibule certificate script | inspect | issue | show

import type { CertificateText, CsrView, IssuedView } from '#contracts/trust-api.ts';
import type { TenantName } from '#domain/ids.ts';
import { clientIdFor } from '#domain/naming.ts';
import { REASONS } from '#domain/reasons.ts';
import { certificateScript, type Shell } from '../certificate-script.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { aboutFile, readPemFile } from '../input-files.ts';
import { fields, shownTime } from '../output.ts';
import { intoNewFile } from '../output-files.ts';
import { checkNaming } from './tenant.ts';

export type ScriptFlags = {
  readonly tenant: TenantName;
  readonly naming: string;
  readonly cn: string;
  readonly shell: Shell;
  readonly country: string;
  readonly state: string;
  readonly organization?: string;
  readonly unit: string;
};
export type InspectOptions = { readonly tenant: string; readonly cn?: string };
export type IssueOptions = InspectOptions & {
  readonly csr: string;
  readonly days?: number;
  readonly anchor?: string;
  readonly out?: string;
};

// What a double quote becomes on its way to a program depends on the version of PowerShell.
const unquotable = (shell: Shell): RegExp => (shell === 'bash' ? /\p{Cc}/u : /[\p{Cc}"]/u);

/** X.520 ub-organization-name and its like: 64 characters. @throws Failure */
const checkValue = (shell: Shell, flag: string, value: string): void => {
  if (value !== '' && [...value].length <= 64 && !unquotable(shell).test(value)) return;
  throw new Failure(
    'SUBJECT_VALUE',
    `expected 1 to 64 characters without control characters${shell === 'bash' ? '' : ' and double quotes'} for --${flag}`,
    { exitCode: 2 },
  );
};

/** Nothing is asked of any system. */
export const printScript = async ({ output }: Context, flags: ScriptFlags): Promise<void> => {
  const { tenant, cn, shell, country, state, organization = tenant, unit } = flags;
  const naming = checkNaming(flags.naming);
  for (const [flag, value] of Object.entries({ state, organization, unit })) checkValue(shell, flag, value);
  const subject = {
    cn: [cn],
    o: [organization],
    ou: naming.profile === 'connectware' ? [] : [unit],
    serialNumber: [],
  };
  const clientId = clientIdFor(naming, tenant, subject);
  if (!clientId.ok) {
    const { code, seen } = clientId.error;
    throw new Failure(code, `${REASONS[code].when} (seen: ${seen}): ${REASONS[code].action}`);
  }
  const { profile } = naming;
  const options = { tenant, profile, clientId: clientId.value, cn, country, state, organization, unit };
  const script = certificateScript(shell, options);
  output.result({ shell, clientId: clientId.value, script }, () => script.trimEnd());
};

const REQUEST = 'a certificate signing request, PEM,';

const csrText = ({ version, subject, cn, clientId, publicKey, signatureAlgorithm }: CsrView): string =>
  fields([
    ['version', String(version)],
    ['subject', subject],
    ['cn', cn],
    ['client id', clientId],
    ['key', publicKey],
    ['signed', signatureAlgorithm],
  ]);

export const inspectRequest = async ({ output, connect }: Context, file: string, { tenant, cn }: InspectOptions) => {
  const csr = await readPemFile(file, REQUEST);
  const api = await connect();
  const view = await aboutFile(
    file,
    api('inspectCsr', { params: { tenant }, body: { csr, ...(cn !== undefined && { cn }) } }),
  );
  output.result(view, () => csrText(view));
  output.note(`well-formed: a certificate of it would be named ${view.clientId}`);
};

const certificateFields = (certificate: CertificateText): readonly (readonly [string, string])[] => [
  ['subject', certificate.subject],
  ['issuer', certificate.issuer],
  ['serial', certificate.serialNumber],
  ['valid', `${shownTime(certificate.validFrom)} to ${shownTime(certificate.validTo)}`],
  ['key', certificate.publicKey],
  ['signed', certificate.signatureAlgorithm],
  ['fingerprint', certificate.fingerprint],
];

const issuedText = (issued: IssuedView, out: string | undefined): string => {
  const text = fields([...certificateFields(issued), ['client id', issued.clientId]]);
  return out === undefined ? `${text}\n${issued.chain.trim()}` : text;
};

export const issueCertificate = async ({ output, connect }: Context, options: IssueOptions) => {
  const { tenant, cn, days, anchor, out } = options;
  const csr = await readPemFile(options.csr, REQUEST);
  const api = await connect();
  const body = {
    csr,
    ...(cn !== undefined && { cn }),
    ...(days !== undefined && { days }),
    ...(anchor !== undefined && { anchor }),
  };
  const sign = () =>
    output.progress(() => 'AWS Private CA signs …', api('issueCertificate', { params: { tenant }, body }));
  const issued = out === undefined ? await sign() : await intoNewFile(out, sign, ({ chain }) => chain);
  output.result(issued, () => issuedText(issued, out));
  if (out !== undefined) output.note(`the certificate and the CA that signed it are in ${out}`);
};

export const showCertificate = async (
  { output, connect }: Context,
  device: string,
  { tenant }: { tenant?: string },
) => {
  const api = await connect();
  const certificate =
    tenant === undefined
      ? await api('showCertificate', { params: { device } })
      : await api('showTenantCertificate', { params: { tenant, device } });
  output.result(certificate, () => `${fields(certificateFields(certificate))}\n${certificate.pem.trim()}`);
};
