// What the worker on trust is made of: onboarding, for one certificate after another, and all that says whom to trust.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { IoTClient } from '@aws-sdk/client-iot';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoExpiryWatermark } from '#adapters/dynamo-expiry-watermark.ts';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotIssuedCertificates } from '#adapters/iot-issued-certificates.ts';
import { s3TruststoreFile } from '#adapters/s3-truststore-file.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { sqsTrustQueue } from '#adapters/sqs-trust-queue.ts';
import { ENV } from '#names/env.ts';
import { METRIC } from '#names/metrics.ts';
import {
  CERTIFICATE_UPDATES_PER_SECOND,
  SWEEP_SETTLE_SECONDS,
  TRUST_CALL_LIMIT_MS,
  TRUST_CALL_RETRY_MS,
  TRUST_SLICE_SECONDS,
} from '#names/timing.ts';
import { retireFormer } from '#usecases/retire-former.ts';
import type { WorkOnTrustDeps } from '#usecases/work-on-trust.ts';
import { CALL_LIMITS } from './call-limits.ts';
import { readEnv } from './env.ts';
import { type Onboarding, onboardingOnAws } from './onboarding.ts';
import { tellOnboarding } from './onboarding-outcome.ts';
import { privateCaOnAws } from './private-ca.ts';
import { steadyRetries } from './steady-retries.ts';

/** Enough to keep the pace while each takes up to a second. */
const AT_ONCE = 10;

export type Trust = Onboarding & { readonly work: WorkOnTrustDeps };

export const trustOnAws = (): Trust => {
  const env = readEnv(ENV.trustQueueUrl, ENV.commandQueueUrl, ENV.truststoreBucket);
  // Onboarding asks for the same quotas, and tries three times at growing intervals. One who tries more often, and soon
  // again, gets the larger share of what is given back each second: a revocation does not wait for a storm of new devices.
  const retryStrategy = steadyRetries({ clock: Date.now, waitMs: TRUST_CALL_RETRY_MS, limitMs: TRUST_CALL_LIMIT_MS });
  const iot = new IoTClient({ ...CALL_LIMITS, retryStrategy });
  const onboarding = onboardingOnAws(iot);
  const { ports, dynamo, table, clock, metrics } = onboarding;
  const sqs = new SQSClient(CALL_LIMITS);
  const shared = {
    ...ports,
    devices: dynamoDeviceRegistry(dynamo, table),
    commands: sqsCommandQueue(sqs, env.COMMAND_QUEUE_URL),
    newId: randomUUID,
  };
  return {
    ...onboarding,
    work: {
      ...shared,
      anchors: dynamoAnchorRegistry(dynamo, table),
      places: dynamoAnchorPlaces(dynamo, table),
      blockLists: dynamoBlockLists(dynamo, table),
      listing: dynamoCertificateListing(dynamo, table),
      watermark: dynamoExpiryWatermark(dynamo, table),
      gateway: iotAnchorGateway(iot),
      issued: iotIssuedCertificates(iot),
      trustQueue: sqsTrustQueue(sqs, env.TRUST_QUEUE_URL),
      file: s3TruststoreFile(new S3Client(CALL_LIMITS), env.TRUSTSTORE_BUCKET),
      privateCa: privateCaOnAws(),
      rejectedEvents: {
        keep: async (event) => {
          await onboarding.rejectedEvents.keep(event);
          metrics.addMetric(METRIC.eventRejected, MetricUnit.Count, 1);
        },
      },
      onboard: async (request) => {
        const outcome = await onboarding.onboard(request);
        tellOnboarding(onboarding, request, outcome);
        return outcome;
      },
      retireFormer: retireFormer(shared),
      pace: { perSecond: CERTIFICATE_UPDATES_PER_SECOND, atOnce: AT_ONCE, clock, sleep },
      sliceMs: TRUST_SLICE_SECONDS * 1_000,
      settleMs: SWEEP_SETTLE_SECONDS * 1_000,
    },
  };
};
