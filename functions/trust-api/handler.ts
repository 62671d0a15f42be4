// The function behind the routes on what is trusted: clients and adapters, made once, behind its operations.

import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoTenantLock } from '#adapters/dynamo-tenant-lock.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { eventBridgePublisher } from '#adapters/event-bridge-publisher.ts';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { digest } from '#adapters/name-digests.ts';
import { sqsTrustQueue } from '#adapters/sqs-trust-queue.ts';
import { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { ENV } from '#names/env.ts';
import { CHALLENGE_SECONDS } from '#names/timing.ts';
import { readEnv } from '#runtime/env.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { observability } from '#runtime/observability.ts';
import { privateCaOnAws } from '#runtime/private-ca.ts';
import { trustOperations } from './operations.ts';
import { READERS } from './readers.ts';

const env = readEnv(ENV.registryTable, ENV.eventBusName, ENV.trustQueueUrl);
const [dynamo, iot, clock] = [new DynamoDBClient(), new IoTClient(), Date.now];
const table = env.REGISTRY_TABLE;

const operations = trustOperations({
  tenants: dynamoTenantRegistry(dynamo, table),
  tenantLock: dynamoTenantLock(dynamo, table, clock),
  places: dynamoAnchorPlaces(dynamo, table),
  anchors: dynamoAnchorRegistry(dynamo, table),
  devices: dynamoDeviceRegistry(dynamo, table),
  listing: dynamoCertificateListing(dynamo, table),
  certificates: dynamoCertificateRegistry(dynamo, table),
  blockLists: dynamoBlockLists(dynamo, table),
  gateway: iotAnchorGateway(iot),
  iot: iotCertificateGateway(iot),
  events: eventBridgePublisher(new EventBridgeClient(), env.EVENT_BUS_NAME),
  trustQueue: sqsTrustQueue(new SQSClient(), env.TRUST_QUEUE_URL),
  privateCa: privateCaOnAws(),
  ...READERS,
  digest,
  newId: randomUUID,
  newCode: () => randomBytes(32).toString('hex'),
  challengeMs: CHALLENGE_SECONDS * 1_000,
  clock,
});

export const handler = httpHandler(TRUST_ROUTES, operations, { logger: observability().logger });
