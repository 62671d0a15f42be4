// The places of trust anchors in DynamoDB: items of one partition, in the order of tenant and fingerprint.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorPlaceItem } from '#contracts/registry-items.ts';
import type { AnchorUpload } from '#domain/trust-anchor.ts';
import { ANCHOR_PLACES_PARTITION, anchorPlaceKey, anchorPlaceSortPrefix, isoOf } from '#names/keys.ts';
import type { AnchorPlace, AnchorPlaces } from '#ports/trust-registry.ts';
import { type Item, TABLE } from './dynamo-requests.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

const placeOf = (item: Item): AnchorPlace => parseItem(AnchorPlaceItem, item);

const uploadAttribute = ({ id: _id, tenant: _tenant, ...upload }: AnchorUpload): Item => ({
  ...upload,
  validFrom: isoOf(upload.validFrom),
  validTo: isoOf(upload.validTo),
  uploadedAt: isoOf(upload.uploadedAt),
  challenge: { ...upload.challenge, expiresAt: isoOf(upload.challenge.expiresAt) },
});

export const dynamoAnchorPlaces = (client: DynamoDBClient, tableName: string): AnchorPlaces => {
  const table = registryTable(client, tableName);
  return {
    find: async (tenant, id) => {
      const item = await table.get(anchorPlaceKey(tenant, id));
      return item && placeOf(item);
    },

    list: async (tenant, page) => {
      const query = {
        index: TABLE,
        partition: ANCHOR_PLACES_PARTITION,
        sort: { startsWith: tenant === null ? '' : anchorPlaceSortPrefix(tenant) },
      };
      const { items, cursor } = await table.query(query, page);
      return { items: items.map(placeOf), cursor };
    },

    put: ({ tenant, id, upload }) =>
      table.putAll([
        {
          ...anchorPlaceKey(tenant, id),
          kind: 'ANCHOR_PLACE',
          anchorId: id,
          tenant,
          upload: upload && uploadAttribute(upload),
        },
      ]),

    remove: (tenant, id) => table.deleteAll([anchorPlaceKey(tenant, id)]),
  };
};
