// Tells a certificate that something changed which it is to follow: in its record first, then by a command.

import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { TransientError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { CommandQueue } from '#ports/messages.ts';

export type TellCertificateDeps = {
  readonly certificates: Pick<CertificateRegistry, 'find' | 'recordChange' | 'recordCause'>;
  readonly commands: CommandQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

/** What changed, as history says it, and who did it. */
export type Act = { readonly seen: string; readonly actor: string };

// Someone may change the same certificate at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 5;

/**
 * The record gets a new version also when an attempt to onboard it is under way: that one may have read what stood before.
 * Repeatable; one that has no record needs no telling.
 * @param cause one that is the certificate's own; null when what changed stands elsewhere
 * @throws TransientError when others changed it each time
 */
export const tellCertificate =
  ({ certificates, commands, newId, clock }: TellCertificateDeps) =>
  async (
    id: CertificateId,
    { seen, actor }: Act,
    cause: Extract<Cause, 'REVOKED'> | null = null,
  ): Promise<CertificateRecord | null> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const record = await certificates.find(id);
      if (record === null) return null;
      const { verdict, causes, version } = record;
      const state = stateOf({ verdict, causes: cause === null ? causes : [...causes, cause] });
      const entry = { at: clock(), actor, state, reason: null, seen, rules: RULES_VERSION };
      const told =
        cause === null
          ? await certificates.recordChange(id, version, entry)
          : await certificates.recordCause(id, version, cause, entry);
      if (told === null) continue;
      await commands.send({ certificateId: id, commandId: newId() });
      return told;
    }
    throw new TransientError(`certificate ${id} was changed by others each time that it was to be told: ${seen}`);
  };
