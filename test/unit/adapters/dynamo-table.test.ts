import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { registryTable } from '#adapters/dynamo-table.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { TransientError } from '#domain/errors.ts';
import { tenantName } from '#domain/ids.ts';

const client = new DynamoDBClient({ region: 'eu-central-1' });
const dynamo = mockClient(DynamoDBDocumentClient);
const table = registryTable(client, 'registry');
const keys = [1, 2, 3].map((n) => ({ pk: `CERT#${n}`, sk: 'CERT' }));

beforeEach(() => {
  dynamo.reset();
});

test('V-05: what DynamoDB leaves unread in one call is read in the next, consistently', async () => {
  dynamo
    .on(BatchGetCommand)
    .resolvesOnce({ Responses: { registry: keys.slice(0, 2) }, UnprocessedKeys: { registry: { Keys: keys.slice(2) } } })
    .resolves({ Responses: { registry: keys.slice(2) } });
  expect(await table.getAll(keys)).toEqual(keys);
  expect(dynamo.commandCalls(BatchGetCommand).map(({ args }) => args[0].input)).toEqual([
    { RequestItems: { registry: { Keys: keys, ConsistentRead: true } } },
    { RequestItems: { registry: { Keys: keys.slice(2), ConsistentRead: true } } },
  ]);
});

test('no keys are no call', async () => {
  expect(await table.getAll([])).toEqual([]);
  expect(dynamo.calls()).toHaveLength(0);
});

test('a list is written in batches of 25, and what one leaves unwritten is written again', async () => {
  const items = Array.from({ length: 60 }, (_, n) => ({ pk: 'TENANT#acme', sk: `ALLOW#1#${n}` }));
  const left = [{ PutRequest: { Item: items[0] } }];
  dynamo
    .on(BatchWriteCommand)
    .resolvesOnce({ UnprocessedItems: { registry: left } })
    .resolves({});
  await table.putAll(items);
  const written = dynamo.commandCalls(BatchWriteCommand).map(({ args }) => args[0].input.RequestItems?.['registry']);
  expect(written.map((batch) => batch?.length)).toEqual([25, 25, 10, 1]);
  expect(written.at(-1)).toEqual(left);
});

test('a throttled write is one to repeat', async () => {
  dynamo
    .on(UpdateCommand)
    .rejects(Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' }));
  const change = { set: { a: 1 }, condition: 'attribute_not_exists(#pk)' };
  await expect(table.update({ pk: 'a', sk: 'b' }, change)).rejects.toBeInstanceOf(TransientError);
});

test('an item that something else wrote is named with what is wrong with it, and not guessed at', async () => {
  dynamo.on(GetCommand).resolves({ Item: { pk: 'TENANT#acme', sk: 'TENANT', tenant: 'acme', naming: 7 } });
  await expect(dynamoTenantRegistry(client, 'registry').find(tenantName('acme'))).rejects.toThrow(
    'registry item TENANT#acme is not readable: naming: Invalid type: Expected string but received 7',
  );
});
