// What a revocation list must be like before it is taken in, and what it changes (RFC 5280 §5).

import type { CertificateRecord } from './certificate.ts';
import { shown } from './shown.ts';
import type { AnchorCrl } from './trust-anchor.ts';
import { signatureRule } from './x509-rules.ts';

/** RFC 5280 §5.3.1, by its number there; 7 is not used. */
export const CRL_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  null,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** The one reason that a later list may take back. */
const ON_HOLD = 'certificateHold';

export type CrlEntry = {
  /** lower-case hex without leading zeros */
  readonly serialNumber: string;
  readonly revokedAt: number;
  /** null when the list gives none */
  readonly reason: string | null;
};

/**
 * Whom a list speaks of: `full` is every certificate of its issuer. The others name what was added to a former list, what
 * other CAs issued, or only some certificates or reasons; `unknown` is one with a critical extension that nobody knows.
 */
export type CrlScope = 'full' | 'delta' | 'indirect' | 'partial' | 'unknown';

/** Plain data read from a list and from the trust anchor that it is said to be of. Times are epoch milliseconds. */
export type CrlFacts = {
  readonly issuer: string;
  readonly issuedByAnchor: boolean;
  readonly signedByAnchor: boolean;
  readonly signatureAlgorithm: string;
  readonly scope: CrlScope;
  /** in decimal; null when the list has none */
  readonly number: string | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  readonly entries: readonly CrlEntry[];
};

export type CrlProblem = {
  readonly code:
    | 'CRL_FOREIGN'
    | 'CRL_SIGNATURE'
    | 'CRL_DELTA'
    | 'CRL_INDIRECT'
    | 'CRL_PARTIAL'
    | 'CRL_EXTENSION'
    | 'CRL_NOT_YET_VALID'
    | 'CRL_EXPIRED'
    | 'CRL_STALE';
  readonly message: string;
};

const problem = (code: CrlProblem['code'], message: string): CrlProblem => ({ code, message });

const SCOPES = {
  delta: problem('CRL_DELTA', 'expected a complete list, got one of changes since another: import the complete one'),
  indirect: problem(
    'CRL_INDIRECT',
    'expected a list of this CA alone, got one that names certificates of other CAs: have the CA make one of its own',
  ),
  partial: problem(
    'CRL_PARTIAL',
    'expected a list of all that the CA revoked, got one of some kinds of certificates or some reasons only: import the complete one',
  ),
  unknown: problem(
    'CRL_EXTENSION',
    'the list has a critical extension that is not known here, so that what it says may mean something else (RFC 5280 §5.2): have the CA make one without',
  ),
} as const satisfies Record<Exclude<CrlScope, 'full'>, CrlProblem>;

// a time that no Date can hold must not throw: rules are total
const timeText = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().replace('.000Z', 'Z') : String(time);

const trustProblem = (crl: CrlFacts, subject: string): CrlProblem | null => {
  if (!crl.issuedByAnchor)
    return problem(
      'CRL_FOREIGN',
      `expected a list of ${shown(subject)}, got one of ${shown(crl.issuer)}: name the trust anchor that it is of`,
    );
  const { seen, reason } = signatureRule(crl);
  if (reason !== null)
    return problem(
      'CRL_SIGNATURE',
      `expected a list that is signed with SHA-256, SHA-384 or SHA-512, got ${seen}: have the CA sign it with one of these`,
    );
  if (crl.signedByAnchor) return null;
  return problem(
    'CRL_SIGNATURE',
    "expected a list that the CA's key signed, but the signature does not match: it was changed, or a CA of the same name and another key made it",
  );
};

/** By its number where both have one, and by its time: the CA counts and dates its lists upwards (RFC 5280 §5.2.3). */
const isOlder = (
  crl: Pick<CrlFacts, 'number' | 'thisUpdate'>,
  last: Pick<AnchorCrl, 'number' | 'thisUpdate'>,
): boolean =>
  crl.thisUpdate < last.thisUpdate ||
  (crl.number !== null && last.number !== null && BigInt(crl.number) < BigInt(last.number));

const timeProblem = (crl: CrlFacts, last: AnchorCrl | null, now: number): CrlProblem | null => {
  const { number, thisUpdate, nextUpdate } = crl;
  // asked this way round, so that a time that is no number passes nothing
  if (!(thisUpdate <= now))
    return problem(
      'CRL_NOT_YET_VALID',
      `expected a list that is in force, got one from ${timeText(thisUpdate)} on: check the clock of the CA, or wait`,
    );
  if (nextUpdate !== null && !(now <= nextUpdate))
    return problem(
      'CRL_EXPIRED',
      `expected a list that is in force, got one whose successor was due ${timeText(nextUpdate)}: have the CA make a new one`,
    );
  if (last && isOlder(crl, last))
    return problem(
      'CRL_STALE',
      `expected a list not older than number ${last.number ?? 'none'} of ${timeText(last.thisUpdate)}, which was taken in, got number ${number ?? 'none'} of ${timeText(thisUpdate)}: import the newest`,
    );
  return null;
};

