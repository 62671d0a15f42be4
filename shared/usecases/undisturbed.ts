// Repeats what a change of someone else got in the way of: every write is conditional on what was read before it.

import { type Outcome, refuse } from './refusal.ts';

// Someone may change the same thing at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 3;

/** @param attempt answers null when what it relied on had changed */
export const undisturbed = async <T>(name: string, attempt: () => Promise<Outcome<T> | null>): Promise<Outcome<T>> => {
  for (let attempts = 1; attempts <= ATTEMPTS; attempts += 1) {
    const outcome = await attempt();
    if (outcome !== null) return outcome;
  }
  return refuse('conflict', 'CHANGED_MEANWHILE', `${name} is being changed by others; look at it and repeat`);
};
