// Lists of devices by user and by permission set in DynamoDB. An index follows its table within moments: it says where to
// look, the item itself says what is there.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeviceItem } from '#contracts/registry-items.ts';
import type { Device } from '#domain/device.ts';
import { INDEX, permissionSetPartition, userDevicesPartition } from '#names/keys.ts';
import type { DeviceListing } from '#ports/permission-registry.ts';
import type { Page, PageRequest } from '#ports/trust-registry.ts';
import type { IndexQuery } from './dynamo-requests.ts';
import { itemsInOrder, parseItem, registryTable } from './dynamo-table.ts';

export const dynamoDeviceListing = (client: DynamoDBClient, tableName: string): DeviceListing => {
  const table = registryTable(client, tableName);
  const listed = async (
    query: IndexQuery,
    page: PageRequest,
    isOne: (device: Device) => boolean,
  ): Promise<Page<Device>> => {
    const { items, cursor } = await itemsInOrder(table, await table.query(query, page));
    return { items: items.map((item) => parseItem(DeviceItem, item)).filter(isOne), cursor };
  };
  return {
    ofUser: (tenant, username, page) =>
      listed(
        { index: INDEX.byUser, partition: userDevicesPartition(tenant, username) },
        page,
        (device) => device.tenant === tenant && device.user === username,
      ),
    ofPermissionSet: (id, page) =>
      listed(
        { index: INDEX.byPermissionSet, partition: permissionSetPartition(id) },
        page,
        (device) => device.permissionSet === id && device.user !== null,
      ),
  };
};
