import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import type { Item } from '#adapters/dynamo-requests.ts';
import { registryTable } from '#adapters/dynamo-table.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { TransientError } from '#domain/errors.ts';
import { anchorId, tenantName } from '#domain/ids.ts';

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

test('J-09: an item is read as it stands, with every write that was answered', async () => {
  dynamo.on(GetCommand).resolves({});
  expect(await table.get({ pk: 'CERT#1', sk: 'CERT' })).toBeNull();
  expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toMatchObject({ ConsistentRead: true });
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

describe('a write whose answer was lost and that the SDK sent again', () => {
  const tenant = {
    name: tenantName('acme'),
    naming: 'eu1',
    admission: 'auto',
    allowListId: 'list-2',
    createdAt: 0,
    version: 0,
  } as const;
  const anchor = {
    id: anchorId('ca'.repeat(32)),
    tenant: tenantName('acme'),
    state: 'ACTIVE',
    proof: 'OPERATOR',
    subject: 'CN=acme',
    pem: 'PEM',
    validFrom: 0,
    validTo: 1,
    registeredAt: 0,
    registeredBy: 'op',
  } as const;
  const tenants = dynamoTenantRegistry(client, 'registry');
  const anchors = dynamoAnchorRegistry(client, 'registry');

  const onTheWire = ([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' ? { N: String(value) } : { S: String(value) },
  ];
  /** The condition fails on the item that the same write made before, but for what somebody else has `changed` in it. */
  const repeated = (changed: Item) =>
    dynamo.on(UpdateCommand).callsFake(({ Key, UpdateExpression, ExpressionAttributeValues: values }) => {
      const written = [...String(UpdateExpression).matchAll(/#(\w+) = (:\w+)/g)];
      const item = Object.fromEntries(written.map(([, name = '', value = '']) => [name, values[value]]));
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: {},
        Item: Object.fromEntries(Object.entries({ ...Key, ...item, ...changed }).map(onTheWire)),
      });
    });

  test.each([
    ['the creation of a tenant', () => tenants.create(tenant)],
    ['the change of a tenant', () => tenants.update(tenant, 6)],
    ['the change that lifts an allow-list', () => tenants.update({ ...tenant, allowListId: null }, 6)],
    ['the registration of a trust anchor', () => anchors.create(anchor)],
  ])('is done: %s', async (_, write) => {
    repeated({});
    expect(await write()).toBe(true);
  });

  test.each([
    ['the creation of a tenant', () => tenants.create(tenant), { allowListId: 'list-1' }],
    ['the change of a tenant', () => tenants.update(tenant, 6), { version: 8 }],
    [
      'the change that lifts an allow-list',
      () => tenants.update({ ...tenant, allowListId: null }, 6),
      { allowListId: 'x' },
    ],
    ['the registration of a trust anchor', () => anchors.create(anchor), { tenant: 'globex' }],
  ])('is not done when somebody else wrote what stands there: %s', async (_, write, changed) => {
    repeated(changed);
    expect(await write()).toBe(false);
  });
});
