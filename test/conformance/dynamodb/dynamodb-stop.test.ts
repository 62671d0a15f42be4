// The embedded DynamoDB stops in the middle of work: dynalite ends the process when its database closes under a write.

import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { startDynamoDb } from '#local/cloud/dynamodb-door.ts';

const TableName = 'registry';
const WRITES = 40;

it.each([1, 2, 3])('finishes the writes of callers that have gone before it closes its tables, time %i', async () => {
  const door = await startDynamoDb();
  const client = new DynamoDBClient({
    endpoint: door.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  const leave = new AbortController();
  const writes = Array.from({ length: WRITES }, (_, n) =>
    client.send(new PutItemCommand({ TableName, Item: { pk: { S: `item${n % 4}` } } }), { abortSignal: leave.signal }),
  );
  const settled = Promise.allSettled(writes);
  await expect.poll(() => door.calls.get('PutItem') ?? 0, { interval: 1, timeout: 5_000 }).toBeGreaterThan(0);

  leave.abort();
  await door.stop();

  await settled;
  await expect(client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'late' } } }))).rejects.toThrow();
  client.destroy();
});
