// What the registry asks of DynamoDB, of the embedded one, through the real SDK client.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DynamoDbDoor, startDynamoDb } from '#local/cloud/dynamodb-door.ts';
import { DataFolderError } from '#local/data-folder.ts';

const TableName = 'registry';
const clientOf = (endpoint: string) =>
  new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'k', secretAccessKey: 's' } });

const createTable = (client: DynamoDBClient) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'tenantKey', 'tenantSort'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-tenant',
          KeySchema: [
            { AttributeName: 'tenantKey', KeyType: 'HASH' },
            { AttributeName: 'tenantSort', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['state'] },
        },
      ],
    }),
  );

const key = (name: string) => ({ pk: { S: name }, sk: { S: 'CERT' } });

let door: DynamoDbDoor;
let client: DynamoDBClient;

beforeAll(async () => {
  door = await startDynamoDb();
  client = clientOf(door.url);
  await createTable(client);
});

afterAll(async () => {
  client.destroy();
  await door.stop();
});

it('a table can be written as soon as it has been created', async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));

  expect(Table?.TableStatus).toBe('ACTIVE');
  expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('by-tenant');
});

describe('a failed condition', () => {
  const existing = { ...key('taken'), owner: { S: 'first' }, versions: { L: [{ N: '1' }] } };
  const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
  const failureOf = (sent: Promise<unknown>) =>
    sent.then(
      () => expect.unreachable('the condition should have failed'),
      (error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return error;
      },
    );

  beforeEach(() => client.send(new PutItemCommand({ TableName, Item: existing })));

  it('gives the item that stood in its way when asked to: put, update and delete', async () => {
    const asked = { TableName, ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
    const failures = await Promise.all([
      failureOf(client.send(new PutItemCommand({ ...asked, Item: key('taken') }))),
      failureOf(client.send(new DeleteItemCommand({ ...asked, Key: key('taken') }))),
      failureOf(client.send(new UpdateItemCommand({ ...asked, Key: key('taken') }))),
    ]);

    expect(failures.map(({ Item }) => Item)).toEqual([existing, existing, existing]);
  });

  it('gives no item when not asked, nor when there is none', async () => {
    const unasked = await failureOf(client.send(new PutItemCommand({ TableName, ...condition, Item: key('taken') })));
    const absent = await failureOf(
      client.send(
        new DeleteItemCommand({
          TableName,
          Key: key('absent'),
          ConditionExpression: 'attribute_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    );

    expect(unasked.Item).toBeUndefined();
    expect(absent.Item).toBeUndefined();
  });

  it('gives the item that the condition saw, whatever is written at the same time', async () => {
    const writer = (owner: string) => ({
      TableName,
      Item: { ...key('raced'), owner: { S: owner } },
      ...condition,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => client.send(new PutItemCommand(writer(String(index))))),
    );

    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [String(index)] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason.Item.owner).toEqual({ S: winners[0] });
  });
});

it('an index answers in order of its sort key, a page at a time', async () => {
  for (const name of ['b', 'a', 'c'])
    await client.send(
      new PutItemCommand({
        TableName,
        Item: { ...key(`device-${name}`), tenantKey: { S: 'acme' }, tenantSort: { S: name }, state: { S: 'HELD' } },
      }),
    );
  const query = (from?: Record<string, { S: string }>) =>
    client.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-tenant',
        KeyConditionExpression: 'tenantKey = :tenant AND begins_with(tenantSort, :prefix)',
        ExpressionAttributeValues: { ':tenant': { S: 'acme' }, ':prefix': { S: '' } },
        Limit: 2,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
  const first = await query();
  const second = await query({
    ...key('device-b'),
    tenantKey: { S: 'acme' },
    tenantSort: { S: 'b' },
  });

  expect(first.Items?.map(({ tenantSort }) => tenantSort?.S)).toEqual(['a', 'b']);
  expect(first.LastEvaluatedKey).toEqual({ ...key('device-b'), tenantKey: { S: 'acme' }, tenantSort: { S: 'b' } });
  expect(second.Items?.map(({ tenantSort }) => tenantSort?.S)).toEqual(['c']);
});

it('counts the requests of each operation', async () => {
  const before = door.calls.get('GetItem') ?? 0;

  await client.send(new GetItemCommand({ TableName, Key: key('absent') }));
  await client.send(new GetItemCommand({ TableName, Key: key('absent') }));

  expect(door.calls.get('GetItem')).toBe(before + 2);
});

describe('a data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dynamodb-'));
    return () => rm(folder, { recursive: true });
  });

  it('keeps the tables for the next start', async () => {
    const first = await startDynamoDb({ dataDir: join(folder, 'tables') });
    const writer = clientOf(first.url);
    await createTable(writer);
    await vi.waitFor(() => writer.send(new PutItemCommand({ TableName, Item: key('kept') })), 10_000);
    writer.destroy();
    await first.stop();

    const second = await startDynamoDb({ dataDir: join(folder, 'tables') });
    const reader = clientOf(second.url);
    const { Item } = await reader.send(new GetItemCommand({ TableName, Key: key('kept') }));
    reader.destroy();
    await second.stop();

    expect(Item).toEqual(key('kept'));
  });

  it('that holds something else is refused with its name', async () => {
    await writeFile(join(folder, 'CURRENT'), 'not a manifest');

    await expect(startDynamoDb({ dataDir: folder })).rejects.toThrow(folder);
  });

  it('with a damaged table is named as well, and the process goes on', async () => {
    // what was written last is in a log, which the next start makes a table file of
    for (const _ of [1, 2]) {
      const once = await startDynamoDb({ dataDir: folder });
      const writer = clientOf(once.url);
      await createTable(writer).catch(() => null);
      // on a disk a table takes a moment to become ACTIVE, and the second time to be read
      await vi.waitFor(() => writer.send(new PutItemCommand({ TableName, Item: key('a') })), 10_000);
      writer.destroy();
      await once.stop();
    }
    const tables = (await readdir(folder)).filter((name) => name.endsWith('.ldb'));
    expect(tables).not.toEqual([]);
    for (const name of tables) await writeFile(join(folder, name), 'no table');

    await expect(startDynamoDb({ dataDir: folder })).rejects.toThrow(DataFolderError);
  });
});

describe('a page in a browser', () => {
  it.each(['OPTIONS', 'POST'])('of any website is not let in: %s is answered without CORS', async (method) => {
    const answer = await fetch(door.url, {
      method,
      headers: { origin: 'https://evil.example', 'access-control-request-headers': 'authorization,x-amz-target' },
    });

    expect(answer.ok).toBe(false);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
