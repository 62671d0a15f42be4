// A tenant asks for another challenge: the former one, answered or not, is over.

import { isUpload } from '#domain/anchor-acts.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { AnchorUpload } from '#domain/trust-anchor.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { illegalAct } from './anchor-refusals.ts';
import { findTraces, knownOf } from './known-anchors.ts';
import { type Outcome, unknownAnchor } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';
import { type ChallengeDeps, newChallenge } from './upload-anchor.ts';

export type ChallengeAnchorDeps = TurnDeps &
  ChallengeDeps & { readonly places: AnchorPlaces; readonly anchors: AnchorRegistry };

export const challengeAnchor =
  (deps: ChallengeAnchorDeps) =>
  (tenant: TenantName, id: AnchorId): Promise<Outcome<AnchorUpload>> =>
    inTurn(deps, tenant, async (_, held) => {
      const known = knownOf(tenant, await findTraces(deps)(tenant, id));
      if (!known) return unknownAnchor(id);
      if (!isUpload(known)) return illegalAct('challenge', known, deps.clock());
      const upload = { ...known, challenge: newChallenge(deps) };
      held.assertHeld();
      await deps.places.put({ tenant, id, upload });
      return ok(upload);
    });
