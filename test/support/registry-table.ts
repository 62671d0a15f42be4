// A registry table in an embedded DynamoDB of its own, on a free port of the loopback, gone when the test is.

import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { INDEX, LISTED_ATTRIBUTES, TABLE_KEYS } from '#names/keys.ts';

type Failure = Error & { body?: Record<string, unknown> };
const require = createRequire(import.meta.url);
// dynalite is untyped
const dynalite = require('dynalite') as (options: { createTableMs: number }) => Server;
const engine = require('dynalite/db') as {
  checkConditional: (request: Record<string, unknown>, item?: object) => Failure | null | undefined;
};

// AWS answers a failed condition with the item that stood in the way, when asked to (DynamoDB API reference,
// ReturnValuesOnConditionCheckFailure). dynalite drops the wish when it validates the request, so here it is always
// granted; that the adapter asks is for its unit test to say.
const { checkConditional } = engine;
engine.checkConditional = (request, item) => {
  const failure = checkConditional(request, item);
  if (failure?.body && item) failure.body['Item'] = item;
  return failure;
};

const string = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });
const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

export type RegistryTable = AsyncDisposable & {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** names of the operations that clients of this table sent, in order */
  readonly calls: string[];
};

export const startRegistryTable = async (): Promise<RegistryTable> => {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
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
    calls,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