/**
 * Why a list is not taken in; null when it may be. The one that was taken in last may be taken in again, which finishes
 * what an earlier attempt left.
 * @param anchor whose list it is to be, with the last one of it
 * @param now epoch milliseconds
 */
export const crlProblem = (
  crl: CrlFacts,
  anchor: { readonly subject: string; readonly crl: AnchorCrl | null },
  now: number,
): CrlProblem | null =>
  trustProblem(crl, anchor.subject) ??
  (crl.scope === 'full' ? null : SCOPES[crl.scope]) ??
  timeProblem(crl, anchor.crl, now);

export type CrlChanges = {
  readonly add: readonly CrlEntry[];
  /** serial numbers that were on hold and are no longer named */
  readonly drop: readonly string[];
};

/**
 * What a list changes in what is known of its issuer. What was revoked stays so although a list leaves it out, as CAs do
 * once the certificate has expired; what was on hold is taken back by that (RFC 5280 §5.3.1).
 */
export const crlChanges = (known: readonly CrlEntry[], entries: readonly CrlEntry[]): CrlChanges => {
  const listed = new Map(
    entries.filter(({ reason }) => reason !== 'removeFromCRL').map((entry) => [entry.serialNumber, entry]),
  );
  const before = new Map(known.map((entry) => [entry.serialNumber, entry]));
  return {
    add: [...listed.values()].filter(({ serialNumber, reason }) => {
      const had = before.get(serialNumber);
      return had === undefined || (had.reason === ON_HOLD && reason !== ON_HOLD);
    }),
    drop: known
      .filter(({ serialNumber, reason }) => reason === ON_HOLD && !listed.has(serialNumber))
      .map(({ serialNumber }) => serialNumber),
  };
};

/** Serial numbers that bar once the changes are written. */
export const serialsAfter = (known: readonly CrlEntry[], { add, drop }: CrlChanges): ReadonlySet<string> => {
  const serials = new Set([...known, ...add].map(({ serialNumber }) => serialNumber));
  for (const serialNumber of drop) serials.delete(serialNumber);
  return serials;
};

/** What history says of a certificate that follows a list. */
export const CRL_FOLLOWED = 'revocation list imported';

type Listed = Pick<CertificateRecord, 'serialNumber' | 'verdict' | 'causes'>;

/** `out`: the list bars a certificate that is not barred by it yet; `back`: it barred one, and does so no longer. */
export const crlEffect = (
  { serialNumber, verdict, causes }: Listed,
  serials: ReadonlySet<string>,
): 'out' | 'back' | null => {
  // one that an operator revoked is out for good, whatever lists say
  if (serialNumber === null || verdict === null || causes.includes('REVOKED')) return null;
  if (serials.has(serialNumber)) {
    // one that was turned away for another reason stays so
    return verdict.kind === 'hold' || (verdict.kind === 'accept' && !causes.includes('CRL_REVOKED')) ? 'out' : null;
  }
  const isTurnedAway = verdict.kind === 'reject' && verdict.reason === 'CERT_REVOKED';
  return isTurnedAway || causes.includes('CRL_REVOKED') ? 'back' : null;
};

/** It may come in, and its serial number was not kept: whether a list names it is found when it is converged. */
const isUnknown = ({ serialNumber, verdict, causes }: Listed): boolean =>
  serialNumber === null && !causes.includes('REVOKED') && (verdict?.kind === 'accept' || verdict?.kind === 'hold');

/**
 * What is to be done for a certificate of the anchor: note the list in its record and converge it; converge it, because
 * this list or one before was noted and is not done; or nothing.
 * @param importedAt epoch milliseconds
 */
export const crlNeedOf = (
  record: Listed & Pick<CertificateRecord, 'settled' | 'history'>,
  serials: ReadonlySet<string>,
  importedAt: number,
): 'change' | 'finish' | 'nothing' => {
  const { settled, history } = record;
  const isLeft = !settled && history.some(({ seen }) => seen === CRL_FOLLOWED);
  if (crlEffect(record, serials) === null && !isUnknown(record)) return isLeft ? 'finish' : 'nothing';
  const last = history.at(-1);
  return isLeft && last?.seen === CRL_FOLLOWED && last.at >= importedAt ? 'finish' : 'change';
};
