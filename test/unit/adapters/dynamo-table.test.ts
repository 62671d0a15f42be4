import { type AttributeValue, ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoDeviceListing } from '#adapters/dynamo-device-listing.ts';
import { dynamoPermissionSetRegistry } from '#adapters/dynamo-permission-set-registry.ts';
import type { Item } from '#adapters/dynamo-requests.ts';
import { dynamoRoleRegistry } from '#adapters/dynamo-role-registry.ts';
import { registryTable } from '#adapters/dynamo-table.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { TransientError } from '#domain/errors.ts';
import { tenantName } from '#domain/ids.ts';
import { adminRole } from '#domain/role.ts';
import { deviceKey } from '#names/keys.ts';
import { anAnchor } from '#support/trust-anchors.ts';

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

test('more keys than one call takes are read in several', async () => {
  const many = Array.from({ length: 250 }, (_, n) => ({ pk: `TENANT#${n}`, sk: 'TENANT' }));
  dynamo.on(BatchGetCommand).callsFake(({ RequestItems }) => ({ Responses: { registry: RequestItems.registry.Keys } }));
  expect(await table.getAll(many)).toEqual(many);
  const calls = dynamo.commandCalls(BatchGetCommand).map(({ args }) => args[0].input.RequestItems?.['registry']);
  expect(calls.map((call) => call?.Keys?.length)).toEqual([100, 100, 50]);
});

test('a part of the table is read as it stands, answer after answer', async () => {
  const [first, second] = [
    { pk: 'TENANT#acme', sk: 'SET#1' },
    { pk: 'TENANT#acme', sk: 'SET#2' },
  ];
  dynamo
    .on(QueryCommand)
    .resolvesOnce({ Items: [first], LastEvaluatedKey: first })
    .resolves({ Items: [second] });
  const found: Item[] = [];
  for await (const items of table.itemsUnder('TENANT#acme', 'SET#')) found.push(...items);
  expect(found).toEqual([first, second]);
  const [before, after] = dynamo.commandCalls(QueryCommand).map(({ args }) => args[0].input);
  expect(before).toMatchObject({ ConsistentRead: true });
  expect(before).not.toHaveProperty('IndexName');
  expect(after).toEqual({ ...before, ExclusiveStartKey: first });
});

test('an index is never asked for consistency, which it does not have', async () => {
  dynamo.on(QueryCommand).resolves({});
  await dynamoTenantRegistry(client, 'registry').list({ limit: 1, cursor: null });
  expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).not.toHaveProperty('ConsistentRead');
});

