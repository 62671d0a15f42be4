// The registry of trust anchors in DynamoDB: one item a CA certificate, found by its fingerprint or by its tenant.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorItem } from '#contracts/registry-items.ts';
import { anchorKey, INDEX, isoOf, tenantAnchorsPartition, timeSort } from '#names/keys.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';
import { itemsInOrder, parseItem, registryTable, stands } from './dynamo-table.ts';

export const dynamoAnchorRegistry = (client: DynamoDBClient, tableName: string): AnchorRegistry => {
  const table = registryTable(client, tableName);
  return {
    find: async (id) => {
      const item = await table.get(anchorKey(id));
      return item && parseItem(AnchorItem, item);
    },

    create: async ({ id, ...anchor }) => {
      const set = {
        ...anchor,
        kind: 'ANCHOR',
        anchorId: id,
        validFrom: isoOf(anchor.validFrom),
        validTo: isoOf(anchor.validTo),
        registeredAt: isoOf(anchor.registeredAt),
        tenantKey: tenantAnchorsPartition(anchor.tenant),
        tenantSort: timeSort(anchor.registeredAt, id),
      };
      const outcome = await table.update(anchorKey(id), { set, condition: 'attribute_not_exists(#pk)' });
      return stands(outcome, set);
    },

    list: async (tenant, page) => {
      const partition = tenantAnchorsPartition(tenant);
      const { items, cursor } = await itemsInOrder(
        table,
        await table.query({ index: INDEX.byTenant, partition }, page),
      );
      return { items: items.map((item) => parseItem(AnchorItem, item)), cursor };
    },
  };
};
