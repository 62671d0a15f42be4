// Brings permission sets in IoT Core to what the registry says of them: commands from the permission-set queue.

import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceListing } from '#adapters/dynamo-device-listing.ts';
import { dynamoPermissionSetRegistry } from '#adapters/dynamo-permission-set-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoRoleRegistry } from '#adapters/dynamo-role-registry.ts';
import { dynamoTenantLock } from '#adapters/dynamo-tenant-lock.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { iotSessionGateway } from '#adapters/iot-session-gateway.ts';
import { sqsPermissionSetQueue } from '#adapters/sqs-permission-set-queue.ts';
import { PermissionSetCommand } from '#contracts/permission-set-command.ts';
import { ENV } from '#names/env.ts';
import { METRIC } from '#names/metrics.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import { CALL_LIMITS } from '#runtime/call-limits.ts';
import { readEnv } from '#runtime/env.ts';
import { observability } from '#runtime/observability.ts';
import { type QueueConsumer, sqsHandler } from '#runtime/sqs-handler.ts';
import { type WorkOnPermissionSetDeps, workOnPermissionSet } from '#usecases/work-on-permission-set.ts';

type Parts = Omit<QueueConsumer<typeof PermissionSetCommand>, 'source' | 'contract' | 'handle'> &
  WorkOnPermissionSetDeps;

export const applyPermissionSetHandler = (parts: Parts) =>
  sqsHandler({
    ...parts,
    source: 'apply-permission-set',
    contract: PermissionSetCommand,
    handle: async (command) => {
      await workOnPermissionSet(parts)(command);
      parts.metrics.addMetric(METRIC.permissionSetWorkedOn, MetricUnit.Count, 1);
      const { act, tenant, permissionSet, commandId } = command;
      parts.logger.info(`permission set: ${act} done`, { tenant, permissionSet, commandId });
    },
  });

const env = readEnv(ENV.registryTable, ENV.accountId, ENV.partition, ENV.permissionSetQueueUrl, ENV.region);
const [dynamo, iot, clock] = [new DynamoDBClient(CALL_LIMITS), new IoTClient(CALL_LIMITS), Date.now];
const table = env.REGISTRY_TABLE;
const arn = { partition: env.PARTITION, region: env.AWS_REGION, accountId: env.ACCOUNT_ID };

export const handler = applyPermissionSetHandler({
  ...observability(),
  rejectedEvents: dynamoRejectedEvents(dynamo, table),
  roles: dynamoRoleRegistry(dynamo, table),
  users: dynamoUserRegistry(dynamo, table),
  permissionSets: dynamoPermissionSetRegistry(dynamo, table),
  certificates: dynamoCertificateRegistry(dynamo, table),
  deviceListing: dynamoDeviceListing(dynamo, table),
  tenantLock: dynamoTenantLock(dynamo, table, clock),
  setGateway: iotPermissionSetGateway(iot, arn),
  sessions: iotSessionGateway(new IoTDataPlaneClient(CALL_LIMITS)),
  setQueue: sqsPermissionSetQueue(new SQSClient(CALL_LIMITS), env.PERMISSION_SET_QUEUE_URL),
  arn,
  newId: randomUUID,
  clock,
  collectionDelayMs: COLLECTION_DELAY_SECONDS * 1_000,
});
