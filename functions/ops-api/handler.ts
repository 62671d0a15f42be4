// The management API's function: clients and adapters, made once, behind its operations.

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceListing } from '#adapters/dynamo-device-listing.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoPermissionSetRegistry } from '#adapters/dynamo-permission-set-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoRoleRegistry } from '#adapters/dynamo-role-registry.ts';
import { dynamoTenantLock } from '#adapters/dynamo-tenant-lock.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { digest, roleIdOf } from '#adapters/name-digests.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { sqsPermissionSetQueue } from '#adapters/sqs-permission-set-queue.ts';
import { sqsTrustQueue } from '#adapters/sqs-trust-queue.ts';
import { OPS_ROUTES } from '#contracts/ops-api.ts';
import { ENV } from '#names/env.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import { readEnv, readOptionalEnv } from '#runtime/env.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { observability } from '#runtime/observability.ts';
import { brokerInformation } from '#usecases/operator-queries.ts';
import { opsOperations } from './operations.ts';

const env = readEnv(
  ENV.registryTable,
  ENV.commandQueueUrl,
  ENV.permissionSetQueueUrl,
  ENV.trustQueueUrl,
  ENV.accountId,
  ENV.partition,
  ENV.brokerPort,
  ENV.brokerServerCa,
);
const dynamo = new DynamoDBClient();
const iot = new IoTClient();
const sqs = new SQSClient();
const { logger } = observability();
const arn = { partition: env.PARTITION, region: await iot.config.region(), accountId: env.ACCOUNT_ID };

const operations = opsOperations({
  tenants: dynamoTenantRegistry(dynamo, env.REGISTRY_TABLE),
  anchors: dynamoAnchorRegistry(dynamo, env.REGISTRY_TABLE),
  certificates: dynamoCertificateRegistry(dynamo, env.REGISTRY_TABLE),
  devices: dynamoDeviceRegistry(dynamo, env.REGISTRY_TABLE),
  listing: dynamoCertificateListing(dynamo, env.REGISTRY_TABLE),
  blockLists: dynamoBlockLists(dynamo, env.REGISTRY_TABLE),
  rejectedEvents: dynamoRejectedEvents(dynamo, env.REGISTRY_TABLE),
  roles: dynamoRoleRegistry(dynamo, env.REGISTRY_TABLE),
  users: dynamoUserRegistry(dynamo, env.REGISTRY_TABLE),
  permissionSets: dynamoPermissionSetRegistry(dynamo, env.REGISTRY_TABLE),
  deviceListing: dynamoDeviceListing(dynamo, env.REGISTRY_TABLE),
  tenantLock: dynamoTenantLock(dynamo, env.REGISTRY_TABLE, Date.now),
  commands: sqsCommandQueue(sqs, env.COMMAND_QUEUE_URL),
  setQueue: sqsPermissionSetQueue(sqs, env.PERMISSION_SET_QUEUE_URL),
  setGateway: iotPermissionSetGateway(iot, arn),
  trustQueue: sqsTrustQueue(sqs, env.TRUST_QUEUE_URL),
  broker: brokerInformation(iotBrokerGateway(iot, readOptionalEnv(ENV.domainConfiguration)), {
    port: Number(env.BROKER_PORT),
    serverCaPem: env.BROKER_SERVER_CA,
  }),
  arn,
  newId: randomUUID,
  digest,
  roleIdOf,
  clock: Date.now,
  collectionDelayMs: COLLECTION_DELAY_SECONDS * 1_000,
  warn: (code, about) => logger.warn(code, about),
});

export const handler = httpHandler(OPS_ROUTES, operations, { logger });
