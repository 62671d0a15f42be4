// The certificate registry in DynamoDB: facts, their history and the index keys made of them change in one write.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorItem, CertificateItem, DeviceItem, UserItem } from '#contracts/registry-items.ts';
import type { HistoryEntry } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { CertificateId } from '#domain/ids.ts';
import { toldReason } from '#domain/told-reason.ts';
import {
  anchorKey,
  anchorPartition,
  blockKey,
  certificateKey,
  clientIdSort,
  clientPartition,
  dayOf,
  decisionDayPartition,
  deviceKey,
  expiryDayPartition,
  isoOf,
  serialKey,
  tenantDevicesPartition,
  tenantSortPrefix,
  tenantStatePartition,
  timeSort,
  userKey,
} from '#names/keys.ts';
import type { CertificateRegistry, DecidedFacts } from '#ports/certificate-registry.ts';
import type { Item } from './dynamo-requests.ts';
import { parseItem, registryTable, type Written } from './dynamo-table.ts';

/**
 * Entries of history that an item keeps. Every version adds one entry, at the place of its version modulo this bound,
 * so that the newest overwrites the oldest without the list being read.
 */
export const HISTORY_LIMIT = 50;

const historyLine = (version: number, entry: HistoryEntry): Item => ({
  [`history[${version % HISTORY_LIMIT}]`]: { ...entry, at: isoOf(entry.at), version },
});

const factsOf = (
  id: CertificateId,
  { verdict, causes, memberships, anchorId, tenant, subject, entry, ...facts }: DecidedFacts,
): Item => {
  const { clientId } = verdict;
  const { serialNumber, publicKeyId, validTo } = facts;
  const state = stateOf({ verdict, causes });
  const bySort = timeSort(entry.at, id);
  return {
    verdict,
    causes,
    memberships,
    anchorId,
    tenant,
    subject,
    serialNumber,
    publicKeyId,
    validTo: validTo === null ? null : isoOf(validTo),
    decidedAt: isoOf(entry.at),
    clientId,
    state,
    ...toldReason(verdict, causes),
    tenantKey: tenantDevicesPartition(tenant),
    tenantSort: clientIdSort(clientId, id),
    clientKey: clientId && clientPartition(clientId),
    clientSort: clientId && `${tenantSortPrefix(tenant)}${bySort}`,
    stateKey: tenantStatePartition(tenant, state),
    stateSort: bySort,
    anchorKey: anchorPartition(anchorId),
    decisionDay: decisionDayPartition(dayOf(entry.at)),
    decisionSort: bySort,
    expiryDay: validTo === null ? null : expiryDayPartition(dayOf(validTo)),
    expirySort: validTo === null ? null : timeSort(validTo, id),
  };
};

const recordOf = (item: Item) => parseItem(CertificateItem, item);

export const dynamoCertificateRegistry = (client: DynamoDBClient, tableName: string): CertificateRegistry => {
  const table = registryTable(client, tableName);
  const changed = (outcome: Written) => (outcome.written ? recordOf(outcome.item) : null);
  /** Whoever holds the lease finds the version gone when it settles, and looks again. */
  const note = (id: CertificateId, version: number, entry: HistoryEntry, facts: Item) =>
    table.update(certificateKey(id), {
      set: { ...facts, ...historyLine(version, entry), version: version + 1, settled: false },
      condition: '#version = :version',
      values: { ':version': version },
    });

  return {
    claim: async (id, { owner, now, until }) => {
      const outcome = await table.update(certificateKey(id), {
        set: { leaseOwner: owner, leaseUntil: isoOf(until) },
        setIfAbsent: {
          kind: 'CERTIFICATE',
          certificateId: id,
          firstSeenAt: isoOf(now),
          // its partition follows with the decision: what nobody has vouched for is in no list
          anchorSort: timeSort(now, id),
          state: stateOf({ verdict: null, causes: [] }),
          causes: [],
          history: [],
          version: 0,
          settled: false,
          wasActive: false,
        },
        condition:
          'attribute_not_exists(#pk) OR (#settled = :no AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now OR #leaseOwner = :owner))',
        values: { ':no': false, ':now': isoOf(now), ':owner': owner },
      });
      if (outcome.written) return { claimed: true, record: recordOf(outcome.item) };
      // the condition holds for an item that does not exist
      if (outcome.item === null) throw new Error(`expected the record of certificate ${id} in a refused claim`);
      const record = recordOf(outcome.item);
      return { claimed: false, because: record.settled ? 'settled' : 'leased', record };
    },

    release: async (id, owner) => {
      // a lease that is no longer ours is nothing to give back
      await table.update(certificateKey(id), {
        set: { leaseOwner: null, leaseUntil: null },
        condition: '#leaseOwner = :owner',
        values: { ':owner': owner },
      });
    },

    find: async (id) => {
      const item = await table.get(certificateKey(id));
      return item && recordOf(item);
    },

    findAll: async (ids) => (await table.getAll(ids.map(certificateKey))).map(recordOf),

    recheck: async (id, { anchor, device, otherDevice, tenant, username, serialNumber }) => {
      const found = await table.getSet({
        record: certificateKey(id),
        anchor: anchorKey(anchor),
        device: device === null ? null : deviceKey(device),
        otherDevice: otherDevice === null ? null : deviceKey(otherDevice),
        user: username === null ? null : userKey(tenant, username),
        block: blockKey(tenant, id),
        serial: serialNumber === null ? null : serialKey(anchor, serialNumber),
      });
      if (found.record === null) throw new Error(`expected a record of certificate ${id}: it was claimed before`);
      return {
        record: recordOf(found.record),
        anchor: found.anchor && parseItem(AnchorItem, found.anchor),
        device: found.device && parseItem(DeviceItem, found.device),
        otherDevice: found.otherDevice && parseItem(DeviceItem, found.otherDevice),
        user: found.user && parseItem(UserItem, found.user),
        blocked: found.block !== null,
        onCrl: found.serial !== null,
      };
    },

    decide: async (id, version, facts) => {
      // what was let in is barred by a cause and never refused after the fact
      const legal = facts.verdict.kind === 'accept' ? '' : ' AND #wasActive = :no';
      const outcome = await table.update(certificateKey(id), {
        set: {
          ...factsOf(id, facts),
          ...historyLine(version, facts.entry),
          version: version + 1,
          settled: false,
        },
        condition: `#version = :version${legal}`,
        values: { ':version': version, ...(legal !== '' && { ':no': false }) },
      });
      if (!outcome.written && outcome.item?.['version'] === version)
        throw new Error(
          `certificate ${id} was active: expected a cause that bars it, got verdict ${facts.verdict.kind}`,
        );
      return changed(outcome);
    },

    recordOperatorWord: async (id, version, word, entry) =>
      changed(await note(id, version, entry, { operatorWord: word && { ...word, at: isoOf(word.at) } })),

    recordChange: async (id, version, entry) => changed(await note(id, version, entry, {})),

    recordCause: async (id, version, cause, entry) => {
      const item = await table.get(certificateKey(id));
      if (item?.['version'] !== version) return null;
      const causes = [...new Set([...recordOf(item).causes, cause])];
      return changed(await note(id, version, entry, { causes }));
    },

    settle: async (id, { version, status, at, memberships }) => {
      const outcome = await table.update(certificateKey(id), {
        set: {
          applied: { version, status, at: isoOf(at) },
          memberships,
          settled: true,
          ...(status === 'ACTIVE' && { wasActive: true }),
          leaseOwner: null,
          leaseUntil: null,
        },
        condition: '#version = :version',
        values: { ':version': version },
      });
      return outcome.written;
    },
  };
};
