// Until when what expires was looked at: one item of the registry table.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ExpiryWatermarkItem } from '#contracts/registry-items.ts';
import { EXPIRY_SWEEP_KEY, isoOf } from '#names/keys.ts';
import type { ExpiryWatermark } from '#ports/expiry-watermark.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

export const dynamoExpiryWatermark = (client: DynamoDBClient, tableName: string): ExpiryWatermark => {
  const table = registryTable(client, tableName);
  return {
    read: async () => {
      const item = await table.get(EXPIRY_SWEEP_KEY);
      return item && parseItem(ExpiryWatermarkItem, item).until;
    },
    advance: async (until) => {
      await table.update(EXPIRY_SWEEP_KEY, {
        set: { kind: 'EXPIRY_SWEEP', until: isoOf(until) },
        condition: 'attribute_not_exists(#pk) OR #until < :now',
        values: { ':now': isoOf(until) },
      });
    },
  };
};
