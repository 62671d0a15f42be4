// vestibule anchor upload | challenge | verify | register | list | show | revoke | restore | delete | crl import

import { readAnchorPem } from '#adapters/x509-certificates.ts';
import type { AnchorView, CrlView } from '#contracts/trust-api.ts';
import type { AnchorAct } from '#domain/anchor-acts.ts';
import type { CertificateMode } from '#domain/trust-anchor.ts';
import { SWEEP_SETTLE_SECONDS } from '#names/timing.ts';
import type { Api } from '../api-client.ts';
import type { Context } from '../context.ts';
import { Failure, usageFailure } from '../failure.ts';
import { affectedTable, impactText } from '../impact-text.ts';
import { aboutFile, contentOf, readCertificateFile, readCrlFile, readPemFile } from '../input-files.ts';
import { fields, shown, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';
import { type Pace, paceOf, untilDone } from '../waiting.ts';

type OfTenant = { readonly tenant: string };
export type UploadOptions = OfTenant & {
  readonly certificateMode: CertificateMode;
  readonly allowIntermediate?: boolean;
};
export type RegisterOptions = OfTenant & { readonly privateCa?: string };
export type ChangeOptions = OfTenant & { readonly dryRun?: boolean; readonly wait?: boolean };
export type CrlOptions = OfTenant & { readonly anchor: string; readonly dryRun?: boolean };

const PROOF = {
  VERIFICATION_CERTIFICATE: 'its key signed a verification certificate',
  ACM_PCA: 'its key is in AWS Private CA, in this account',
  OPERATOR: 'an operator vouches for it',
} as const satisfies Record<NonNullable<AnchorView['proof']>, string>;

const counted = (certificates: number): string =>
  `${certificates} ${certificates === 1 ? 'certificate' : 'certificates'}`;

const sweepText = ({ sweep }: AnchorView): string | null => {
  if (sweep === null) return null;
  const { pass, seen, changed, startedAt, completedAt } = sweep;
  const soFar = `${counted(changed)} changed`;
  return completedAt === null
    ? `under way since ${shownTime(startedAt)}: pass ${pass}, ${seen} looked at, ${soFar}`
    : `done at ${shownTime(completedAt)}: ${soFar} in ${pass} ${pass === 1 ? 'pass' : 'passes'}`;
};

const crlText = ({ crl }: AnchorView): string | null =>
  crl &&
  `${crl.number === null ? 'without a number' : `number ${crl.number}`} of ${shownTime(crl.thisUpdate)}, ${crl.entries} entries, imported ${shownTime(crl.importedAt)} by ${crl.importedBy}`;

const anchorText = (anchor: AnchorView): string =>
  fields([
    ['fingerprint', anchor.fingerprint],
    ['tenant', anchor.tenant],
    ['state', anchor.state],
    ['subject', anchor.subject.replaceAll('\n', ', ')],
    ['valid', `${shownTime(anchor.validFrom)} to ${shownTime(anchor.validTo)}`],
    ['proof', anchor.proof && PROOF[anchor.proof]],
    ['challenge', anchor.challenge && `${anchor.challenge.code}, until ${shownTime(anchor.challenge.expiresAt)}`],
    ['AWS code', anchor.challenge?.registrationCode ?? null],
    ['private CA', anchor.privateCaArn],
    ['revocations', crlText(anchor)],
    [
      anchor.state === 'PENDING_VERIFICATION' ? 'uploaded' : 'registered',
      `${shownTime(anchor.registeredAt)} by ${anchor.registeredBy}`,
    ],
    ['changed', anchor.changedAt && `${shownTime(anchor.changedAt)} by ${anchor.changedBy}`],
    ['devices', sweepText(anchor)],
  ]);

const LET_IN = (tenant: string) =>
  `devices with a certificate of this CA are turned away at their first connect and let in at the next, unless their tenant wants a user or an approval first; see: vestibule device list --tenant ${tenant}`;

/** What to type where the CA's key is: it never leaves that place (I-04). */
const howToProve = ({ fingerprint, tenant, challenge }: AnchorView): string => {
  if (challenge === null) return '';
  const made = (code: string, name: string) => [
    `  openssl req -new -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj '/CN=${code}'`,
    `  openssl x509 -req -in ${name}.csr -CA <ca.pem> -CAkey <ca.key> -CAcreateserial -sha256 -days 1 -out ${name}.pem`,
  ];
  const second = challenge.registrationCode;
  return [
    'next, where the key of the CA is:',
    ...made(challenge.code, 'verification'),
    ...(second === null ? [] : made(second, 'account')),
    `then: vestibule anchor verify ${fingerprint} verification.pem --tenant ${tenant}${second === null ? '' : ' --account-verification account.pem'}`,
  ].join('\n');
};

export const uploadAnchor = async ({ output, connect }: Context, file: string, options: UploadOptions) => {
  const { tenant, certificateMode, allowIntermediate = false } = options;
  const certificate = await readPemFile(file, 'the PEM certificate of a CA');
  const api = await connect();
  const body = { certificate, certificateMode, allowIntermediate };
  const anchor = await aboutFile(file, api('uploadAnchor', { params: { tenant }, body }));
  output.result(anchor, () => anchorText(anchor));
  output.note(howToProve(anchor));
};

export const challengeAnchor = async ({ output, connect }: Context, anchor: string, { tenant }: OfTenant) => {
  const api = await connect();
  const challenged = await api('challengeAnchor', { params: { tenant, anchor } });
  output.result(challenged, () => anchorText(challenged));
  output.note(howToProve(challenged));
};

export const verifyAnchor = async (
  { output, connect }: Context,
  anchor: string,
  file: string,
  { tenant, accountVerification }: OfTenant & { readonly accountVerification?: string },
) => {
  const what = 'the PEM certificate that the CA signed over its challenge';
  const verificationCertificate = await readPemFile(file, what);
  const accountVerificationCertificate =
    accountVerification === undefined ? null : await readPemFile(accountVerification, what);
  const api = await connect();
  const verified = await output.progress(
    () => 'registering with IoT Core …',
    api('verifyAnchor', {
      params: { tenant, anchor },
      body: { verificationCertificate, accountVerificationCertificate },
    }),
  );
  output.result(verified, () => anchorText(verified));
  output.note(LET_IN(tenant));
};

/** The CA certificate in a file, or the CA in AWS Private CA that an ARN names: one of the two. */
export const registerAnchor = async (
  { output, connect }: Context,
  file: string | undefined,
  { tenant, privateCa }: RegisterOptions,
) => {
  if ((file === undefined) === (privateCa === undefined))
    throw usageFailure('give either the file of a CA certificate or --private-ca <arn>');
  const body =
    file === undefined
      ? { privateCaArn: privateCa ?? '' }
      : {
          // Read here first: a private key must not leave this machine.
          certificate: contentOf(file, await readCertificateFile(file, 'the PEM certificate of a CA', readAnchorPem))
            .pem,
        };
  const api = await connect();
  const anchor = await output.progress(
    () => 'registering with IoT Core …',
    api('registerAnchor', { params: { tenant }, body }),
  );
  output.result(anchor, () => anchorText(anchor));
  output.note(LET_IN(tenant));
};

export const listAnchors = async ({ output, connect }: Context, options: ListOptions & OfTenant) => {
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { anchors, cursor } = await api('listAnchors', { params: { tenant: options.tenant }, query });
    return { items: anchors, cursor };
  });
  output.result({ anchors: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['STATE', 'SUBJECT', 'VALID TO', 'FINGERPRINT'],
        list.items.map((anchor) => [
          anchor.state,
          anchor.subject.replaceAll('\n', ', '),
          shownTime(anchor.validTo),
          anchor.fingerprint,
        ]),
      ),
      list,
      `${options.tenant} has no trust anchor yet: vestibule anchor upload <ca.pem> --tenant ${options.tenant}`,
    ),
  );
};

