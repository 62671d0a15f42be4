// The device registry in DynamoDB: one item a client id, held by one certificate, with what was heard of it and what bars it.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeviceItem } from '#contracts/registry-items.ts';
import type { Cause } from '#domain/certificate.ts';
import type { Presence } from '#domain/device.ts';
import { type Comparison, supersededBy } from '#domain/presence-order.ts';
import { deviceKey, deviceKeyIn, INDEX, isoOf, renewedDayPartition } from '#names/keys.ts';
import type { DeviceRegistry, RenewedDevice } from '#ports/device-registry.ts';
import { dynamoDeviceClaims } from './dynamo-device-claims.ts';
import type { Item } from './dynamo-requests.ts';
import { itemsInOrder, keyOf, parseItem, registryTable, stands } from './dynamo-table.ts';

/** Each cause is there once, in no order that would matter. */
const haveCauses = (causes: readonly Cause[]): { readonly condition: string; readonly values: Item } => ({
  condition: ['size(#causes) = :count', ...causes.map((_, n) => `contains(#causes, :cause${n})`)].join(' AND '),
  values: { ':count': causes.length, ...Object.fromEntries(causes.map((cause, n) => [`:cause${n}`, cause])) },
});

/** An index may be a moment behind its table: whose former certificate is gone by now is left out. */
const renewedOf = (item: Item): readonly RenewedDevice[] => {
  const { clientId, tenant, certificateId, former } = parseItem(DeviceItem, item);
  if (former?.until == null) return [];
  return [
    { key: deviceKeyIn(keyOf(item)), clientId, tenant, certificateId, former: { ...former, until: former.until } },
  ];
};

/** The domain's order of presence as a condition on what is recorded; the times in it as they are stored. */
const newerThanRecorded = (presence: Presence): { readonly condition: string; readonly values: Item } => {
  const values: Item = {};
  const compared = ([field, operator, value]: Comparison): string => {
    const name = `:known${Object.keys(values).length}`;
    values[name] = field === 'at' ? isoOf(value) : value;
    return `#presence.#${field} ${operator} ${name}`;
  };
  const orders = supersededBy(presence).map((all) => `(${all.map(compared).join(' AND ')})`);
  return { condition: ['attribute_not_exists(#presence)', ...orders].join(' OR '), values };
};

export const dynamoDeviceRegistry = (client: DynamoDBClient, tableName: string): DeviceRegistry => {
  const table = registryTable(client, tableName);
  return {
    ...dynamoDeviceClaims(client, tableName),

    setCauses: async (key, causes, seen) => {
      const set = { causes };
      const outcome = await table.update(deviceKey(key), { set, ...haveCauses(seen) });
      return stands(outcome, set);
    },

    findAll: async (keys) => (await table.getAll(keys.map(deviceKey))).map((item) => parseItem(DeviceItem, item)),

    renewedUntil: async (day, page) => {
      const listed = await table.query({ index: INDEX.byExpiryDay, partition: renewedDayPartition(day) }, page);
      const { items, cursor } = await itemsInOrder(table, listed);
      return { items: items.flatMap(renewedOf), cursor };
    },

    recordPresence: async (key, presence) => {
      const { condition, values } = newerThanRecorded(presence);
      const outcome = await table.update(deviceKey(key), {
        set: { presence: { ...presence, at: isoOf(presence.at) } },
        condition: `attribute_exists(#pk) AND (${condition})`,
        values,
      });
      return { recorded: outcome.written, device: outcome.item && parseItem(DeviceItem, outcome.item) };
    },

    recordMismatch: async (key, { tried, at, ip }) => {
      // a repeated or late delivery is not counted again
      await table.update(deviceKey(key), {
        set: { mismatch: { tried, at: isoOf(at), ip } },
        add: { mismatchCount: 1 },
        condition: 'attribute_exists(#pk) AND (attribute_not_exists(#mismatch) OR #mismatch.#at < :at)',
        values: { ':at': isoOf(at) },
      });
    },
  };
};
