// For how long certificates are valid that are issued here, or by the scripts that are printed here (I-05).

import type { NamingProfile } from './naming.ts';
import { err, ok, type Result } from './result.ts';

/** As the guides of each platform issue them; a template says nothing of it, and takes what is usual. */
export const DEVICE_DAYS: Readonly<Record<NamingProfile, number>> = {
  eu1: 365,
  eu2: 365,
  'private-cloud': 365,
  connectware: 100,
  template: 365,
};
/** A CA outlives the devices that it signs for. */
export const CA_DAYS = 1_095;

const DAY_MS = 86_400_000;

/** `message` says what was expected, what came and what to do. */
export type LifetimeProblem = { readonly code: 'CERT_OUTLIVES_CA'; readonly message: string };

/**
 * The days of a certificate that ends no later than its CA: what was not asked for is cut, what was is refused.
 * @param asked null for the profile's own
 * @param now epoch milliseconds
 */
export const deviceDays = (
  profile: NamingProfile,
  asked: number | null,
  ca: { readonly validTo: number },
  now: number,
): Result<number, LifetimeProblem> => {
  const left = Math.floor((ca.validTo - now) / DAY_MS);
  const days = asked ?? Math.min(DEVICE_DAYS[profile], left);
  if (days >= 1 && days <= left) return ok(days);
  return err({
    code: 'CERT_OUTLIVES_CA',
    message:
      left < 1
        ? 'expected a CA that is valid for a day at least, but its validity is all but over: register a new one and issue under it'
        : `expected at most ${left} days, which the CA itself is still valid, got ${days}: ask for fewer, or issue under a CA that is valid for longer`,
  });
};
