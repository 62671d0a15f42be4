// Attempts to onboard that do not go undisturbed: they end at one of their calls, or something else happens before it.

import { type OnboardingOutcome, type OnboardingRequest, onboardCertificate } from '#usecases/onboard-certificate.ts';
import { around, type OnboardingWorld } from './onboarding-world.ts';

/** How an attempt may end at one call. Dead processes do nothing more; living ones give their lease back. */
export const ENDS = ['dies before', 'dies after', 'fails before', 'fails after'] as const;
export type End = (typeof ENDS)[number];

/** @returns what came of it; null when the attempt ended at its call `endAt`, counted from 1 */
export const interrupted = async (
  world: OnboardingWorld,
  request: OnboardingRequest,
  endAt: number,
  end: End,
): Promise<OnboardingOutcome | null> => {
  let calls = 0;
  let dead = false;
  const ports = around(world.ports, async (name, call) => {
    calls += 1;
    if (dead) throw new Error(`the process is dead and calls ${name}`);
    if (calls !== endAt) return call();
    dead = end.startsWith('dies');
    const output = end.endsWith('after') ? await call() : null;
    throw new Error(`ended at call ${calls}, ${name}: ${end}`, { cause: output });
  });
  return onboardCertificate(ports)(request).catch((error: unknown) => {
    if (calls < endAt) throw error;
    return null;
  });
};

/** Runs one attempt and does something else just before its nth call. @returns which call that was, null for none */
export const meanwhile = async (
  world: OnboardingWorld,
  request: OnboardingRequest,
  nth: number,
  act: () => Promise<unknown>,
): Promise<string | null> => {
  let calls = 0;
  let before: string | null = null;
  const disturbed = around(world.ports, async (name, call) => {
    calls += 1;
    if (calls === nth) {
      before = name;
      await act();
    }
    return call();
  });
  await onboardCertificate(disturbed)(request);
  return before;
};
