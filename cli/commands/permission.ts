// vestibule permission explain | compile

import { basename } from 'node:path';
import { explanationView } from '#contracts/explanation-view.ts';
import type { ExplanationView } from '#contracts/ops-api.ts';
import { type ArnParts, profilePatterns } from '#domain/device-policy.ts';
import { explain } from '#domain/explain-permission.ts';
import { clientId, isTenantName, type TenantName, tenantName } from '#domain/ids.ts';
import { ASKED_ACTIONS, type AskedAction, type Question } from '#domain/judge-permission.ts';
import { type CompiledSet, compilePolicies, type Granted } from '#domain/permission-compiler.ts';
import { type PermissionSet, permissionSetOf } from '#domain/permission-set.ts';
import { DOCUMENT_SIZE_LIMIT } from '#domain/policy-layout.ts';
import { saidOnce } from '#domain/said-once.ts';
import { howToWiden, WIDEN } from '../api-hints.ts';
import type { Context } from '../context.ts';
import { explanationText } from '../explanation-text.ts';
import { type ExitCode, Failure, usageFailure } from '../failure.ts';
import { type PermissionsRead, readPermissionFile } from '../input-files.ts';
import { type Output, shown } from '../output.ts';
import { checkNaming } from './tenant.ts';

/** What policies name, and offline only the command line can know. */
type Place = { readonly region?: string; readonly account?: string };
type Offline = Place & { readonly naming?: string; readonly tenant?: string };
export type ExplainOptions = Partial<Record<AskedAction, string>> &
  Offline & {
    readonly device: string;
    readonly retain?: boolean;
    /** a file */
    readonly permissions?: string;
    readonly stack?: string;
  };
export type CompileOptions = Offline;

/** Any composition will do: it names the policies, and says nothing of what is in them. */
const COMPOSITION = '0'.repeat(16);

const grantedBy = (path: string, { name, permissions, plusMode }: PermissionsRead): readonly Granted[] => {
  const from = name === null ? basename(path) : `role ${name}`;
  return permissions.map((permission) => ({ permission, from, plusMode: plusMode ?? 'exact' }));
};

/** The tenant stands in the topics of some profiles, and in the place of {tenant}: it is asked for only then. */
const permissionSetFor = (
  { naming, tenant }: Offline,
  granted: readonly Granted[],
  guess: TenantName | null,
): PermissionSet => {
  const { profile } = checkNaming(naming ?? 'connectware');
  const set = (name: TenantName) => permissionSetOf(name, profile, COMPOSITION);
  if (tenant !== undefined) return set(tenantName(tenant));
  if (guess !== null) return set(guess);
  const unnamed = set(tenantName('tenant'));
  const needed =
    profilePatterns(unnamed)?.publish.split('/').includes(unnamed.tenant) ||
    granted.some(({ permission }) => permission.resource.includes('{tenant}'));
  if (needed) throw usageFailure('give --tenant <tenant>: these topics have its name in them');
  return unnamed;
};

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
};
/** Their length counts: it is part of every resource in a policy. */
const arnOf = ({ region = 'eu-central-1', account = '123456789012' }: Place): ArnParts => ({
  partition: partitionOf(region),
  region,
  accountId: account,
});

const questionOf = (options: ExplainOptions): Question => {
  const [asked, ...more] = ASKED_ACTIONS.filter((action) => options[action] !== undefined);
  const resource = asked && options[asked];
  if (asked === undefined || resource === undefined || more.length > 0)
    throw usageFailure(
      `give one of --connect <client id>, --publish <topic>, --subscribe <filter> and --receive <topic>, got ${more.length === 0 ? 'none' : more.length + 1}`,
    );
  if (options.retain && asked !== 'publish') throw usageFailure('--retain goes with --publish only');
  return { action: asked, resource, retain: options.retain ?? false };
};

const compiledOr = <T>(
  path: string,
  granted: readonly Granted[],
  result: { ok: true; value: T } | { ok: false; error: { code: string; message: string } },
): T => {
  if (result.ok) return result.value;
  throw new Failure(result.error.code, `${path}: ${saidOnce(granted, result.error.message)}`);
};

