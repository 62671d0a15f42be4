// The device registry in DynamoDB: one item a client id, owned by one certificate.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeviceItem } from '#contracts/registry-items.ts';
import type { Cause } from '#domain/certificate.ts';
import type { Device, Presence } from '#domain/device.ts';
import { type Comparison, supersededBy } from '#domain/presence-order.ts';
import {
  dayOf,
  deviceKey,
  deviceKeyIn,
  INDEX,
  isoOf,
  permissionSetPartition,
  renewedDayPartition,
  timeSort,
  userDevicesPartition,
} from '#names/keys.ts';
import type { DeviceRegistry, NewDevice, RenewedDevice } from '#ports/device-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { itemsInOrder, keyOf, parseItem, registryTable, stands } from './dynamo-table.ts';

/** Only devices of users are listed by user and permission set: nobody asks which of the others have a set. */
const ownedBy = ({ clientId, tenant, certificateId, permissionSet, user }: NewDevice): Item => ({
  clientId,
  tenant,
  certificateId,
  permissionSet,
  user,
  userKey: user && userDevicesPartition(tenant, user),
  userSort: user && clientId,
  setKey: user && permissionSetPartition(permissionSet),
  setSort: user && clientId,
});

/** Each cause is there once, in no order that would matter. */
const haveCauses = (causes: readonly Cause[]): { readonly condition: string; readonly values: Item } => ({
  condition: ['size(#causes) = :count', ...causes.map((_, n) => `contains(#causes, :cause${n})`)].join(' AND '),
  values: { ':count': causes.length, ...Object.fromEntries(causes.map((cause, n) => [`:cause${n}`, cause])) },
});

/** The former certificate, and where the device stands among those whose former certificate's time ends. */
const besides = (key: string, former: Device['former']): Item => {
  const until = former?.until ?? null;
  return {
    former: former && { certificateId: former.certificateId, ...(until !== null && { until: isoOf(until) }) },
    expiryDay: until === null ? null : renewedDayPartition(dayOf(until)),
    expirySort: until === null ? null : timeSort(until, key),
  };
};

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
    claim: async (key, device) => {
      const outcome = await table.update(deviceKey(key), {
        set: ownedBy(device),
        setIfAbsent: { kind: 'DEVICE', causes: [], claimedAt: isoOf(device.claimedAt) },
        add: { claims: 1 },
        condition: 'attribute_not_exists(#pk) OR #certificateId = :certificate',
        values: { ':certificate': device.certificateId },
      });
      if (outcome.item === null) throw new Error(`expected the owner of device ${key} in a refused claim`);
      return parseItem(DeviceItem, outcome.item);
    },

    takeOver: async (key, device, seen) => {
      const outcome = await table.update(deviceKey(key), {
        // presence and mismatches were those of the former certificate
        set: {
          ...ownedBy(device),
          claimedAt: isoOf(device.claimedAt),
          presence: null,
          mismatch: null,
          mismatchCount: null,
        },
        add: { claims: 1 },
        condition: '#certificateId = :from AND #claims = :seen',
        values: { ':from': seen.certificateId, ':seen': seen.claims },
      });
      return outcome.written;
    },

    renew: async (key, device, { former, others }, seen) => {
      const outcome = await table.update(deviceKey(key), {
        set: { ...ownedBy(device), ...besides(key, former), others },
        add: { claims: 1 },
        condition: '#certificateId = :from AND #claims = :seen',
        values: { ':from': seen.certificateId, ':seen': seen.claims },
      });
      return outcome.written;
    },

    endFormer: async (key, former, at) => {
      const outcome = await table.update(deviceKey(key), {
        set: besides(key, { certificateId: former, until: at }),
        condition:
          '#former.#certificateId = :former AND (attribute_not_exists(#former.#until) OR #former.#until > :at)',
        values: { ':former': former, ':at': isoOf(at) },
      });
      // what ends sooner is left as it is
      return outcome.item !== null && parseItem(DeviceItem, outcome.item).former?.certificateId === former;
    },

    dropFormer: async (key, former) => {
      await table.update(deviceKey(key), {
        set: besides(key, null),
        condition: '#former.#certificateId = :former',
        values: { ':former': former },
      });
    },

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

    findByKey: async (key) => {
      const item = await table.get(deviceKey(key));
      return item && parseItem(DeviceItem, item);
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
