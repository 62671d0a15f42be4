// The users of tenants in DynamoDB: one item a user, and one a user and composition, which says that the user has it.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CompositionNoteItem, UserItem } from '#contracts/registry-items.ts';
import type { User } from '#domain/user.ts';
import {
  COMPOSITION_NOTE_SORT_PREFIX,
  compositionNoteKey,
  INDEX,
  isoOf,
  tenantUsersPartition,
  userKey,
} from '#names/keys.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import { type Item, TABLE } from './dynamo-requests.ts';
import { itemsInOrder, parseItem, registryTable, stands } from './dynamo-table.ts';

const attributesOf = (user: User): Item => ({
  ...user,
  kind: 'USER',
  createdAt: user.createdAt === null ? null : isoOf(user.createdAt),
  tenantKey: tenantUsersPartition(user.tenant),
  tenantSort: user.username,
});

const userOf = (item: Item): User => parseItem(UserItem, item);

export const dynamoUserRegistry = (client: DynamoDBClient, tableName: string): UserRegistry => {
  const table = registryTable(client, tableName);
  return {
    find: async (tenant, username) => {
      const item = await table.get(userKey(tenant, username));
      return item && userOf(item);
    },

    create: async (user) => {
      const set = attributesOf(user);
      const outcome = await table.update(userKey(user.tenant, user.username), {
        set,
        condition: 'attribute_not_exists(#pk)',
      });
      return stands(outcome, set);
    },

    update: async (user, version) => {
      const set = attributesOf(user);
      const outcome = await table.update(userKey(user.tenant, user.username), {
        set,
        condition: '#version = :version',
        values: { ':version': version },
      });
      return stands(outcome, set);
    },

    remove: async (tenant, username) => {
      await table.deleteAll([userKey(tenant, username)]);
    },

    list: async (tenant, page) => {
      const partition = tenantUsersPartition(tenant);
      const { items, cursor } = await itemsInOrder(
        table,
        await table.query({ index: INDEX.byTenant, partition }, page),
      );
      return { items: items.map(userOf), cursor };
    },

    note: async (tenant, composition, username) => {
      const key = compositionNoteKey(tenant, composition, username);
      await table.putAll([{ ...key, kind: 'COMPOSITION_NOTE', tenant, composition, username }]);
    },

    dropNote: async (tenant, composition, username) => {
      await table.deleteAll([compositionNoteKey(tenant, composition, username)]);
    },

    withComposition: async (tenant, composition, page) => {
      const { pk: partition } = compositionNoteKey(tenant, composition, '');
      const sort = { startsWith: COMPOSITION_NOTE_SORT_PREFIX };
      const { items, cursor } = await table.query({ index: TABLE, partition, sort }, page);
      return { items: items.map((item) => parseItem(CompositionNoteItem, item).username), cursor };
    },
  };
};
