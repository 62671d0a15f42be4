// The decision on a device certificate: accept, hold or reject, with what every rule found.

import type { Cause, CertificateFacts, OperatorWord, UnreadableCertificate, Verdict } from './certificate.ts';
import { CERTIFICATE_RULES, certificateFindings, type Finding } from './certificate-rules.ts';
import type { ClientId, TenantName } from './ids.ts';
import { clientIdFor, commonNameOf, type NamingProfile, namingOf } from './naming.ts';
import { permissionSetOf } from './permission-set.ts';
import type { ReasonCode } from './reasons.ts';
import { shown } from './shown.ts';
import type { Tenant } from './tenant.ts';
import type { TrustAnchor } from './trust-anchor.ts';
import { hasCertificateGrant, knownUser, type User } from './user.ts';
import { type Failure, type Found, firstFailure } from './x509-rules.ts';

/** Raised whenever the same input may get another verdict; every history entry names it. */
export const RULES_VERSION = 3;

export type OnboardingInput = {
  readonly certificate: CertificateFacts | UnreadableCertificate;
  readonly anchor: Pick<TrustAnchor, 'state' | 'validFrom' | 'validTo'>;
  readonly tenant: Pick<Tenant, 'name' | 'naming' | 'admission' | 'userMatch'>;
  /** whether the CN is on the allow-list in force; null when none is */
  readonly listed: boolean | null;
  /** the tenant that `foreignPrefix` names, when there is such a tenant */
  readonly foreignTenant: TenantName | null;
  /** the user that the registry has under the CN */
  readonly user: User | null;
  readonly operatorWord: OperatorWord | null;
  /** what bars the device of this client id */
  readonly deviceCauses: readonly Cause[];
  /** the tenant's block list names the fingerprint */
  readonly blocked: boolean;
  /** a revocation list of the anchor names the serial number */
  readonly onCrl: boolean;
  /** epoch milliseconds */
  readonly now: number;
};

export type Evaluation = {
  readonly verdict: Verdict;
  /** every rule, in the order in which the first one that fails decides; a rule that was not reached is not ok */
  readonly rules: readonly { readonly rule: string; readonly ok: boolean; readonly seen: string }[];
  /** the common name, when it is one that a client id may carry */
  readonly cn: string | null;
};

type Named = OnboardingInput & { readonly certificate: CertificateFacts };
type Check = readonly [rule: string, check: (input: Named) => Found];

/** Of whoever has a client id there is exactly one. */
const cnOf = ({ certificate }: Named): string => certificate.subject.cn.join();
/** A username is compared as it is: case counts, and nothing is trimmed (U-01). */
const userOf = (input: Named): User | null => {
  const cn = cnOf(input);
  return knownUser(input.tenant.name, cn, input.user?.username === cn ? input.user : null);
};

const listing = (listed: boolean, seen: string, reason: ReasonCode): Found =>
  listed ? { seen, reason } : { seen: 'not listed', reason: null };

/** What turns a certificate away that is good by itself. */
const REJECTING: readonly Check[] = [
  ['block-list', ({ blocked, certificate }) => listing(blocked, certificate.id, 'CERT_BLOCKED')],
  ['revocation-list', ({ onCrl, certificate }) => listing(onCrl, certificate.serialNumber, 'CERT_REVOKED')],
  [
    'user',
    (input) => {
      if (input.tenant.userMatch === 'off') return { seen: 'not asked', reason: null };
      const user = userOf(input);
      if (user === null) return { seen: cnOf(input), reason: 'USER_NOT_FOUND' };
      const grants = user.grantTypes.map(({ method }) => method).join(' ');
      return { seen: grants === '' ? 'no grant' : grants, reason: hasCertificateGrant(user) ? null : 'GRANT_MISSING' };
    },
  ],
  [
    'tenant-prefix',
    ({ foreignTenant }) =>
      foreignTenant === null
        ? { seen: 'no other tenant', reason: null }
        : { seen: `the name of tenant ${foreignTenant}`, reason: 'CLIENT_ID_FOREIGN_PREFIX' },
  ],
  [
    'operator-word',
    ({ operatorWord: word }) => ({
      seen: word ? shown(`${word.verdict} by ${word.by}`) : 'none',
      reason: word?.verdict === 'reject' ? 'OPERATOR_REJECTED' : null,
    }),
  ],
];

const approvable = (input: Named, good: boolean, seen: string, reason: ReasonCode): Found => {
  if (good) return { seen, reason: null };
  return input.operatorWord?.verdict === 'approve'
    ? { seen: `${seen}, approved by an operator`, reason: null }
    : { seen, reason };
};

