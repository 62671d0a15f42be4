// An outcome as a client sees it.

import { ok } from '#domain/result.ts';
import type { Outcome } from '#usecases/refusal.ts';

export const shownAs = <From, To>(outcome: Outcome<From>, view: (value: From) => To): Outcome<To> =>
  outcome.ok ? ok(view(outcome.value)) : outcome;
