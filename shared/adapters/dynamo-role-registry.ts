// The roles of tenants in DynamoDB: one item a role, listed by tenant.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RoleItem } from '#contracts/registry-items.ts';
import type { Role } from '#domain/role.ts';
import { INDEX, isoOf, roleKey, tenantRolesPartition } from '#names/keys.ts';
import type { RoleRegistry } from '#ports/permission-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { itemsInOrder, parseItem, registryTable, stands } from './dynamo-table.ts';

const attributesOf = ({ id, ...role }: Role): Item => ({
  ...role,
  kind: 'ROLE',
  roleId: id,
  createdAt: role.createdAt === null ? null : isoOf(role.createdAt),
  tenantKey: tenantRolesPartition(role.tenant),
  tenantSort: id,
});

const roleOf = (item: Item): Role => parseItem(RoleItem, item);

export const dynamoRoleRegistry = (client: DynamoDBClient, tableName: string): RoleRegistry => {
  const table = registryTable(client, tableName);
  return {
    find: async (tenant, id) => {
      const item = await table.get(roleKey(tenant, id));
      return item && roleOf(item);
    },

    findAll: async (tenant, ids) => {
      const items = await table.getAll([...new Set(ids)].map((id) => roleKey(tenant, id)));
      return items.map(roleOf);
    },

    create: async (role) => {
      const set = attributesOf(role);
      const outcome = await table.update(roleKey(role.tenant, role.id), {
        set,
        condition: 'attribute_not_exists(#pk)',
      });
      return stands(outcome, set);
    },

    update: async (role, version) => {
      const set = attributesOf(role);
      const outcome = await table.update(roleKey(role.tenant, role.id), {
        set,
        condition: '#version = :version',
        values: { ':version': version },
      });
      return stands(outcome, set);
    },

    remove: async (tenant, id) => {
      await table.deleteAll([roleKey(tenant, id)]);
    },

    list: async (tenant, page) => {
      const partition = tenantRolesPartition(tenant);
      const { items, cursor } = await itemsInOrder(
        table,
        await table.query({ index: INDEX.byTenant, partition }, page),
      );
      return { items: items.map(roleOf), cursor };
    },
  };
};
