import { expect, test } from 'vitest';
import { dynamoExpiryWatermark } from '#adapters/dynamo-expiry-watermark.ts';
import { startRegistryTable } from '#support/registry-table.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

test('V-06: until when was looked at what expires is kept, and never goes back', async () => {
  await using table = await startRegistryTable();
  const watermark = dynamoExpiryWatermark(table.client, table.tableName);
  expect(await watermark.read()).toBeNull();
  await watermark.advance(NOON);
  expect(await watermark.read()).toBe(NOON);
  await watermark.advance(NOON - 1);
  await watermark.advance(NOON);
  expect(await watermark.read()).toBe(NOON);
  await watermark.advance(NOON + 1);
  expect(await watermark.read()).toBe(NOON + 1);
});
