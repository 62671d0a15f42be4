// The tenant registry in DynamoDB: tenants, and their allow-lists as one item a common name.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TenantItem } from '#contracts/registry-items.ts';
import type { Tenant } from '#domain/tenant.ts';
import { allowListEntryKey, allowListSortPrefix, INDEX, isoOf, TENANTS_PARTITION, tenantKey } from '#names/keys.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { itemsInOrder, keyOf, parseItem, registryTable, stands } from './dynamo-table.ts';
import { dynamoTrustReads } from './dynamo-trust-reads.ts';

const attributesOf = (tenant: Tenant): Item => ({
  kind: 'TENANT',
  tenant: tenant.name,
  naming: tenant.naming,
  admission: tenant.admission,
  allowListId: tenant.allowListId,
  userMatch: tenant.userMatch,
  topics: tenant.topics,
  anchorLimit: tenant.anchorLimit,
  anchorRules: tenant.anchorRules,
  renewal: tenant.renewal,
  secondSession: tenant.secondSession,
  createdAt: isoOf(tenant.createdAt),
  version: tenant.version,
  tenantKey: TENANTS_PARTITION,
  tenantSort: tenant.name,
});

export const dynamoTenantRegistry = (client: DynamoDBClient, tableName: string): TenantRegistry => {
  const table = registryTable(client, tableName);
  return {
    ...dynamoTrustReads(client, tableName).tenants,

    create: async (tenant) => {
      const set = attributesOf(tenant);
      const outcome = await table.update(tenantKey(tenant.name), { set, condition: 'attribute_not_exists(#pk)' });
      return stands(outcome, set);
    },

    update: async (tenant, version) => {
      const set = attributesOf({ ...tenant, version: version + 1 });
      const outcome = await table.update(tenantKey(tenant.name), {
        set,
        condition: '#version = :version',
        values: { ':version': version },
      });
      return stands(outcome, set);
    },

    list: async (page) => {
      const listed = await table.query({ index: INDEX.byTenant, partition: TENANTS_PARTITION }, page);
      const { items, cursor } = await itemsInOrder(table, listed);
      return { items: items.map((item) => parseItem(TenantItem, item)), cursor };
    },

    writeAllowList: async (tenant, listId, cns) => {
      await table.putAll(
        [...new Set(cns)].map((cn) => ({ ...allowListEntryKey(tenant, listId, cn), kind: 'ALLOWED_CN', listId, cn })),
      );
    },

    removeAllowList: async (tenant, listId) => {
      for await (const items of table.itemsUnder(tenantKey(tenant).pk, allowListSortPrefix(listId)))
        await table.deleteAll(items.map(keyOf));
    },
  };
};
