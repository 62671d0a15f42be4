// Has the certificates of a trust anchor follow its revocation list: those that it names go out, those that it had on hold
// and names no longer come back, as far as nothing else bars them.

import type { CertificateRecord } from '#domain/certificate.ts';
import { CRL_FOLLOWED, crlNeedOf } from '#domain/crl-rules.ts';
import type { AnchorCrl, TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateListing } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { EventPublisher, TrustCommand, TrustQueue } from '#ports/messages.ts';
import type { AnchorRegistry, BlockLists } from '#ports/trust-registry.ts';
import { type FollowDeps, followFact } from './follow-fact.ts';
import { knownSerials } from './import-crl.ts';
import { type Failure, type KeepFailuresDeps, keepFailures } from './kept-failures.ts';
import { isGone } from './look-at-certificate.ts';
import { eachInTurn, type Pace, type Turns, turnsAt } from './paced.ts';

export type CrlCommand = Extract<TrustCommand, { act: 'crl' }>;

export type ApplyCrlDeps = FollowDeps &
  KeepFailuresDeps & {
    readonly certificates: Pick<CertificateRegistry, 'findAll'>;
    readonly anchors: Pick<AnchorRegistry, 'find'>;
    readonly blockLists: Pick<BlockLists, 'listSerials'>;
    readonly listing: Pick<CertificateListing, 'underAnchor'>;
    readonly events: EventPublisher;
    readonly trustQueue: TrustQueue;
    readonly newId: () => string;
    readonly pace: Pace;
    /** a command that takes longer is followed by another */
    readonly sliceMs: number;
    /** how long an attempt to onboard may act on what it read; an index follows its table sooner */
    readonly settleMs: number;
  };

export type CrlOutcome = {
  /** certificates that this command converged */
  readonly changed: number;
  readonly failures: readonly Failure[];
};

/** As many records as are read in one go. */
const PAGE = 100;

/**
 * How far the work is: in the first pass, or in the second one, which sees those that were being onboarded during the
 * first, and tries again what failed. A command's cursor is `<pass>:<done of the page>:<page of the list>`.
 */
type Position = { readonly pass: 1 | 2; readonly done: number; readonly page: string };

const FIRST_PAGE = '';
const start = (pass: 1 | 2): Position => ({ pass, done: 0, page: FIRST_PAGE });

const positionOf = (cursor: string | null): Position => {
  if (cursor === null) return start(1);
  const [, pass, done, page = FIRST_PAGE] = /^(\d):(\d+):(.*)$/s.exec(cursor) ?? [];
  return { pass: pass === '2' ? 2 : 1, done: Number(done ?? 0), page };
};
const cursorOf = ({ pass, done, page }: Position): string => `${pass}:${done}:${page}`;

type ListedAnchor = TrustAnchor & { readonly crl: AnchorCrl };
const hasList = (anchor: TrustAnchor | null): anchor is ListedAnchor => anchor !== null && anchor.crl !== null;

const announce = async ({ events }: ApplyCrlDeps, { id, tenant, crl }: ListedAnchor): Promise<void> => {
  const { importedAt: at, importedBy: actor, number, thisUpdate, entries } = crl;
  const eventId = `${id}.crl.${number ?? thisUpdate}`;
  await events.publish([{ type: 'ca.crl-imported', id: eventId, at, tenant, anchorId: id, actor, entries }]);
};

type Work = { readonly anchor: ListedAnchor; readonly serials: ReadonlySet<string>; readonly owner: string };
type Slice = CrlOutcome & {
  /** null when the pass is over */
  readonly next: Position | null;
};

const followPage = async (deps: ApplyCrlDeps, work: Work, at: Position, turns: Turns): Promise<Slice> => {
  const { anchor, serials, owner } = work;
  const { id, crl } = anchor;
  const { items, cursor } = await deps.listing.underAnchor(id, { limit: PAGE, cursor: at.page || null });
  const ids = items.slice(at.done).map((item) => item.id);
  const records = new Map((await deps.certificates.findAll(ids)).map((record) => [record.id, record]));
  const needOf = (record: CertificateRecord) => crlNeedOf(record, serials, crl.importedAt);
  const open = ids.flatMap((certificateId, index) => {
    const record = records.get(certificateId);
    return record && needOf(record) !== 'nothing' ? [{ index, record }] : [];
  });
  const follow = followFact(deps);
  const failures: Failure[] = [];
  let changed = 0;
  const begun = await eachInTurn(open, turns, async ({ record }) => {
    try {
      await follow(record, needOf, { actor: crl.importedBy, seen: CRL_FOLLOWED }, { owner, iotStatus: null });
      changed += 1;
    } catch (error) {
      if (!isGone(error)) failures.push({ certificateId: record.id, error });
    }
  });
  const left = open[begun];
  if (left) return { changed, failures, next: { ...at, done: at.done + left.index } };
  return { changed, failures, next: cursor === null ? null : { pass: at.pass, done: 0, page: cursor } };
};

/** Page by page, until the pass is over or the command has taken long enough. */
const followPages = async (deps: ApplyCrlDeps, work: Work, from: Position): Promise<Slice> => {
  const { clock, pace, sliceMs } = deps;
  const until = clock() + sliceMs;
  const turns = { turn: turnsAt(pace), atOnce: pace.atOnce, isOver: () => clock() >= until };
  const failures: Failure[] = [];
  let [changed, next]: [number, Position | null] = [0, from];
  do {
    const slice: Slice = await followPage(deps, work, next, turns);
    changed += slice.changed;
    failures.push(...slice.failures);
    next = slice.next;
  } while (next && !turns.isOver());
  return { changed, failures, next };
};

/**
 * Repeatable wherever it ended: what is done already is seen in the records. A certificate for which something fails holds
 * nothing up.
 */
export const applyCrl =
  (deps: ApplyCrlDeps) =>
  async (command: CrlCommand): Promise<CrlOutcome> => {
    const { anchors, blockLists, trustQueue, newId, settleMs } = deps;
    const anchor = await anchors.find(command.anchorId);
    if (!hasList(anchor)) return { changed: 0, failures: [] };
    if (command.cursor === null) await announce(deps, anchor);
    const serials = new Set((await knownSerials(blockLists, anchor.id)).map(({ serialNumber }) => serialNumber));
    const from = positionOf(command.cursor);
    const { changed, failures, next } = await followPages(deps, { anchor, serials, owner: command.commandId }, from);

    if (from.pass === 2 && failures.length > 0) {
      const what = `some certificates did not follow the revocation list of CA ${anchor.id}: import it again`;
      await keepFailures(deps, command, what, failures);
    }
    const after = { ...command, commandId: newId() };
    if (next) await trustQueue.send({ ...after, cursor: cursorOf(next) });
    else if (from.pass === 1)
      await trustQueue.send({ ...after, cursor: cursorOf(start(2)) }, Math.ceil(settleMs / 1_000));
    return { changed, failures };
  };
