// The daily look at what expires (CA-10, I-10, V-06): certificates day by day, then trust anchors.

import { isSwept } from '#domain/anchor-acts.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { type ExpiryCursor, type ExpiryRun, expirySteps, hasTurned, warningDue } from '#domain/expiry.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { ExpiryWatermark } from '#ports/expiry-watermark.ts';
import type { TrustCommand, TrustQueue } from '#ports/messages.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { everyPage } from './every-page.ts';
import { type ExpiryPagesDeps, expiryPages, SWEEP } from './expiry-pages.ts';
import { type Failure, type KeepFailuresDeps, keepFailures } from './kept-failures.ts';
import { type Pace, turnsAt } from './paced.ts';

export type SweepExpiryDeps = ExpiryPagesDeps &
  KeepFailuresDeps & {
    readonly anchors: Pick<AnchorRegistry, 'findAll'>;
    readonly places: Pick<AnchorPlaces, 'list'>;
    readonly watermark: ExpiryWatermark;
    readonly trustQueue: TrustQueue;
    readonly newId: () => string;
    readonly pace: Pace;
    /** a command that takes longer is followed by another */
    readonly sliceMs: number;
  };

type ExpiryCommand = Extract<TrustCommand, { act: 'expiry' }>;

export type ExpiryOutcome = { readonly kind: 'going-on' | 'complete'; readonly failures: readonly Failure[] };

const ANCHORS_PAGE = 100;

const warningOf = ({ id, tenant, validTo }: TrustAnchor, run: ExpiryRun): DomainEvent[] => {
  const days = warningDue(validTo, run);
  if (days === null) return [];
  const about = { at: run.until, tenant, anchorId: id, actor: SWEEP, validTo, days };
  return [{ type: 'ca.expiring', id: `${id}.expiring.${days}`, ...about }];
};

/**
 * Devices of an anchor that is over keep their own validity (CA-10): only who is new is turned away. A change of state whose
 * command was lost, or that was given up, is spread again: who is barred by it may still be in (V-01).
 */
const lookAtAnchors = async (deps: SweepExpiryDeps, run: ExpiryRun): Promise<void> => {
  const { places, anchors, events, trustQueue, newId } = deps;
  let hasChanged = false;
  for await (const page of everyPage((cursor) => places.list(null, { limit: ANCHORS_PAGE, cursor }))) {
    const found = await anchors.findAll(page.filter(({ upload }) => upload === null).map(({ id }) => id));
    const active = found.filter(({ state }) => state === 'ACTIVE');
    await events.publish(active.flatMap((anchor) => warningOf(anchor, run)));
    for (const { id: anchorId, version } of found.filter((anchor) => !isSwept(anchor)))
      await trustQueue.send({ act: 'sweep', anchorId, version, pass: 1, cursor: null, commandId: newId() });
    hasChanged ||= active.some((anchor) => hasTurned(anchor, run));
  }
  if (hasChanged) await trustQueue.send({ act: 'truststore', commandId: newId() });
};

/** Page by page, until all days are done (null) or the command has taken long enough. */
const lookAtCertificates = async (
  deps: SweepExpiryDeps,
  { commandId: owner }: ExpiryCommand,
  run: ExpiryCursor,
  failures: Failure[],
): Promise<ExpiryCursor | null> => {
  const { clock, sliceMs, pace } = deps;
  const until = clock() + sliceMs;
  // a page is worked off whole: what failed in it would else keep the run on it
  const turns = { turn: turnsAt(pace), atOnce: pace.atOnce, isOver: () => false };
  const work = expiryPages(deps, run, { owner, turns, failures });
  const steps = expirySteps(run);
  let { step, page } = run;
  for (let next = steps[step]; next; next = steps[step]) {
    page = await work[next.part](next.day, page);
    if (page === null) step += 1;
    if (clock() >= until && step < steps.length) return { ...run, step, page };
  }
  return null;
};

/**
 * Repeatable: what is told carries the same id, and who is over stays so. The next run begins where this one's look
 * ended, once all of it is done: days that were missed are caught up.
 * @throws TransientError when the registry, the event bus or the queue could not be reached
 */
export const sweepExpiry =
  (deps: SweepExpiryDeps) =>
  async (command: ExpiryCommand): Promise<ExpiryOutcome> => {
    const { watermark, trustQueue, newId, clock } = deps;
    const run = command.cursor ?? { since: await watermark.read(), until: clock(), step: 0, page: null };
    const failures: Failure[] = [];
    const next = await lookAtCertificates(deps, command, run, failures);
    if (failures.length > 0)
      await keepFailures(
        deps,
        command,
        'certificates that are over were not brought to it, and are tried again for a week',
        failures,
      );
    if (next !== null) {
      await trustQueue.send({ ...command, cursor: next, commandId: newId() });
      return { kind: 'going-on', failures };
    }
    await lookAtAnchors(deps, run);
    await watermark.advance(run.until);
    return { kind: 'complete', failures };
  };
