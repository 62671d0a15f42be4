// What both onboarding functions are made of: the use case on AWS, and the kept events. Their queues differ, they do not.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { cachedTrust } from '#adapters/cached-trust.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceClaims } from '#adapters/dynamo-device-claims.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoTrustReads } from '#adapters/dynamo-trust-reads.ts';
import { eventBridgePublisher } from '#adapters/event-bridge-publisher.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotSessionGateway } from '#adapters/iot-session-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { x509CertificateReader } from '#adapters/x509-certificates.ts';
import { ENV } from '#names/env.ts';
import { LEASE_SECONDS, RENEWAL_GRACE_SECONDS } from '#names/timing.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import { type OnboardingPorts, onboardCertificate } from '#usecases/onboard-certificate.ts';
import { CALL_LIMITS } from './call-limits.ts';
import { readEnv } from './env.ts';
import { type Observability, observability } from './observability.ts';

export type Onboarding = Observability & {
  readonly onboard: ReturnType<typeof onboardCertificate>;
  readonly rejectedEvents: RejectedEvents;
  readonly clock: OnboardingPorts['clock'];
  readonly accountId: string;
};

/** With what it is made of, for a function that does more than this. */
export type OnboardingOnAws = Onboarding & {
  readonly ports: OnboardingPorts;
  readonly dynamo: DynamoDBClient;
  readonly table: string;
};

/**
 * Clients find region, credentials and endpoints in the environment, on AWS and in the embedded system alike.
 * @param iot for a function that is to reach IoT Core in another way
 */
export const onboardingOnAws = (iot = new IoTClient(CALL_LIMITS)): OnboardingOnAws => {
  const env = readEnv(ENV.registryTable, ENV.eventBusName, ENV.accountId, ENV.partition, ENV.region);
  const [dynamo, clock] = [new DynamoDBClient(CALL_LIMITS), Date.now];
  const table = env.REGISTRY_TABLE;
  const arn = { partition: env.PARTITION, region: env.AWS_REGION, accountId: env.ACCOUNT_ID };
  const ports: OnboardingPorts = {
    certificates: dynamoCertificateRegistry(dynamo, table),
    devices: dynamoDeviceClaims(dynamo, table),
    trust: cachedTrust({ ...dynamoTrustReads(dynamo, table), clock }),
    reader: x509CertificateReader,
    iot: iotCertificateGateway(iot),
    things: iotThingGateway(iot, arn),
    sessions: iotSessionGateway(new IoTDataPlaneClient(CALL_LIMITS)),
    events: eventBridgePublisher(new EventBridgeClient(CALL_LIMITS), env.EVENT_BUS_NAME),
    clock,
    leaseMs: LEASE_SECONDS * 1_000,
    renewalGraceMs: RENEWAL_GRACE_SECONDS * 1_000,
  };
  return {
    ...observability(),
    onboard: onboardCertificate(ports),
    ports,
    dynamo,
    table,
    rejectedEvents: dynamoRejectedEvents(dynamo, table),
    clock,
    accountId: env.ACCOUNT_ID,
  };
};
