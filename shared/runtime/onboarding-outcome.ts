// Counts and logs how an attempt to onboard a certificate ended.

import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { stateOf } from '#domain/certificate-state.ts';
import { METRIC } from '#names/metrics.ts';
import type { OnboardingOutcome, OnboardingRequest } from '#usecases/onboard-certificate.ts';
import type { Observability } from './observability.ts';

const COUNTED_AS = {
  'device.onboarded': METRIC.deviceOnboarded,
  'device.held': METRIC.deviceHeld,
  'device.rejected': METRIC.deviceRejected,
  'device.suspended': METRIC.deviceSuspended,
  'device.resumed': METRIC.deviceResumed,
  'device.expired': METRIC.deviceExpired,
  'device.retired': METRIC.deviceRetired,
  'device.revoked': METRIC.deviceRevoked,
} as const;

export const tellOnboarding = (
  { logger, metrics }: Observability,
  { certificateId, owner }: OnboardingRequest,
  outcome: OnboardingOutcome,
): void => {
  const count = (name: string) => metrics.addMetric(name, MetricUnit.Count, 1);
  if (outcome.kind === 'decided') {
    const { type, tenant, clientId, state, reason, seen } = outcome.transition;
    count(COUNTED_AS[type]);
    logger.info(type, { certificateId, owner, tenant, clientId, state, reason, seen });
    return;
  }
  if (outcome.kind === 'followed') {
    const { tenant, verdict } = outcome.record;
    const { clientId } = verdict;
    const permissionSet = verdict.kind === 'accept' ? verdict.permissionSet : null;
    count(METRIC.deviceFollowedUser);
    const state = stateOf(outcome.record);
    logger.info('device follows its user', { certificateId, owner, tenant, clientId, state, permissionSet });
    return;
  }
  count(METRIC.repeatEvent);
  if (outcome.drift) {
    count(METRIC.driftSuspected);
    logger.warn('device came again long after it was settled: IoT Core may have drifted', { certificateId, owner });
  } else logger.debug('repeat', { certificateId, owner, because: outcome.because });
};
