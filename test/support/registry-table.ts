// A registry table in an embedded DynamoDB of its own, on a free port of the loopback, gone when the test is.

import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '#local/cloud/dynamodb-door.ts';
import { INDEX, LISTED_ATTRIBUTES, TABLE_KEYS } from '#names/keys.ts';

const string = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });
const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

export type RegistryTable = AsyncDisposable & {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly url: string;
  /** names of the operations that clients of this table sent, in order */
  readonly calls: string[];
};

export const startRegistryTable = async (): Promise<RegistryTable> => {
  const door = await startDynamoDb();
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: door.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const tableName = 'registry';
  const indexes = Object.values(INDEX);
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        string(TABLE_KEYS.partition),
        string(TABLE_KEYS.sort),
        ...indexes.flatMap(({ partition, sort }) => [string(partition), string(sort)]),
      ],
      KeySchema: keys(TABLE_KEYS.partition, TABLE_KEYS.sort),
      GlobalSecondaryIndexes: indexes.map(({ name, partition, sort }) => ({
        IndexName: name,
        KeySchema: keys(partition, sort),
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...LISTED_ATTRIBUTES] },
      })),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01 }, { TableName: tableName });

  const calls: string[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      calls.push((context.commandName ?? '').replace(/Command$/, ''));
      return next(args);
    },
    { step: 'initialize' },
  );
  return {
    client,
    tableName,
    url: door.url,
    calls,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await door.stop();
    },
  };
};