export const showAnchor = async ({ output, connect }: Context, anchor: string, { tenant }: OfTenant) => {
  const api = await connect();
  const found = await api('showAnchor', { params: { tenant, anchor } });
  output.result(found, () => `${anchorText(found)}\n${found.pem.trim()}`);
  if (found.state === 'PENDING_VERIFICATION') output.note(howToProve(found));
};

const CHANGES = {
  revoke: {
    operation: 'revokeAnchor',
    would: 'would be kept out until the anchor is restored',
    done: 'revoked: nothing of this CA is let in from now on, and who is in is put out',
  },
  restore: {
    operation: 'restoreAnchor',
    would: 'would be let in again, unless their tenant wants a user or an approval first',
    done: 'restored: its devices are let in again, unless something else bars them',
  },
  delete: {
    operation: 'deleteAnchor',
    would: 'would be kept out, and the CA would be deleted from IoT Core',
    done: 'deleted: who is in is put out, then IoT Core forgets the CA',
  },
} as const satisfies Record<AnchorAct, unknown>;

/** A sweep that makes no progress for so long has failed, or its commands have; a pass waits for half a minute at most. */
const PACE = paceOf(90_000);

/** None is there yet when the worker has not begun. */
const isUnderWay = ({ sweep }: AnchorView): boolean => sweep === null || sweep.completedAt === null;

