// The certificate registry in memory, with the conditions of the one in DynamoDB.

import type { CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { CertificateId } from '#domain/ids.ts';
import { toldReason } from '#domain/told-reason.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { UserRegistry } from '#ports/permission-registry.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';
import { type InMemoryBlockLists, inMemoryBlockLists } from './in-memory-block-lists.ts';
import { pageOf } from './in-memory-page.ts';

const newRecord = (id: CertificateId, now: number): CertificateRecord => ({
  id,
  anchorId: null,
  tenant: null,
  verdict: null,
  causes: [],
  operatorWord: null,
  version: 0,
  applied: null,
  settled: false,
  wasActive: false,
  memberships: [],
  lease: null,
  subject: null,
  serialNumber: null,
  publicKeyId: null,
  validTo: null,
  firstSeenAt: now,
  decidedAt: null,
  history: [],
});

const listed = (record: CertificateRecord): ListedCertificate[] => {
  const { id, tenant, anchorId, verdict, firstSeenAt, decidedAt, validTo } = record;
  if (tenant === null || anchorId === null || verdict === null) return [];
  const told = { state: stateOf(record), ...toldReason(verdict, record.causes) };
  return [{ id, clientId: verdict.clientId, tenant, anchorId, ...told, firstSeenAt, decidedAt, validTo }];
};

const dayOf = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString().slice(0, 10);

export type InMemoryCertificates = CertificateRegistry & {
  readonly records: Map<CertificateId, CertificateRecord>;
  readonly listing: CertificateListing;
};

export const inMemoryCertificateRegistry = (
  anchors: Pick<AnchorRegistry, 'find'>,
  devices: Pick<DeviceRegistry, 'findByKey'>,
  users: Pick<UserRegistry, 'find'>,
  lists: InMemoryBlockLists = inMemoryBlockLists(),
): InMemoryCertificates => {
  const records = new Map<CertificateId, CertificateRecord>();
  const at = (id: CertificateId, version: number): CertificateRecord | null => {
    const record = records.get(id);
    return record?.version === version ? record : null;
  };
  const put = (record: CertificateRecord): CertificateRecord => {
    records.set(record.id, record);
    return record;
  };
  const sorted = (keep: (item: ListedCertificate) => boolean, by: (item: ListedCertificate) => string | number) =>
    [...records.values()]
      .flatMap(listed)
      .filter(keep)
      .sort((a, b) => (by(a) < by(b) ? -1 : 1));

  return {
    records,

    claim: async (id, { owner, now, until }) => {
      const record = records.get(id) ?? newRecord(id, now);
      const leased = record.lease !== null && record.lease.until > now && record.lease.owner !== owner;
      if (record.settled || leased) return { claimed: false, because: record.settled ? 'settled' : 'leased', record };
      return { claimed: true, record: put({ ...record, lease: { owner, until } }) };
    },

    release: async (id, owner) => {
      const record = records.get(id);
      if (record?.lease?.owner === owner) put({ ...record, lease: null });
    },

    find: async (id) => records.get(id) ?? null,

    recheck: async (id, keys) => {
      const record = records.get(id);
      if (!record) throw new Error(`expected a record of certificate ${id}: it was claimed before`);
      const deviceAt = async (key: string | null) => (key === null ? null : devices.findByKey(key));
      return {
        record,
        anchor: await anchors.find(keys.anchor),
        device: await deviceAt(keys.device),
        otherDevice: await deviceAt(keys.otherDevice),
        user: keys.username === null ? null : await users.find(keys.tenant, keys.username),
        blocked: lists.blocks(keys.tenant, id),
        onCrl: lists.revokes(keys.anchor, keys.serialNumber),
      };
    },

    decide: async (id, version, { entry, ...facts }) => {
      const record = at(id, version);
      if (!record) return null;
      if (record.wasActive && facts.verdict.kind !== 'accept')
        throw new Error(`certificate ${id} was active: expected a cause, got verdict ${facts.verdict.kind}`);
      const history = [...record.history, entry];
      return put({ ...record, ...facts, history, decidedAt: entry.at, version: version + 1, settled: false });
    },

    recordOperatorWord: async (id, version, operatorWord, entry) => {
      const record = at(id, version);
      if (!record) return null;
      const history = [...record.history, entry];
      return put({ ...record, operatorWord, history, version: version + 1, settled: false });
    },

    recordChange: async (id, version, entry) => {
      const record = at(id, version);
      if (!record) return null;
      return put({ ...record, history: [...record.history, entry], version: version + 1, settled: false });
    },

    recordCause: async (id, version, cause, entry) => {
      const record = at(id, version);
      if (!record) return null;
      const causes = [...new Set([...record.causes, cause])];
      return put({ ...record, causes, history: [...record.history, entry], version: version + 1, settled: false });
    },

    findAll: async (ids) => ids.map((id) => records.get(id)).filter((record) => record !== undefined),

    settle: async (id, { memberships, ...applied }) => {
      const record = at(id, applied.version);
      if (!record) return false;
      const wasActive = record.wasActive || applied.status === 'ACTIVE';
      put({ ...record, applied, memberships, settled: true, wasActive, lease: null });
      return true;
    },

    listing: {
      ofTenant: async (tenant, prefix, page) =>
        pageOf(
          sorted(
            (item) => item.tenant === tenant && (item.clientId ?? '').startsWith(prefix),
            (item) => item.clientId ?? '',
          ),
          page,
        ),
      ofClientId: async (clientId, tenant, page) =>
        pageOf(
          sorted(
            (item) => item.clientId === clientId && (tenant === null || item.tenant === tenant),
            (item) => `${item.tenant}#${new Date(item.decidedAt ?? 0).toISOString()}`,
          ).reverse(),
          page,
        ),
      inState: async (tenant, state, since, page) =>
        pageOf(
          sorted(
            (item) => item.tenant === tenant && item.state === state && (item.decidedAt ?? 0) >= since,
            (item) => item.decidedAt ?? 0,
          ),
          page,
        ),
      underAnchor: async (anchor, page) =>
        pageOf(
          sorted(
            (item) => item.anchorId === anchor,
            (item) => item.firstSeenAt,
          ),
          page,
        ),
      decidedOn: async (day, since, page) =>
        pageOf(
          sorted(
            (item) => dayOf(item.decidedAt) === day && (item.decidedAt ?? 0) >= since,
            (item) => item.decidedAt ?? 0,
          ),
          page,
        ),
      expiringOn: async (day, page) =>
        pageOf(
          sorted(
            (item) => dayOf(item.validTo) === day,
            (item) => item.validTo ?? 0,
          ),
          page,
        ),
    },
  };
};