test('a device that left a user or a set is not taken for one of them while the index is behind', async () => {
  const item = {
    ...deviceKey('acme_a'),
    clientId: 'acme_a',
    tenant: 'acme',
    certificateId: 'aa'.repeat(32),
    permissionSet: 'acme.eu1',
    user: 'valve',
    causes: [],
    claimedAt: '2026-01-31T12:00:00.000Z',
    claims: 1,
  };
  dynamo.on(QueryCommand).resolves({ Items: [deviceKey('acme_a')] });
  dynamo.on(BatchGetCommand).resolves({ Responses: { registry: [item] } });
  const [listing, page] = [dynamoDeviceListing(client, 'registry'), { limit: 10, cursor: null }];
  expect((await listing.ofUser(tenantName('acme'), 'pump', page)).items).toEqual([]);
  expect((await listing.ofUser(tenantName('acme'), 'valve', page)).items).toHaveLength(1);
  expect((await listing.ofPermissionSet('acme.eu2', page)).items).toEqual([]);
  expect((await listing.ofPermissionSet('acme.eu1', page)).items).toHaveLength(1);
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
    userMatch: 'off',
    topics: null,
    anchorLimit: 2,
    anchorRules: 'default',
    renewal: 'replace',
    secondSession: 'take-over',
    createdAt: 0,
    version: 0,
  } as const;
  const anchor = anAnchor({ version: 7 });
  const role = { ...adminRole(tenantName('acme')), createdAt: 0, version: 7 };
  const user = {
    tenant: tenantName('acme'),
    username: 'device01',
    grantTypes: [{ method: 'certificate', isRequired: true }],
    roles: [role.id],
    permissions: role.permissions,
    composition: null,
    createdAt: 0,
    version: 7,
  } as const;
  const set = {
    id: 'acme.eu1',
    tenant: tenantName('acme'),
    profile: 'eu1',
    composition: null,
    roles: [role.id],
    permissions: [],
    applied: { content: 'x', documents: 1, at: 0 },
    unusedSince: null,
  } as const;
  const tenants = dynamoTenantRegistry(client, 'registry');
  const anchors = dynamoAnchorRegistry(client, 'registry');
  const roles = dynamoRoleRegistry(client, 'registry');
  const users = dynamoUserRegistry(client, 'registry');
  const sets = dynamoPermissionSetRegistry(client, 'registry');
  const isChanged = async (change: ReturnType<typeof anchors.change>) => (await change) !== null;
  const isPut = async (put: ReturnType<typeof sets.put>) => (await put) !== null;

  const onTheWire = (value: unknown): AttributeValue => {
    if (value === null) return { NULL: true };
    if (Array.isArray(value)) return { L: value.map(onTheWire) };
    if (typeof value === 'object') return { M: itemOnTheWire({ ...value }) };
    if (typeof value === 'number') return { N: String(value) };
    if (typeof value === 'boolean') return { BOOL: value };
    if (typeof value === 'string') return { S: value };
    throw new TypeError(`expected a value that DynamoDB stores, got ${typeof value}`);
  };
  const itemOnTheWire = (item: Item): Record<string, AttributeValue> =>
    Object.fromEntries(Object.entries(item).map(([name, value]) => [name, onTheWire(value)]));
  /** The condition fails on the item that the same write made before, but for what somebody else has `changed` in it. */
  const repeated = (changed: Item) =>
    dynamo.on(UpdateCommand).callsFake(({ Key, UpdateExpression, ExpressionAttributeValues: values }) => {
      const written = [...String(UpdateExpression).matchAll(/#(\w+) = (:\w+)/g)];
      const item = Object.fromEntries(written.map(([, name = '', value = '']) => [name, values[value]]));
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: {},
        Item: itemOnTheWire({ ...Key, ...item, ...changed }),
      });
    });

  test.each([
    ['the creation of a tenant', () => tenants.create(tenant)],
    ['the change of a tenant', () => tenants.update(tenant, 6)],
    ['the change that lifts an allow-list', () => tenants.update({ ...tenant, allowListId: null }, 6)],
    ['the registration of a trust anchor', () => anchors.create(anchor)],
    ['the change of a trust anchor', () => isChanged(anchors.change(anchor, 6))],
    ['the creation of a role', () => roles.create(role)],
    ['the edit of a role', () => roles.update(role, 6)],
    ['the creation of a user', () => users.create(user)],
    ['the change of a user', () => users.update(user, 6)],
    ['a new permission set', () => isPut(sets.put(set, null))],
    ['the change of a permission set', () => isPut(sets.put(set, 6))],
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
    ['the change of a trust anchor', () => isChanged(anchors.change(anchor, 6)), { version: 8 }],
    ['the creation of a role', () => roles.create(role), { permissions: [] }],
    ['the edit of a role', () => roles.update(role, 6), { permissions: [...role.permissions, ...role.permissions] }],
    [
      'the creation of a user',
      () => users.create(user),
      { grantTypes: [{ method: 'certificate', isRequired: false }] },
    ],
    ['the change of a user', () => users.update(user, 6), { composition: '0123456789abcdef' }],
    ['a new permission set', () => isPut(sets.put(set, null)), { unusedSince: '2026-01-31T12:00:00.000Z' }],
    [
      'the change of a permission set',
      () => isPut(sets.put(set, 6)),
      { applied: { content: 'y', documents: 1, at: '1970-01-01T00:00:00.000Z' } },
    ],
  ])('is not done when somebody else wrote what stands there: %s', async (_, write, changed) => {
    repeated(changed);
    expect(await write()).toBe(false);
  });
});
