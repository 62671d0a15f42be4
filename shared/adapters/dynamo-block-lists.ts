// Block lists in DynamoDB: an item a fingerprint beside its tenant, and an item a serial number beside its trust anchor.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BlockedItem, RevokedSerialItem } from '#contracts/registry-items.ts';
import {
  anchorKey,
  BLOCK_SORT_PREFIX,
  blockKey,
  isoOf,
  SERIAL_SORT_PREFIX,
  serialKey,
  tenantKey,
} from '#names/keys.ts';
import type { BlockLists, PageRequest } from '#ports/trust-registry.ts';
import { TABLE } from './dynamo-requests.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

export const dynamoBlockLists = (client: DynamoDBClient, tableName: string): BlockLists => {
  const table = registryTable(client, tableName);
  const under = (partition: string, startsWith: string, page: PageRequest) =>
    table.query({ index: TABLE, partition, sort: { startsWith } }, page);
  return {
    block: (tenant, certificate, { at, by }) =>
      table.putAll([
        { ...blockKey(tenant, certificate), kind: 'BLOCK', tenant, certificateId: certificate, at: isoOf(at), by },
      ]),
    unblock: (tenant, certificate) => table.deleteAll([blockKey(tenant, certificate)]),
    isBlocked: async (tenant, certificate) => (await table.get(blockKey(tenant, certificate))) !== null,
    listBlocked: async (tenant, page) => {
      const { items, cursor } = await under(tenantKey(tenant).pk, BLOCK_SORT_PREFIX, page);
      return { items: items.map((item) => parseItem(BlockedItem, item)), cursor };
    },

    addSerials: (anchor, serials) =>
      table.putAll(
        // a batch may not name an item twice (DynamoDB API reference, BatchWriteItem); a list may repeat itself
        [...new Map(serials.map((serial) => [serial.serialNumber, serial])).values()].map(
          ({ serialNumber, revokedAt, reason }) => ({
            ...serialKey(anchor, serialNumber),
            kind: 'SERIAL',
            anchorId: anchor,
            serialNumber,
            revokedAt: isoOf(revokedAt),
            reason,
          }),
        ),
      ),
    dropSerials: (anchor, serialNumbers) =>
      table.deleteAll([...new Set(serialNumbers)].map((serialNumber) => serialKey(anchor, serialNumber))),
    listSerials: async (anchor, page) => {
      const { items, cursor } = await under(anchorKey(anchor).pk, SERIAL_SORT_PREFIX, page);
      return { items: items.map((item) => parseItem(RevokedSerialItem, item)), cursor };
    },
  };
};
