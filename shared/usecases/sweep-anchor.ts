// Spreads the state of a trust anchor over its certificates (V-01 to V-05): first nobody new registers, then each
// certificate follows, at the pace of IoT Core's quota, pass by pass, until a pass finds nothing to do.

import { PermanentError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import { endOfPass, isStale, PASSES, progressOf, type SweepCursor } from '#domain/sweep.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher, TrustCommand, TrustQueue } from '#ports/messages.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { type Failure, type KeepFailuresDeps, keepFailures } from './kept-failures.ts';
import { type Pace, turnsAt } from './paced.ts';
import { advance, listedPage, type SweepPageDeps, sweepPage } from './sweep-page.ts';
import { anchorChanged } from './tell-anchor.ts';

export type SweepAnchorDeps = SweepPageDeps &
  KeepFailuresDeps & {
    readonly anchors: Pick<AnchorRegistry, 'find' | 'noteSweep'>;
    readonly places: Pick<AnchorPlaces, 'remove'>;
    readonly gateway: Pick<AnchorGateway, 'register' | 'enableRegistration' | 'disable' | 'remove'>;
    readonly events: EventPublisher;
    readonly trustQueue: TrustQueue;
    readonly newId: () => string;
    readonly pace: Pace;
    /** a command that takes longer is followed by another */
    readonly sliceMs: number;
    /** how long an attempt to onboard may act on what it read */
    readonly settleMs: number;
  };

type SweepCommand = Extract<TrustCommand, { act: 'sweep' }>;

export type SweepOutcome =
  /** of a state that the anchor is not in any more, or of work that is done */
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'going-on' | 'again' | 'complete' | 'given-up';
      /** of the pass */
      readonly seen: number;
      readonly changed: number;
      /** of this command */
      readonly failures: readonly Failure[];
      /** certificates that IoT Core let in under this anchor and Vestibule never decided on: they are INACTIVE now */
      readonly foreign: readonly CertificateId[];
    };

/** One that somebody deleted in IoT Core comes back there. @throws PermanentError `CA_DELETED` when that takes a new proof */
const open = async (gateway: SweepAnchorDeps['gateway'], anchor: TrustAnchor): Promise<void> => {
  const { id, pem, tenant, certificateMode } = anchor;
  if (await gateway.enableRegistration(id)) return;
  if (certificateMode !== 'SNI_ONLY')
    throw new PermanentError(
      'CA_DELETED',
      `CA certificate ${id} was deleted in IoT Core, which takes it in the mode ${certificateMode} with a new proof only: delete it here, upload it again and verify it`,
    );
  await gateway.register({ pem, tenant, certificateMode, verificationCertificate: null });
  await gateway.enableRegistration(id);
};

/**
 * The switch is thrown again in later passes: a command of a former state may throw it the other way as long as it runs,
 * and that is over before the last pass begins.
 */
const beginPass = async (deps: SweepAnchorDeps, anchor: TrustAnchor, pass: number): Promise<SweepCursor> => {
  const { gateway, events, trustQueue, newId, clock } = deps;
  const startedAt = clock();
  if (anchor.state === 'ACTIVE') await open(gateway, anchor);
  else await gateway.disable(anchor.id);
  if (pass === 1) {
    // whoever changed it has told it, unless that attempt ended before
    await events.publish([anchorChanged(anchor)]);
    await trustQueue.send({ act: 'truststore', commandId: newId() });
  }
  return { list: 'iot-core', page: null, offset: 0, startedAt, seen: 0, changed: 0, acted: 0, failed: 0 };
};

