// Who holds a client id, in DynamoDB: all that onboarding asks of devices, apart from what operators and presence do.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeviceItem } from '#contracts/registry-items.ts';
import type { Device } from '#domain/device.ts';
import {
  dayOf,
  deviceKey,
  isoOf,
  permissionSetPartition,
  renewedDayPartition,
  timeSort,
  userDevicesPartition,
} from '#names/keys.ts';
import type { DeviceClaims, NewDevice } from '#ports/device-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

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

/** The former certificate, and where the device stands among those whose former certificate's time ends. */
const besides = (key: string, former: Device['former']): Item => {
  const until = former?.until ?? null;
  return {
    former: former && { certificateId: former.certificateId, ...(until !== null && { until: isoOf(until) }) },
    expiryDay: until === null ? null : renewedDayPartition(dayOf(until)),
    expirySort: until === null ? null : timeSort(until, key),
  };
};

export const dynamoDeviceClaims = (client: DynamoDBClient, tableName: string): DeviceClaims => {
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
        // presence and mismatches were those of the certificate before
        set: {
          ...ownedBy(device),
          ...besides(key, null),
          others: null,
          ...(seen.tenant !== device.tenant && { causes: [] }),
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

    keepFormer: async (key, { certificateId, former }) => {
      await table.update(deviceKey(key), {
        set: besides(key, { ...former, until: null }),
        condition: '#certificateId = :newest AND #former.#certificateId = :former AND #former.#until = :until',
        values: { ':newest': certificateId, ':former': former.certificateId, ':until': isoOf(former.until) },
      });
    },

    dropFormer: async (key, former, at) => {
      await table.update(deviceKey(key), {
        set: besides(key, null),
        condition: '#former.#certificateId = :former AND #former.#until <= :at',
        values: { ':former': former, ':at': isoOf(at) },
      });
    },

    findByKey: async (key) => {
      const item = await table.get(deviceKey(key));
      return item && parseItem(DeviceItem, item);
    },
  };
};
