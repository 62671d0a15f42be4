// Has a certificate follow a fact that stands elsewhere, such as the state of its anchor or the end of its validity.

import type { CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { TransientError } from '#domain/errors.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { OnboardingOutcome, OnboardingRequest } from './onboard-certificate.ts';

export type FollowDeps = {
  readonly certificates: Pick<CertificateRegistry, 'find' | 'recordChange'>;
  readonly onboard: (request: OnboardingRequest) => Promise<OnboardingOutcome>;
  readonly clock: Clock;
};

/** `change`: note it in the record and converge; `finish`: it is noted, converge. */
export type FollowNeed = 'change' | 'finish' | 'nothing';

// Someone may change the same certificate at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 3;

/**
 * Repeatable: the note is one conditional write, and an attempt that ended after it is finished.
 * @param needOf asked again of the record as it then is, when others changed it meanwhile
 * @throws what converging throws
 */
export const followFact =
  ({ certificates, onboard, clock }: FollowDeps) =>
  async (
    known: CertificateRecord,
    needOf: (record: CertificateRecord) => FollowNeed,
    { actor, seen }: { readonly actor: string; readonly seen: string },
    request: Pick<OnboardingRequest, 'owner' | 'iotStatus'>,
  ): Promise<void> => {
    const { id } = known;
    let record: CertificateRecord | null = known;
    for (let attempt = 1; attempt <= ATTEMPTS && record; attempt += 1) {
      const need = needOf(record);
      if (need === 'nothing') return;
      const entry = { at: clock(), actor, state: stateOf(record), reason: null, seen, rules: RULES_VERSION };
      if (need === 'finish' || (await certificates.recordChange(id, record.version, entry))) {
        await onboard({ ...request, certificateId: id, cameAt: null });
        return;
      }
      record = await certificates.find(id);
    }
    throw new TransientError(`certificate ${id} was changed by others each time that it was to follow: ${seen}`);
  };
