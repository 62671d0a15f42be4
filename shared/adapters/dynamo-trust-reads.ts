// What onboarding reads of tenants and trust anchors in DynamoDB, apart from what operators do with them.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorItem, TenantItem, UserItem } from '#contracts/registry-items.ts';
import { allowListEntryKey, anchorKey, blockKey, serialKey, tenantKey, userKey } from '#names/keys.ts';
import type { TrustReads } from '#ports/trust-registry.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

export const dynamoTrustReads = (client: DynamoDBClient, tableName: string): TrustReads => {
  const table = registryTable(client, tableName);
  return {
    anchors: {
      find: async (id) => {
        const item = await table.get(anchorKey(id));
        return item && parseItem(AnchorItem, item);
      },
    },
    tenants: {
      find: async (name) => {
        const item = await table.get(tenantKey(name));
        return item && parseItem(TenantItem, item);
      },

      findAround: async (name, { username, certificate, anchor, serialNumber }) => {
        const found = await table.getSet({
          tenant: tenantKey(name),
          user: username === null ? null : userKey(name, username),
          block: blockKey(name, certificate),
          serial: serialNumber === null ? null : serialKey(anchor, serialNumber),
        });
        return (
          found.tenant && {
            tenant: parseItem(TenantItem, found.tenant),
            user: found.user && parseItem(UserItem, found.user),
            blocked: found.block !== null,
            onCrl: found.serial !== null,
          }
        );
      },

      isAllowed: async (tenant, listId, cn) => (await table.get(allowListEntryKey(tenant, listId, cn))) !== null,
    },
  };
};
