// AWS::DynamoDB: a global table of one replica, or a table; both become a table of the local door.

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { DataFolderError } from '#local/data-folder.ts';
import { arn, type Cloud, type Provider } from '#local/template/cloud.ts';
import { TemplateError } from '#local/template/intrinsics.ts';
import { type Created, physicalName, propertiesOf, type Resource, withoutEffect } from '#local/template/resource.ts';

const KeySchema = v.array(v.strictObject({ AttributeName: v.string(), KeyType: v.picklist(['HASH', 'RANGE']) }));
const Projection = v.strictObject({
  ProjectionType: v.picklist(['ALL', 'INCLUDE', 'KEYS_ONLY']),
  NonKeyAttributes: v.optional(v.array(v.string())),
});
const SecondaryIndex = v.strictObject({ IndexName: v.string(), KeySchema, Projection });

const common = {
  TableName: v.optional(v.string()),
  AttributeDefinitions: v.array(
    v.strictObject({ AttributeName: v.string(), AttributeType: v.picklist(['S', 'N', 'B']) }),
  ),
  KeySchema,
  BillingMode: v.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: v.optional(v.array(SecondaryIndex)),
  LocalSecondaryIndexes: v.optional(v.array(SecondaryIndex)),
  // expired items are deleted within days on AWS, so that readers filter them anyway
  TimeToLiveSpecification: withoutEffect,
  SSESpecification: withoutEffect,
  Tags: withoutEffect,
};

const Replica = v.strictObject({
  Region: v.string(),
  GlobalSecondaryIndexes: withoutEffect,
  DeletionProtectionEnabled: withoutEffect,
  PointInTimeRecoverySpecification: withoutEffect,
  ContributorInsightsSpecification: withoutEffect,
  Tags: withoutEffect,
});

const GlobalTableProperties = v.strictObject({ ...common, Replicas: v.array(Replica) });
const TableProperties = v.strictObject({
  ...common,
  DeletionProtectionEnabled: withoutEffect,
  PointInTimeRecoverySpecification: withoutEffect,
});

const keysOf = (schema: v.InferOutput<typeof KeySchema> | undefined) =>
  JSON.stringify((schema ?? []).map((key) => `${key.AttributeName} ${key.KeyType}`));

const indexesOf = (indexes: { IndexName?: string | undefined }[] | undefined) =>
  (indexes ?? [])
    .map((index) => index.IndexName)
    .sort()
    .join(', ');

/** A table of an earlier run is taken as it is, when it has the keys and indexes of today. */
const isThere = async ({ dynamodb }: Cloud, wanted: CreateTableCommandInput): Promise<boolean> => {
  try {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: wanted.TableName }));
    const sameKeys = keysOf(Table?.KeySchema as typeof wanted.KeySchema & []) === keysOf(wanted.KeySchema as never);
    const sameIndexes = indexesOf(Table?.GlobalSecondaryIndexes) === indexesOf(wanted.GlobalSecondaryIndexes);
    if (sameKeys && sameIndexes) return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
  throw new DataFolderError(
    'the data folder holds this table with other keys or indexes, from another version; start with a new folder',
  );
};

const createTable = async (
  resource: Resource,
  cloud: Cloud,
  properties: v.InferOutput<typeof TableProperties>,
): Promise<Created> => {
  const name = properties.TableName ?? physicalName(resource, 255);
  const wanted: CreateTableCommandInput = {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: properties.BillingMode,
    GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes as CreateTableCommandInput['GlobalSecondaryIndexes'],
    LocalSecondaryIndexes: properties.LocalSecondaryIndexes as CreateTableCommandInput['LocalSecondaryIndexes'],
  };
  if (!(await isThere(cloud, wanted))) {
    await cloud.dynamodb.send(new CreateTableCommand(wanted));
    const waiter = { client: cloud.dynamodb, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.5 };
    await waitUntilTableExists(waiter, { TableName: name });
  }
  return { ref: name, attributes: { Arn: arn(cloud, 'dynamodb', `table/${name}`) } };
};

export const globalTable: Provider = async (resource, cloud) => {
  const { Replicas, ...properties } = propertiesOf(resource, GlobalTableProperties);
  const [replica, ...others] = Replicas;
  if (replica?.Region !== cloud.account.region || others.length > 0) {
    throw new TemplateError(`expected one replica, in ${cloud.account.region}`);
  }
  return createTable(resource, cloud, properties);
};

export const table: Provider = async (resource, cloud) =>
  createTable(resource, cloud, propertiesOf(resource, TableProperties));