/** The registry says so last: until then the act can be repeated, and its CA cannot be uploaded again. */
const complete = async (deps: SweepAnchorDeps, anchor: TrustAnchor, pass: number, cursor: SweepCursor) => {
  const { gateway, places, events, anchors, clock } = deps;
  const { id, tenant, state, version } = anchor;
  if (state === 'DELETED') {
    await gateway.remove(id);
    await places.remove(tenant, id);
  }
  const at = clock();
  const progress = progressOf(anchor, pass, cursor, at);
  const { changed } = progress;
  const swept = { type: 'ca.swept', id: `${id}.${version}.swept`, at, tenant, anchorId: id, actor: 'sweep' } as const;
  await events.publish([{ ...swept, changed }]);
  await anchors.noteSweep(id, progress);
};

/** Tells an operator, in the last pass, of what no pass could do. */
const giveUp = async (
  deps: SweepAnchorDeps,
  anchor: TrustAnchor,
  command: SweepCommand,
  failures: readonly Failure[],
) => {
  const what = `CA ${anchor.id} is ${anchor.state}, and some of its certificates were not brought to it: repeat what was done to the CA`;
  await keepFailures(deps, command, what, failures);
};

type Slice = {
  readonly cursor: SweepCursor;
  readonly isPassOver: boolean;
  readonly failures: readonly Failure[];
  readonly foreign: readonly CertificateId[];
};

/** Page by page, until the pass is over or the command has taken long enough. */
const workOn = async (deps: SweepAnchorDeps, anchor: TrustAnchor, command: SweepCommand): Promise<Slice> => {
  const { clock, sliceMs, pace } = deps;
  const until = clock() + sliceMs;
  let cursor = command.cursor ?? (await beginPass(deps, anchor, command.pass));
  let isPassOver = false;
  const [failures, foreign]: [Failure[], CertificateId[]] = [[], []];
  const turns = { turn: turnsAt(pace), atOnce: pace.atOnce, isOver: () => clock() >= until };
  do {
    const page = await listedPage(deps, anchor.id, cursor);
    const done = await sweepPage(deps, anchor, command.commandId, page.items.slice(cursor.offset), turns);
    failures.push(...done.failures);
    foreign.push(...done.foreign);
    ({ cursor, isOver: isPassOver } = advance(cursor, page, done));
  } while (!isPassOver && !turns.isOver());
  return { cursor, isPassOver, failures, foreign };
};

/**
 * Repeatable wherever it ended: what is done already is seen in the records. A certificate for which something fails
 * holds nothing up. The pass is repeated for it; after the last pass an operator is told, and the sweep stays incomplete,
 * so that the act that began it can be repeated.
 * @throws TransientError when the anchor, a list or the queue could not be reached
 */
export const sweepAnchor =
  (deps: SweepAnchorDeps) =>
  async (command: SweepCommand): Promise<SweepOutcome> => {
    const { anchors, trustQueue, newId, clock, settleMs } = deps;
    const { anchorId, pass } = command;
    const anchor = await anchors.find(anchorId);
    if (!anchor || isStale(anchor, command)) return { kind: 'stale' };

    const { cursor, isPassOver, failures, foreign } = await workOn(deps, anchor, command);
    const outcome = { seen: cursor.seen, changed: cursor.changed, failures, foreign };
    const end = isPassOver
      ? endOfPass(anchor, pass, cursor, { now: clock(), settleMs })
      : ({ kind: 'going-on' } as const);
    if (end.kind === 'complete') {
      await complete(deps, anchor, pass, cursor);
      return { kind: 'complete', ...outcome };
    }
    if (end.kind === 'given-up' || (pass === PASSES && failures.length > 0))
      await giveUp(deps, anchor, command, failures);
    if (!(await anchors.noteSweep(anchorId, progressOf(anchor, pass, cursor, null)))) return { kind: 'stale' };
    const next = { ...command, commandId: newId() };
    if (end.kind === 'going-on') await trustQueue.send({ ...next, cursor });
    if (end.kind === 'again')
      await trustQueue.send({ ...next, pass: pass + 1, cursor: null }, Math.ceil(end.delayMs / 1_000));
    return { kind: end.kind, ...outcome };
  };
