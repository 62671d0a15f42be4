// vestibule check: the verdict on a certificate, offline, by the code that decides in the cloud.

import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readAnchorPem, readChain, x509CertificateReader } from '#adapters/x509-certificates.ts';
import { anchorFailure } from '#domain/anchor-rules.ts';
import type { ClientId, TenantName } from '#domain/ids.ts';
import { commonNameOf, foreignPrefix } from '#domain/naming.ts';
import { type Evaluation, evaluate } from '#domain/onboarding.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { type PermissionSet, permissionSetOf } from '#domain/permission-set.ts';
import { REASONS, type Reason, type ReasonCode } from '#domain/reasons.ts';
import { policyName } from '#names/iot.ts';
import type { ReadAnchor } from '#ports/certificate-reader.ts';
import type { Context } from '../context.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { contentOf, readAllowList, readCertificateFile, readKeyFile } from '../input-files.ts';
import { fields, type Output, table } from '../output.ts';
import { checkNaming } from './tenant.ts';

export type CheckOptions = {
  readonly tenant: TenantName;
  readonly naming: string;
  readonly admission?: 'auto' | 'approve';
  readonly anchor?: string;
  readonly clientId?: string;
  readonly allowCn?: string;
  readonly key?: string;
};

/** `ok` is null where only a system can say. */
type Rule = Omit<Evaluation['rules'][number], 'ok'> & { readonly ok: boolean | null };
/** Why a device would not come in; a key that is not its certificate's is seen here alone, the cloud never sees the key. */
const EXPLAINED = {
  ...REASONS,
  KEY_MISMATCH: {
    layer: 'tls',
    when: 'the private key is not that of the certificate (I-08)',
    action: 'install the key that the request of this certificate was made with, or make key and certificate again',
  },
} as const satisfies Record<string, Reason>;

/** The answer as --json prints it. */
type Answer = {
  readonly verdict: 'accept' | 'hold' | 'reject';
  readonly reason: keyof typeof EXPLAINED | null;
  readonly seen: string | null;
  readonly advice: string | null;
  readonly clientId: ClientId | null;
  readonly thingName: ClientId | null;
  readonly permissionSet: string | null;
  readonly policyName: string | null;
  readonly policy: unknown;
  readonly rules: readonly Rule[];
};

const NOTHING_GRANTED = { permissionSet: null, policyName: null, policy: null };

/** The policy names region and account, which only a deployment has. */
const ARN = { partition: 'aws', region: 'REGION', accountId: 'ACCOUNT' };

/** What every device of the set may do, before any role; that is always one document. */
const policyOf = (set: PermissionSet): unknown => {
  const compiled = compilePolicies(set, [], ARN);
  return compiled.ok ? compiled.value.documents.map(({ json }) => JSON.parse(json) as unknown)[0] : null;
};

const isReason = (code: string): code is ReasonCode => Object.hasOwn(REASONS, code);

const chainAnswer = (reason: ReasonCode, seen: string): Answer => ({
  verdict: 'reject',
  reason,
  seen,
  advice: REASONS[reason].action,
  clientId: null,
  thingName: null,
  rules: [{ rule: 'chain', ok: false, seen }],
  ...NOTHING_GRANTED,
});

const ONLINE_RULES = ['block-list', 'revocation-list', 'user', 'operator-word', 'anchor-state', 'device'];

/** What the registry would be asked is neither kept nor broken here. */
const offline = (rules: Evaluation['rules'], foreign: string | null): readonly Rule[] => {
  const unknown = [...ONLINE_RULES, ...(foreign === null ? [] : ['tenant-prefix'])];
  return rules.map((rule) =>
    rule.ok && unknown.includes(rule.rule) ? { ...rule, ok: null, seen: 'not known offline' } : rule,
  );
};

const answerOf = ({ verdict, rules }: Evaluation, chainLength: number, options: CheckOptions): Answer => {
  const chain = { rule: 'chain', ok: true, seen: chainLength === 1 ? '1 certificate' : `${chainLength} certificates` };
  const naming = checkNaming(options.naming);
  const set = permissionSetOf(options.tenant, naming.profile);
  const foreign = verdict.clientId && foreignPrefix(naming, options.tenant, verdict.clientId);
  return {
    verdict: verdict.kind,
    ...(verdict.kind === 'accept'
      ? { reason: null, seen: null, advice: null }
      : { reason: verdict.reason, seen: verdict.seen, advice: REASONS[verdict.reason].action }),
    clientId: verdict.clientId,
    thingName: verdict.kind === 'reject' ? null : verdict.clientId,
    rules: [chain, ...offline(rules, foreign)],
    ...(verdict.kind === 'reject'
      ? NOTHING_GRANTED
      : {
          permissionSet: set.id,
          policyName: policyName(set),
          policy: policyOf(set),
        }),
  };
};

/** N-10: a device that is set to another client id than its own is let in, and never gets a session. */
const withClientId = (answer: Answer, tried: string): Answer => {
  const ok = tried === answer.clientId;
  const rule = { rule: 'connect-client-id', ok, seen: answer.clientId === null ? 'not reached' : tried };
  const mismatch = {
    verdict: 'reject',
    reason: 'CLIENT_ID_MISMATCH',
    seen: tried,
    advice: REASONS.CLIENT_ID_MISMATCH.action,
  } as const;
  return { ...answer, ...(ok || answer.verdict === 'reject' ? {} : mismatch), rules: [...answer.rules, rule] };
};

/** @throws Failure that shows nothing of the key */
const publicPart = async (file: string): Promise<Buffer> => {
  const pem = await readKeyFile(file);
  try {
    return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  } catch {
    throw new Failure(
      'KEY_UNREADABLE',
      `${file}: expected a private key in PEM without a passphrase, got something else; its text is not shown`,
    );
  }
};

