// What the stacks may be told: plain data, each figure with its reason.

import { RetentionDays } from 'aws-cdk-lib/aws-logs';

export const config = {
  logRetention: RetentionDays.ONE_MONTH,
  /**
   * A device costs one DescribeCertificate and one UpdateCertificate, 10 a second each by default (AWS IoT quotas).
   * A worker takes about half a second for a device, most of it IoT Core's: four workers ask for eight a second and
   * leave the rest to commands. Repeats of a pending device cost one write and no IoT call, so a batch of ten drains
   * a storm of them.
   */
  onboarding: { batchSize: 10, maxConcurrency: 4 },
  /**
   * Somebody waits for a command: one a batch, so that none stands behind another, and twice the workers of
   * onboarding, so that the larger share of a throttled quota is theirs.
   */
  commands: { batchSize: 1, maxConcurrency: 8 },
  /** Presence touches DynamoDB alone. */
  presence: { batchSize: 10, maxConcurrency: 10 },
  /** People and scripts call the API, devices never do; the account's limit is 10,000 a second (API Gateway quotas). */
  api: { requestsPerSecond: 50, burst: 100 },
} as const;