/** What keeps a good certificate waiting. */
const HOLDING: readonly Check[] = [
  [
    // Held, not rejected: a reject makes the certificate INACTIVE, and then neither the device nor the restored anchor
    // would bring it back. Held it stays PENDING_ACTIVATION, which lets nobody in, and is decided again on restore.
    // A certificate accepted earlier gets the cause CA_REVOKED instead: it is suspended, not undecided (V-03, V-05).
    'anchor-state',
    ({ anchor }) => ({ seen: anchor.state, reason: anchor.state === 'ACTIVE' ? null : 'CA_REVOKED' }),
  ],
  [
    'device',
    ({ deviceCauses: causes }) =>
      causes.length === 0
        ? { seen: 'not barred', reason: null }
        : { seen: shown(causes.join(' ')), reason: 'DEVICE_BARRED' },
  ],
  [
    'allow-list',
    (input) =>
      input.listed === null
        ? { seen: 'no list', reason: null }
        : approvable(input, input.listed, input.listed ? 'on the list' : 'not on the list', 'NOT_ALLOWED'),
  ],
  [
    'admission',
    (input) => approvable(input, input.tenant.admission === 'auto', input.tenant.admission, 'APPROVAL_REQUIRED'),
  ],
];

const RULES: readonly string[] = [
  'readable',
  ...CERTIFICATE_RULES,
  'client-id',
  ...[...REJECTING, ...HOLDING].map(([rule]) => rule),
];

const apply = (checks: readonly Check[], input: Named): readonly Finding[] =>
  checks.map(([rule, check]) => ({ rule, ...check(input) }));

const evaluation = (verdict: Verdict, findings: readonly Finding[], cn: string | null): Evaluation => ({
  verdict,
  rules: RULES.map((rule, at) => {
    const finding = findings[at];
    return { rule, ok: finding?.reason === null, seen: finding?.seen ?? 'not reached' };
  }),
  cn,
});

const acceptance = (input: Named, profile: NamingProfile, clientId: ClientId): Verdict => {
  const user = input.tenant.userMatch === 'required' ? userOf(input) : null;
  const { id } = permissionSetOf(input.tenant.name, profile, user?.composition);
  return { kind: 'accept', clientId, permissionSet: id, user: user?.username ?? null };
};

/**
 * Pure and total. An operator's approval outranks the allow-list and admission, nothing else. Rules that reject come
 * before rules that hold, so that a hold always has a client id and nothing waits that can never come in.
 * @throws TypeError when the tenant's naming is none: a corrupt record decides nothing
 */
export const evaluate = (input: OnboardingInput): Evaluation => {
  const { certificate, anchor, tenant, now } = input;
  const naming = namingOf(tenant.naming);
  if ('unreadable' in certificate) {
    const failure: Failure = { seen: shown(certificate.unreadable), reason: 'CERT_UNREADABLE' };
    return evaluation({ kind: 'reject', clientId: null, ...failure }, [{ rule: 'readable', ...failure }], null);
  }

  const cn = commonNameOf(certificate.subject);
  const readCn = cn.ok ? cn.value : null;
  const named = clientIdFor(naming, tenant.name, certificate.subject);
  const read: readonly Finding[] = [
    { rule: 'readable', seen: `X.509 v${certificate.version}`, reason: null },
    ...certificateFindings(certificate, anchor, now),
  ];
  if (!named.ok) {
    const unnamed: Failure = { seen: named.error.seen, reason: named.error.code };
    const verdict: Verdict = { kind: 'reject', clientId: null, ...(firstFailure(read) ?? unnamed) };
    return evaluation(verdict, [...read, { rule: 'client-id', ...unnamed }], readCn);
  }

  const clientId = named.value;
  const readable: Named = { ...input, certificate };
  const rejecting = [...read, { rule: 'client-id', seen: clientId, reason: null }, ...apply(REJECTING, readable)];
  const holding = apply(HOLDING, readable);
  const rejection = firstFailure(rejecting);
  const hold = firstFailure(holding);
  const verdict: Verdict = rejection
    ? { kind: 'reject', clientId, ...rejection }
    : hold
      ? { kind: 'hold', clientId, ...hold }
      : acceptance(readable, naming.profile, clientId);
  return evaluation(verdict, [...rejecting, ...holding], readCn);
};

export const decide = (input: OnboardingInput): Verdict => evaluate(input).verdict;
