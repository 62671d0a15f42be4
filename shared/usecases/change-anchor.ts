// Revokes, restores or deletes a trust anchor: one fact changes, and the work that spreads it is asked for (V-01, V-03).

import { type AnchorAct, isUpload, type KnownAnchor, stateAfter } from '#domain/anchor-acts.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventPublisher, TrustQueue } from '#ports/messages.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { illegalAct } from './anchor-refusals.ts';
import { findTraces, knownOf } from './known-anchors.ts';
import { type Outcome, unknownAnchor } from './refusal.ts';
import { anchorChanged } from './tell-anchor.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';
import { undisturbed } from './undisturbed.ts';

export type ChangeAnchorDeps = TurnDeps & {
  readonly places: AnchorPlaces;
  readonly anchors: AnchorRegistry;
  readonly events: EventPublisher;
  readonly trustQueue: TrustQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

/** In turn with its verification, which would else make an anchor of what is being dropped. */
const dropUpload = (deps: ChangeAnchorDeps, tenant: TenantName, id: AnchorId): Promise<Outcome<KnownAnchor>> =>
  inTurn(deps, tenant, async (_, held) => {
    const known = knownOf(tenant, await findTraces(deps)(tenant, id));
    if (!known) return unknownAnchor(id);
    if (!isUpload(known)) return illegalAct('drop', known, deps.clock());
    held.assertHeld();
    await deps.places.remove(tenant, id);
    return ok(known);
  });

/**
 * The registry's fact alone bars from that moment on: nothing new is let in. Repeatable: until the work is done, a repeat
 * asks for it again. It waits for no turn, so that nobody's edits delay a revocation.
 */
export const changeAnchor = (deps: ChangeAnchorDeps) => {
  const { anchors, events, trustQueue, newId, clock } = deps;

  const spread = async (anchor: TrustAnchor): Promise<Outcome<TrustAnchor>> => {
    const { id: anchorId, version } = anchor;
    await trustQueue.send({ act: 'sweep', anchorId, version, pass: 1, cursor: null, commandId: newId() });
    // told here, since the next act may come before the worker does
    await events.publish([anchorChanged(anchor)]);
    return ok(anchor);
  };

  /** Null when somebody else changed the anchor at this moment. */
  const change = async (act: AnchorAct, anchor: TrustAnchor, actor: string): Promise<Outcome<TrustAnchor> | null> => {
    const state = stateAfter(act, anchor);
    if (state === null) return illegalAct(act, anchor, clock());
    if (state === anchor.state) return spread(anchor);
    const { version } = anchor;
    const wanted = { ...anchor, state, changedAt: clock(), changedBy: actor, version: version + 1 };
    const changed = await anchors.change(wanted, version);
    return changed && spread(changed);
  };

  return (act: AnchorAct, tenant: TenantName, id: AnchorId, actor: string): Promise<Outcome<KnownAnchor>> =>
    undisturbed(`CA certificate ${id}`, async () => {
      const known = knownOf(tenant, await findTraces(deps)(tenant, id));
      if (!known) return unknownAnchor(id);
      if (isUpload(known)) return act === 'delete' ? dropUpload(deps, tenant, id) : illegalAct(act, known, clock());
      return change(act, known, actor);
    });
};
