// Lists of certificates in DynamoDB, each one partition of one index. An index follows its table within moments.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListedCertificateItem } from '#contracts/registry-items.ts';
import {
  anchorPartition,
  clientPartition,
  decisionDayPartition,
  expiryDayPartition,
  INDEX,
  isoOf,
  tenantDevicesPartition,
  tenantSortPrefix,
  tenantStatePartition,
} from '#names/keys.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { Page, PageRequest } from '#ports/trust-registry.ts';
import type { IndexQuery } from './dynamo-requests.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

export const dynamoCertificateListing = (client: DynamoDBClient, tableName: string): CertificateListing => {
  const table = registryTable(client, tableName);
  const listed = async (query: IndexQuery, page: PageRequest): Promise<Page<ListedCertificate>> => {
    const { items, cursor } = await table.query(query, page);
    return { items: items.map((item) => parseItem(ListedCertificateItem, item)), cursor };
  };
  return {
    ofTenant: (tenant, startsWith, page) =>
      listed({ index: INDEX.byTenant, partition: tenantDevicesPartition(tenant), sort: { startsWith } }, page),
    ofClientId: (clientId, tenant, page) =>
      listed(
        {
          index: INDEX.byClientId,
          partition: clientPartition(clientId),
          sort: { startsWith: tenant === null ? '' : tenantSortPrefix(tenant) },
          newestFirst: true,
        },
        page,
      ),
    inState: (tenant, state, since, page) =>
      listed(
        { index: INDEX.byTenantState, partition: tenantStatePartition(tenant, state), sort: { from: isoOf(since) } },
        page,
      ),
    underAnchor: (anchor, page) => listed({ index: INDEX.byAnchor, partition: anchorPartition(anchor) }, page),
    decidedOn: (day, since, page) =>
      listed({ index: INDEX.byDecisionDay, partition: decisionDayPartition(day), sort: { from: isoOf(since) } }, page),
    expiringOn: (day, page) => listed({ index: INDEX.byExpiryDay, partition: expiryDayPartition(day) }, page),
  };
};