const explainOffline = async (path: string, options: ExplainOptions, question: Question): Promise<ExplanationView> => {
  const granted = grantedBy(path, await readPermissionFile(path));
  const [prefix = '', ...rest] = options.device.split('_');
  const guess = rest.length > 0 && isTenantName(prefix) ? prefix : null;
  const set = permissionSetFor(options, granted, guess);
  const explained = explain(
    { clientId: clientId(options.device), user: null, set, granted, arn: arnOf(options) },
    question,
  );
  return explanationView(compiledOr(path, granted, explained), (document) => `document ${document + 1}`, null);
};

const explainOnline = async (
  { connect }: Context,
  { device, tenant }: ExplainOptions,
  question: Question,
): Promise<ExplanationView> => {
  const query = { ...question, retain: question.retain ? ('true' as const) : ('false' as const) };
  const api = await connect();
  return tenant === undefined
    ? api('explainDevice', { params: { device }, query })
    : api('explainTenantDevice', { params: { tenant, device }, query });
};

/** The API speaks of plusMode: here it is a flag. */
const tellOfWidening = ({ output }: Context, { change }: ExplanationView, { tenant = '<tenant>' }: ExplainOptions) => {
  if (change.includes(WIDEN)) output.note(`${WIDEN}: ${howToWiden(tenant)}`);
};

/** @returns 0 when the device may, 1 when it may not */
export const explainPermission = async (context: Context, options: ExplainOptions): Promise<ExitCode> => {
  const question = questionOf(options);
  const { permissions, stack, naming, account } = options;
  if (permissions !== undefined && stack !== undefined)
    throw usageFailure('--permissions asks a file and --stack a system: give one of them');
  if (permissions === undefined && (naming ?? account) !== undefined)
    throw usageFailure(
      `--${naming === undefined ? 'account' : 'naming'} goes with --permissions <file>: a system knows its own`,
    );
  const answer =
    permissions === undefined
      ? await explainOnline(context, options, question)
      : await explainOffline(permissions, options, question);
  context.output.result(answer, () => explanationText(answer, context.output.style));
  if (permissions === undefined) tellOfWidening(context, answer, options);
  else context.output.note('not known offline: whether the device is let in, and what else it was granted');
  return answer.allowed ? 0 : 1;
};

type CompileAnswer = {
  readonly documents: readonly { readonly size: number; readonly document: unknown }[];
  readonly inexact: readonly {
    readonly from: string;
    readonly resource: string;
    readonly kind: 'narrower' | 'wider';
    readonly because: string;
  }[];
};

const compileAnswer = ({ documents, inexact }: CompiledSet): CompileAnswer => ({
  documents: documents.map(({ json, size }) => ({ size, document: JSON.parse(json) as unknown })),
  inexact: inexact.map(({ granted: { from, permission }, kind, because }) => ({
    from,
    resource: permission.resource,
    kind,
    because,
  })),
});

const compileText = (output: Output, { documents, inexact }: CompileAnswer): string =>
  [
    ...documents.map(({ size, document }, at) =>
      [
        output.style('bold', `document ${at + 1} of ${documents.length}`),
        `  ${size} of ${DOCUMENT_SIZE_LIMIT} bytes\n${JSON.stringify(document, null, 2)}`,
      ].join(''),
    ),
    inexact.length === 0
      ? 'exact: the policies allow what the permissions say'
      : [
          'not exact:',
          ...inexact.map(
            ({ from, resource, kind, because }) =>
              `  ${shown(from)}: ${shown(resource)} is ${kind} in the policy: ${shown(because)}`,
          ),
        ].join('\n'),
  ].join('\n\n');

export const compilePermissions = async ({ output }: Context, path: string, options: CompileOptions) => {
  const granted = grantedBy(path, await readPermissionFile(path));
  const set = permissionSetFor(options, granted, null);
  const answer = compileAnswer(compiledOr(path, granted, compilePolicies(set, granted, arnOf(options))));
  output.result(answer, () => compileText(output, answer));
  const http = granted.filter(({ permission }) => permission.context === 'http').length;
  if (http > 0) output.note(`${http} of ${granted.length} permissions are for http, and reach no policy`);
};