/** @throws Failure NOT_SWEPT_YET */
const untilSwept = (
  api: Api,
  changed: AnchorView,
  pace: Pace,
  tell: (anchor: AnchorView) => void,
): Promise<AnchorView> => {
  const { tenant, fingerprint } = changed;
  return untilDone<AnchorView>(
    changed,
    {
      ask: () => api('showAnchor', { params: { tenant, anchor: fingerprint } }),
      isDone: (anchor) => !isUnderWay(anchor),
      isProgress: (before, after) => sweepText(after) !== sweepText(before),
      stuck: (anchor) =>
        new Failure(
          'NOT_SWEPT_YET',
          `the anchor is ${anchor.state}, but its devices do not follow: ${sweepText(anchor) ?? 'nothing has begun'}; look again with "vestibule anchor show ${fingerprint} --tenant ${tenant}", then at the alarms`,
        ),
      tell,
    },
    pace,
  );
};

/** A pass that began so soon after the change may have come before somebody who had read what was before it. */
const WHY_AGAIN = `no sooner than ${SWEEP_SETTLE_SECONDS} s after the change, all are looked at once more`;

/** The fact is recorded and holds; the devices follow, which `--wait` waits for and `anchor show` tells. */
export const changeAnchor = async (
  { output, connect }: Context,
  change: AnchorAct,
  anchor: string,
  { tenant, dryRun, wait }: ChangeOptions,
  pace: Pace = PACE,
) => {
  const { operation, would, done } = CHANGES[change];
  const api = await connect();
  const params = { tenant, anchor };
  if (dryRun) {
    const impact = await output.progress(
      () => 'counting …',
      api('showAnchorImpact', { params, query: { act: change } }),
    );
    output.result(impact, () => impactText(impact));
    const stay = change === 'restore' ? impact.barredOtherwise : 0;
    const others = stay === 0 ? '' : `; ${stay} would stay out, barred by something else`;
    output.note(`${counted(impact.certificates - stay)} ${would}${others}; nothing was changed`);
    return;
  }
  const changed = await api(operation, { params });
  if (changed.state === 'PENDING_VERIFICATION') {
    const { fingerprint, subject } = changed;
    output.result(changed, () =>
      fields([
        ['fingerprint', fingerprint],
        ['tenant', tenant],
        ['subject', subject.replaceAll('\n', ', ')],
      ]),
    );
    output.note('the upload is dropped');
    return;
  }
  let latest = changed;
  const swept = wait
    ? await output.progress(
        () => `its devices follow: ${sweepText(latest) ?? 'about to begin'}; ${WHY_AGAIN} …`,
        untilSwept(api, changed, pace, (seen) => {
          latest = seen;
        }),
      )
    : changed;
  output.result(swept, () => anchorText(swept));
  output.note(done);
  if (!wait) output.note(`how far its devices are: vestibule anchor show ${anchor} --tenant ${tenant}`);
};

const crlResult = ({ anchor, number, thisUpdate, nextUpdate, entries, revokes, releases }: CrlView): string =>
  [
    fields([
      ['anchor', anchor],
      ['number', number ?? 'none'],
      ['of', `${shownTime(thisUpdate)}${nextUpdate === null ? '' : `, the next one due ${shownTime(nextUpdate)}`}`],
      ['entries', String(entries)],
    ]),
    ...(revokes.length === 0 ? ['no known device is on it that is not out already'] : ['OUT', affectedTable(revokes)]),
    ...(releases.length === 0 ? [] : ['NO LONGER ON HOLD', affectedTable(releases)]),
  ].join('\n');

export const importCrl = async ({ output, connect }: Context, file: string, options: CrlOptions) => {
  const { tenant, anchor, dryRun } = options;
  const crl = await readCrlFile(file);
  const api = await connect();
  const request = { params: { tenant, anchor }, body: { crl } };
  const result = await output.progress(
    () => `reading ${shown(file)} …`,
    aboutFile(file, dryRun ? api('previewCrl', request) : api('importCrl', request)),
  );
  output.result(result, () => crlResult(result));
  output.note(
    dryRun
      ? 'nothing was changed'
      : 'certificates on the list are kept out now and whenever they come; IoT Core follows in a moment',
  );
};
