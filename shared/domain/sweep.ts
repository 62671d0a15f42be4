// Spreading the state of a trust anchor over its certificates: what a pass does to each, and when it was the last one.

import type { CertificateRecord } from './certificate.ts';
import type { AnchorState, AnchorSweep, TrustAnchor } from './trust-anchor.ts';

export const SWEEP_LISTS = ['iot-core', 'registry'] as const;
export type SweepList = (typeof SWEEP_LISTS)[number];

/** How far a pass is. Each of its commands hands it to the next, so that one that is delivered twice counts the same. */
export type SweepCursor = {
  /** the list that is gone through: IoT Core's of the CA, then the registry's, for a CA that is not in IoT Core any more */
  readonly list: SweepList;
  /** its page that comes next, null for the first; and how many of its certificates are done */
  readonly page: string | null;
  readonly offset: number;
  /** when the pass began, epoch milliseconds */
  readonly startedAt: number;
  /** certificates that were looked at, and those among them that this change of the anchor has reached, in any pass */
  readonly seen: number;
  readonly changed: number;
  /** those that this pass did something for, and those for which that failed */
  readonly acted: number;
  readonly failed: number;
};

/** What history says of a certificate that follows its anchor. */
const FOLLOWED = {
  ACTIVE: 'anchor restored',
  REVOKED: 'anchor revoked',
  DELETED: 'anchor deleted',
} as const satisfies Record<AnchorState, string>;

export const followedAs = ({ state }: Pick<TrustAnchor, 'state'>): string => FOLLOWED[state];

type Change = Pick<TrustAnchor, 'state' | 'changedAt'>;

/** The certificate's record says that it is to follow this change of its anchor. */
export const isReached = (anchor: Change, { history }: Pick<CertificateRecord, 'history'>): boolean =>
  history.some(({ seen, at }) => seen === followedAs(anchor) && at >= anchor.changedAt);

/**
 * What is to be done for a certificate: note the change in its record and converge it; converge it, because that was
 * noted and is not done; or nothing. `foreign` is one that IoT Core lets in and Vestibule never decided on: somebody
 * registered it under this CA by hand. It is shut out without a decision, for there is nothing to bring it back to.
 */
export type SweepNeed = 'change' | 'finish' | 'nothing' | 'foreign';

/** What a call of ours may lead out of. What is REVOKED in IoT Core stays so, and what is on its way to another account is not ours. */
const OURS: readonly string[] = ['ACTIVE', 'INACTIVE', 'PENDING_ACTIVATION'];

const isWrong = (barred: boolean, { verdict, causes }: CertificateRecord): boolean => {
  // it is out for good, and no act on the anchor says anything of it
  if (causes.includes('REVOKED')) return false;
  const carries = causes.includes('CA_REVOKED');
  if (barred) return verdict?.kind === 'accept' && !carries;
  return carries || (verdict?.kind === 'hold' && verdict.reason === 'CA_REVOKED');
};

/**
 * @param record null when the registry has none
 * @param status of the certificate in IoT Core, null when it was not asked: ACTIVE under an anchor that is not, it is let
 * in whatever its record says
 */
export const sweepNeedOf = (anchor: Change, record: CertificateRecord | null, status: string | null): SweepNeed => {
  if (status !== null && !OURS.includes(status)) return 'nothing';
  const barred = anchor.state !== 'ACTIVE';
  const isIn = barred && status === 'ACTIVE';
  if (record === null || record.verdict === null) return isIn ? 'foreign' : 'nothing';
  const isNoted = !record.settled && isReached(anchor, record);
  if (!isIn && !isWrong(barred, record)) return isNoted ? 'finish' : 'nothing';
  return isNoted && record.history.at(-1)?.seen === followedAs(anchor) ? 'finish' : 'change';
};

/** A command of another change of the anchor, of a pass that is over, or of a sweep that is. */
export const isStale = (
  anchor: Pick<TrustAnchor, 'version' | 'sweep'>,
  command: { readonly version: number; readonly pass: number; readonly cursor: unknown },
): boolean => {
  if (command.version !== anchor.version) return true;
  const { sweep } = anchor;
  if (sweep?.version !== anchor.version) return false;
  // one that begins a pass may be an operator's, who asks for it again
  return sweep.completedAt !== null || (command.cursor !== null && command.pass < sweep.pass);
};

/** With the waits between them, three quarters of an hour: longer, and it takes a person. */
export const PASSES = 8;
const SHORTEST_WAIT_MS = 30_000;
/** Amazon SQS delays a message by no more (API reference, SendMessage). */
const LONGEST_WAIT_MS = 900_000;

export type PassEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'again'; readonly delayMs: number }
  /** some certificates could not be brought to the anchor's state, again and again */
  | { readonly kind: 'given-up' };

/**
 * The last pass is one that finds nothing to do and began later than any attempt to onboard that had read the former
 * state could still act (V-05).
 * @param settleMs how long such an attempt may run
 */
export const endOfPass = (
  anchor: Change,
  pass: number,
  { startedAt, acted, failed }: Pick<SweepCursor, 'startedAt' | 'acted' | 'failed'>,
  { now, settleMs }: { readonly now: number; readonly settleMs: number },
): PassEnd => {
  const settledAt = anchor.changedAt + settleMs;
  if (acted === 0 && failed === 0 && startedAt >= settledAt) return { kind: 'complete' };
  if (pass >= PASSES) return { kind: 'given-up' };
  const wait = failed === 0 ? 0 : SHORTEST_WAIT_MS * 2 ** (pass - 1);
  return { kind: 'again', delayMs: Math.min(LONGEST_WAIT_MS, Math.max(wait, settledAt - now, 0)) };
};

/** What the anchor's item tells of it. A later pass begins to count again and has reached no fewer. */
export const progressOf = (
  anchor: Pick<TrustAnchor, 'version' | 'sweep'>,
  pass: number,
  { startedAt, seen, changed }: SweepCursor,
  completedAt: number | null,
): AnchorSweep => ({
  version: anchor.version,
  pass,
  seen,
  changed: anchor.sweep?.version === anchor.version ? Math.max(anchor.sweep.changed, changed) : changed,
  startedAt,
  completedAt,
});
