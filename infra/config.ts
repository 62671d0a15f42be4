// What the stacks may be told: plain data, each figure with its reason.

import { RetentionDays } from 'aws-cdk-lib/aws-logs';

export const config = {
  logRetention: RetentionDays.ONE_MONTH,
  /**
   * A function works on the messages of a batch side by side, so two batches of five are ten devices at once. Each
   * costs one DescribeCertificate and one UpdateCertificate, 10 a second each by default (AWS IoT quotas), and takes
   * about half a second: the SDK's retries then smooth ten devices into the quota instead of failing on it. The
   * repeats of a reconnect storm, one write each, drain at several hundred a second.
   */
  onboarding: { batchSize: 5, maxConcurrency: 2 },
  /**
   * Somebody waits for a command: one a batch, so that none stands behind another, and more of them at once than
   * devices, so that the larger share of a throttled quota is theirs.
   */
  commands: { batchSize: 1, maxConcurrency: 12 },
  /**
   * Ten documents are some thirty calls to IoT Core, whose policies have quotas of 10 a second that the API draws on too:
   * one set a batch, and two at once, the fewest that an event source of SQS takes (Lambda guide, Maximum concurrency).
   */
  permissionSets: { batchSize: 1, maxConcurrency: 2 },
  /**
   * A revoked trust anchor is worked on at the pace of UpdateCertificate's quota, by one command at a time that is followed
   * by the next: two at once are the fewest that an event source of SQS takes, and leave room for a second anchor.
   */
  trust: { batchSize: 1, maxConcurrency: 2 },
  /** Before the working day of most of the world: what expires is known in time (hour of the day, UTC). */
  expiryHour: 3,
  /** Presence touches DynamoDB alone, but for a session of a device that is barred. */
  presence: { batchSize: 10, maxConcurrency: 10 },
  /** People and scripts call the API, devices never do; the account's limit is 10,000 a second (API Gateway quotas). */
  api: { requestsPerSecond: 50, burst: 100 },
} as const;
