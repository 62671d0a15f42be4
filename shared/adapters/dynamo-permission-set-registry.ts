// The permission sets of tenants in DynamoDB: one item a set, those of a tenant side by side under one key.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PermissionSetItem } from '#contracts/registry-items.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import { isoOf, PERMISSION_SET_SORT_PREFIX, permissionSetKey, tenantKey } from '#names/keys.ts';
import type { PermissionSetRegistry } from '#ports/permission-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { parseItem, registryTable, stands } from './dynamo-table.ts';

const attributesOf = ({ id, applied, unusedSince, ...set }: PermissionSetRecord): Item => ({
  ...set,
  kind: 'PERMISSION_SET',
  permissionSet: id,
  applied: applied && { ...applied, at: isoOf(applied.at) },
  unusedSince: unusedSince === null ? null : isoOf(unusedSince),
});

const recordOf = (item: Item): PermissionSetRecord => parseItem(PermissionSetItem, item);

export const dynamoPermissionSetRegistry = (client: DynamoDBClient, tableName: string): PermissionSetRegistry => {
  const table = registryTable(client, tableName);
  return {
    find: async (tenant, id) => {
      const item = await table.get(permissionSetKey(tenant, id));
      return item && recordOf(item);
    },

    ofTenant: async (tenant) => {
      const records: PermissionSetRecord[] = [];
      for await (const items of table.itemsUnder(tenantKey(tenant).pk, PERMISSION_SET_SORT_PREFIX))
        records.push(...items.map(recordOf));
      return records;
    },

    put: async (set, version) => {
      const record = { ...set, version: (version ?? 0) + 1 };
      const attributes = attributesOf(record);
      const outcome = await table.update(permissionSetKey(set.tenant, set.id), {
        set: attributes,
        ...(version === null
          ? { condition: 'attribute_not_exists(#pk)' }
          : { condition: '#version = :version', values: { ':version': version } }),
      });
      return stands(outcome, attributes) ? record : null;
    },

    remove: async (tenant, id) => {
      await table.deleteAll([permissionSetKey(tenant, id)]);
    },
  };
};
