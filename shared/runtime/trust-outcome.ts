// Counts and logs what came of a command on the trust queue.

import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRIC } from '#names/metrics.ts';
import type { TrustCommand } from '#ports/messages.ts';
import type { WorkOnTrustOutcome } from '#usecases/work-on-trust.ts';
import type { Observability } from './observability.ts';

export const tellTrust = (
  { logger, metrics }: Observability,
  command: TrustCommand,
  { failures = [], foreign = [], ...outcome }: WorkOnTrustOutcome,
): void => {
  const { act, commandId } = command;
  const anchorId = 'anchorId' in command ? command.anchorId : null;
  if (act === 'sweep' && outcome.kind === 'complete') metrics.addMetric(METRIC.anchorSwept, MetricUnit.Count, 1);
  for (const { certificateId, error } of failures)
    logger.warn('certificate could not be brought to what is recorded', {
      act,
      commandId,
      anchorId,
      certificateId,
      error,
    });
  for (const certificateId of foreign)
    logger.warn(
      'IoT Core let in a certificate of this CA that Vestibule never decided on: it was registered by hand, and is INACTIVE now',
      {
        commandId,
        anchorId,
        certificateId,
      },
    );
  const told = { commandId, anchorId, failed: failures.length, foreign: foreign.length, ...outcome };
  if (outcome.kind === 'given-up') logger.error(`${act}: some certificates are not where they should be`, told);
  else logger.info(`${act} worked on`, told);
};
