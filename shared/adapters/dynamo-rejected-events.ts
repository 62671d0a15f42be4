// Events that could never succeed, kept in the registry table and listed by day.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RejectedEventItem } from '#contracts/registry-items.ts';
import { dayOf, INDEX, isoOf, rejectedDayPartition, rejectedEventKey, timeSort } from '#names/keys.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import { itemsInOrder, parseItem, registryTable } from './dynamo-table.ts';

export const dynamoRejectedEvents = (client: DynamoDBClient, tableName: string): RejectedEvents => {
  const table = registryTable(client, tableName);
  return {
    keep: async ({ id, ...event }) => {
      // a second delivery finds the first one's item, which stays as it is
      await table.update(rejectedEventKey(id), {
        set: {
          ...event,
          kind: 'REJECTED_EVENT',
          eventId: id,
          at: isoOf(event.at),
          decisionDay: rejectedDayPartition(dayOf(event.at)),
          decisionSort: timeSort(event.at, id),
        },
        condition: 'attribute_not_exists(#pk)',
      });
    },

    find: async (id) => {
      const item = await table.get(rejectedEventKey(id));
      return item && parseItem(RejectedEventItem, item);
    },

    listDay: async (day, page) => {
      const partition = rejectedDayPartition(day);
      const { items, cursor } = await itemsInOrder(
        table,
        await table.query({ index: INDEX.byDecisionDay, partition }, page),
      );
      return { items: items.map((item) => parseItem(RejectedEventItem, item)), cursor };
    },
  };
};