/** I-08: a device with another key never gets through a TLS handshake. */
const withKey = async (answer: Answer, leafPem: string, file: string): Promise<Answer> => {
  const key = await publicPart(file);
  const ok = key.equals(new X509Certificate(leafPem).publicKey.export({ type: 'spki', format: 'der' }));
  const seen = ok ? 'the key of the certificate' : 'the key of another certificate';
  const mismatch = { verdict: 'reject', reason: 'KEY_MISMATCH', seen, advice: EXPLAINED.KEY_MISMATCH.action } as const;
  return {
    ...answer,
    ...(ok || answer.verdict === 'reject' ? {} : mismatch),
    rules: [...answer.rules, { rule: 'key-pair', ok, seen }],
  };
};

/** CA-05: of an anchor that cannot be registered no device ever comes in, whatever the rules say of the device. */
const underAnchor = (evaluation: Evaluation, anchor: ReadAnchor, now: number): Evaluation => {
  const failure = anchorFailure(anchor, now);
  const rule = { rule: 'anchor', ok: failure === null, seen: failure?.seen ?? 'may be registered' };
  const { clientId } = evaluation.verdict;
  return {
    ...evaluation,
    ...(failure && { verdict: { kind: 'reject', clientId, ...failure } }),
    rules: [rule, ...evaluation.rules],
  };
};

const evaluateFile = async (leafPem: string, anchor: ReadAnchor, options: CheckOptions): Promise<Evaluation> => {
  const { tenant, naming, admission = 'auto', allowCn } = options;
  const now = Date.now();
  const certificate = x509CertificateReader.readLeaf(leafPem, anchor.pem);
  const cn = 'unreadable' in certificate ? null : commonNameOf(certificate.subject);
  const list = allowCn === undefined ? null : await readAllowList(allowCn);
  const evaluation = evaluate({
    certificate,
    anchor: { state: 'ACTIVE', validFrom: anchor.validFrom, validTo: anchor.validTo },
    tenant: { name: tenant, naming, admission, userMatch: 'off' },
    listed: list && cn?.ok === true && list.includes(cn.value),
    foreignTenant: null,
    user: null,
    operatorWord: null,
    deviceCauses: [],
    blocked: false,
    onCrl: false,
    now,
  });
  return underAnchor(evaluation, anchor, now);
};

/** The CA certificate that is named, else the next one of the chain. */
const anchorFor = async (file: string, [next]: readonly string[], named: string | undefined): Promise<ReadAnchor> => {
  if (named !== undefined)
    return contentOf(named, await readCertificateFile(named, 'the PEM certificate of a CA', readAnchorPem));
  if (next !== undefined) return contentOf(file, readAnchorPem(next));
  throw new Failure('ANCHOR_MISSING', `${file} holds one certificate: append the CA's to it, or give it with --anchor`);
};

/** @throws Failure when a file is not what it should be; a chain that is out of order is an answer */
const answerFor = async (file: string, options: CheckOptions): Promise<Answer> => {
  const chain = await readCertificateFile(file, 'a PEM certificate or chain', readChain);
  if (!chain.ok && isReason(chain.error.code)) {
    const { code, message } = chain.error;
    const seen = message.split(':')[0] ?? '';
    return chainAnswer(code, seen);
  }
  const { leafPem, rest } = contentOf(file, chain);
  const anchor = await anchorFor(file, rest, options.anchor);
  let answer = answerOf(await evaluateFile(leafPem, anchor, options), 1 + rest.length, options);
  if (options.clientId !== undefined) answer = withClientId(answer, options.clientId);
  return options.key === undefined ? answer : withKey(answer, leafPem, options.key);
};

const COLOUR = { accept: 'green', hold: 'yellow', reject: 'red' } as const;

const markOf = ({ ok, seen }: Rule): '✓' | '?' | '✗' | '·' => {
  if (ok === null) return '?';
  if (ok) return '✓';
  return seen === 'not reached' ? '·' : '✗';
};

const textOf = (output: Output, answer: Answer): string => {
  const { verdict, reason } = answer;
  const rules = table(
    ['RULE', 'SEEN'],
    answer.rules.map((rule) => [`${markOf(rule)} ${rule.rule}`, rule.seen]),
    (cell) => (cell.startsWith('✗') ? output.style('red', cell) : cell),
  );
  const parts = [
    rules,
    `\n${output.style([COLOUR[verdict], 'bold'], verdict)}${reason === null ? '' : `  ${reason}: ${EXPLAINED[reason].when}`}`,
    fields([
      ['to do', answer.advice],
      ['client id', answer.clientId],
      ['thing name', answer.thingName],
      ['policy', answer.policyName],
    ]),
    ...(answer.policy === null ? [] : [JSON.stringify(answer.policy, null, 2)]),
  ];
  return parts.filter((part) => part !== '').join('\n');
};

/** @returns 0 when the certificate would be accepted, 1 when it would be held or rejected */
export const checkCertificate = async ({ output }: Context, file: string, options: CheckOptions): Promise<ExitCode> => {
  const naming = checkNaming(options.naming);
  const answer = await answerFor(file, options);
  output.result(answer, () => textOf(output, answer));
  const foreign = answer.clientId && foreignPrefix(naming, options.tenant, answer.clientId);
  if (foreign) output.note(`not known offline: this client id is refused when there is a tenant "${foreign}"`);
  if (answer.verdict === 'accept')
    output.note(
      'not known offline: what is marked ?, and whether another certificate holds this client id; where the tenant asks for users, create the user before the device connects',
    );
  return answer.verdict === 'accept' ? 0 : 1;
};
