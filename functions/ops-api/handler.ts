// The management API's function: clients and adapters, made once, behind its operations.

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { sqsCommandQueue } from '#adapters/sqs-command-queue.ts';
import { readAnchorPem } from '#adapters/x509-certificates.ts';
import { ENV } from '#names/env.ts';
import { readEnv } from '#runtime/env.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { observability } from '#runtime/observability.ts';
import { brokerInformation } from '#usecases/operator-queries.ts';
import { opsOperations } from './operations.ts';

const env = readEnv(
  ENV.registryTable,
  ENV.commandQueueUrl,
  ENV.accountId,
  ENV.partition,
  ENV.brokerPort,
  ENV.brokerServerCa,
);
const dynamo = new DynamoDBClient();
const iot = new IoTClient();
const arn = { partition: env.PARTITION, region: await iot.config.region(), accountId: env.ACCOUNT_ID };

const operations = opsOperations({
  tenants: dynamoTenantRegistry(dynamo, env.REGISTRY_TABLE),
  anchors: dynamoAnchorRegistry(dynamo, env.REGISTRY_TABLE),
  certificates: dynamoCertificateRegistry(dynamo, env.REGISTRY_TABLE),
  devices: dynamoDeviceRegistry(dynamo, env.REGISTRY_TABLE),
  listing: dynamoCertificateListing(dynamo, env.REGISTRY_TABLE),
  rejectedEvents: dynamoRejectedEvents(dynamo, env.REGISTRY_TABLE),
  commands: sqsCommandQueue(new SQSClient(), env.COMMAND_QUEUE_URL),
  permissionSets: iotPermissionSetGateway(iot, arn),
  gateway: iotAnchorGateway(iot),
  broker: brokerInformation(iotBrokerGateway(iot), {
    port: Number(env.BROKER_PORT),
    serverCaPem: env.BROKER_SERVER_CA,
  }),
  readAnchor: readAnchorPem,
  arn,
  newId: randomUUID,
  clock: Date.now,
});

export const handler = httpHandler(operations, observability());
