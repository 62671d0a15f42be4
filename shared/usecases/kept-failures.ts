// Certificates that could not be brought to what is recorded of them, kept for an operator: one event a command.

import type { CertificateId } from '#domain/ids.ts';
import { shown } from '#domain/shown.ts';
import type { Clock } from '#ports/clock.ts';
import type { RejectedEvents, TrustCommand } from '#ports/messages.ts';

export type Failure = { readonly certificateId: CertificateId; readonly error: unknown };

export type KeepFailuresDeps = { readonly rejectedEvents: Pick<RejectedEvents, 'keep'>; readonly clock: Clock };

/** Name of the function, as operators see it beside what it refused. */
export const WORK_ON_TRUST = 'work-on-trust';

/** All of them stand in the log. */
const NAMED = 5;

const named = ({ certificateId, error }: Failure): string =>
  `${certificateId} (${shown(error instanceof Error ? error.message : String(error))})`;

/** Repeatable. @param what says what could not be done, and what to do */
export const keepFailures = async (
  { rejectedEvents, clock }: KeepFailuresDeps,
  command: TrustCommand,
  what: string,
  failures: readonly Failure[],
): Promise<void> => {
  const some = failures.slice(0, NAMED).map(named).join(', ');
  await rejectedEvents.keep({
    id: command.commandId,
    at: clock(),
    source: WORK_ON_TRUST,
    code: 'ATTEMPTS_EXHAUSTED',
    reason: some === '' ? what : `${what}: ${failures.length} failed, such as ${some}`,
    body: JSON.stringify(command),
  });
};
