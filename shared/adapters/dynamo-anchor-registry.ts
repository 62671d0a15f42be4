// The registry of trust anchors in DynamoDB: one item a CA certificate, found by its fingerprint.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorItem } from '#contracts/registry-items.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import { anchorKey, isoOf } from '#names/keys.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { parseItem, registryTable, stands } from './dynamo-table.ts';
import { dynamoTrustReads } from './dynamo-trust-reads.ts';

const isoOrNull = (time: number | null): string | null => (time === null ? null : isoOf(time));

const anchorOf = (item: Item): TrustAnchor => parseItem(AnchorItem, item);

/** Without progress and revocation list, which have writes of their own. */
const attributesOf = ({ id, sweep: _sweep, crl: _crl, ...anchor }: TrustAnchor): Item => ({
  ...anchor,
  kind: 'ANCHOR',
  anchorId: id,
  validFrom: isoOf(anchor.validFrom),
  validTo: isoOf(anchor.validTo),
  registeredAt: isoOf(anchor.registeredAt),
  changedAt: isoOf(anchor.changedAt),
});

export const dynamoAnchorRegistry = (client: DynamoDBClient, tableName: string): AnchorRegistry => {
  const table = registryTable(client, tableName);
  return {
    ...dynamoTrustReads(client, tableName).anchors,

    findAll: async (ids) => (await table.getAll([...new Set(ids)].map(anchorKey))).map(anchorOf),

    create: async (anchor) => {
      const set = attributesOf(anchor);
      const outcome = await table.update(anchorKey(anchor.id), {
        // what a revocation list named while the CA was trusted before is still revoked
        set: { ...set, sweep: null },
        condition: 'attribute_not_exists(#pk) OR (#state = :deleted AND #version = :former)',
        values: { ':deleted': 'DELETED', ':former': anchor.version - 1 },
      });
      return stands(outcome, set);
    },

    change: async (anchor, version) => {
      const set = attributesOf(anchor);
      const outcome = await table.update(anchorKey(anchor.id), {
        set,
        // an item of an earlier release has no version, and none is the first one
        condition:
          version === 0
            ? 'attribute_exists(#pk) AND (attribute_not_exists(#version) OR #version = :version)'
            : '#version = :version',
        values: { ':version': version },
      });
      return stands(outcome, set) && outcome.item !== null ? anchorOf(outcome.item) : null;
    },

    noteSweep: async (id, sweep) => {
      const { written } = await table.update(anchorKey(id), {
        set: { sweep: { ...sweep, startedAt: isoOf(sweep.startedAt), completedAt: isoOrNull(sweep.completedAt) } },
        // of two chains of commands for the same change, the one that is late takes nothing back
        condition:
          '#version = :version AND NOT (#sweep.#version = :version AND attribute_type(#sweep.#completedAt, :string))',
        values: { ':version': sweep.version, ':string': 'S' },
      });
      return written;
    },

    noteCrl: async (id, crl) => {
      const thisUpdate = isoOf(crl.thisUpdate);
      const { written } = await table.update(anchorKey(id), {
        set: {
          crl: { ...crl, thisUpdate, nextUpdate: isoOrNull(crl.nextUpdate), importedAt: isoOf(crl.importedAt) },
        },
        condition: 'attribute_exists(#pk) AND (attribute_not_exists(#crl) OR #crl.#thisUpdate <= :thisUpdate)',
        values: { ':thisUpdate': thisUpdate },
      });
      return written;
    },
  };
};
