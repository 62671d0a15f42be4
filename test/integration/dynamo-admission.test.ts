// The gate's reads against DynamoDB: two calls, whatever stands around a certificate.

import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dynamoAdmission } from '#adapters/dynamo-admission.ts';
import { anchorId, certificateId, tenantName } from '#domain/ids.ts';
import { anchorKey, blockKey, certificateKey, deviceKey, serialKey, tenantKey } from '#names/keys.ts';
import type { AdmissionRegistry } from '#ports/admission.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const AT = '2026-01-31T12:00:00.000Z';
const id = certificateId('c1'.repeat(32));
const anchor = anchorId('ca'.repeat(32));
const tenant = tenantName('acme');
const accepted = { certificate: id, tenant, deviceKey: 'acme_device01', serialNumber: '1f' };
const verdict = { kind: 'accept', clientId: 'acme_device01', permissionSet: 'acme.eu1' };
const CERTIFICATE = {
  kind: 'CERTIFICATE',
  certificateId: id,
  anchorId: anchor,
  tenant,
  verdict,
  causes: [],
  version: 1,
  settled: true,
  wasActive: true,
  firstSeenAt: AT,
  history: [],
};
const ANCHOR = {
  kind: 'ANCHOR',
  anchorId: anchor,
  tenant,
  state: 'REVOKED',
  proof: 'OPERATOR',
  subject: 'CN=ca',
  pem: 'PEM',
  validFrom: AT,
  validTo: AT,
  registeredAt: AT,
  registeredBy: 'op',
};
const DEVICE = {
  kind: 'DEVICE',
  clientId: 'acme_device01',
  tenant,
  certificateId: id,
  permissionSet: 'acme.eu1',
  causes: ['OPERATOR'],
  claimedAt: AT,
  claims: 1,
};
const TENANT = {
  kind: 'TENANT',
  tenant,
  naming: 'eu1',
  admission: 'auto',
  secondSession: 'refuse-new',
  createdAt: AT,
  version: 1,
};

let table: RegistryTable;
let registry: AdmissionRegistry;

const put = (...items: readonly object[]) => {
  const documents = DynamoDBDocumentClient.from(table.client);
  return Promise.all(items.map((Item) => documents.send(new PutCommand({ TableName: table.tableName, Item }))));
};

beforeAll(async () => {
  table = await startRegistryTable();
  registry = dynamoAdmission(table.client, table.tableName);
});
afterAll(() => table[Symbol.asyncDispose]());
beforeEach(() => {
  table.calls.length = 0;
});

test('nothing is there: nothing is found', async () => {
  expect(await registry.findCertificate(id)).toBeNull();
  expect(await registry.findAround({ anchor, accepted })).toEqual({
    anchor: null,
    device: null,
    tenant: null,
    blocked: false,
    onCrl: false,
  });
});

test('V-01: an accepted certificate and all that may bar it are two calls', async () => {
  await put(
    { ...certificateKey(id), ...CERTIFICATE },
    { ...anchorKey(anchor), ...ANCHOR },
    { ...deviceKey('acme_device01'), ...DEVICE },
    { ...tenantKey(tenant), ...TENANT },
    { ...blockKey(tenant, id), kind: 'BLOCK', certificateId: id, at: AT, by: 'op' },
    { ...serialKey(anchor, '1f'), kind: 'SERIAL', serialNumber: '1f', revokedAt: AT },
  );
  table.calls.length = 0;

  expect(await registry.findCertificate(id)).toMatchObject({ id, anchorId: anchor, verdict });
  expect(await registry.findAround({ anchor, accepted })).toMatchObject({
    anchor: { id: anchor, state: 'REVOKED' },
    device: { clientId: 'acme_device01', causes: ['OPERATOR'] },
    tenant: { name: tenant, secondSession: 'refuse-new' },
    blocked: true,
    onCrl: true,
  });
  expect(table.calls).toEqual(['GetItem', 'BatchGetItem']);
});

test('what is on lists of others bars nobody', async () => {
  expect(
    await registry.findAround({
      anchor,
      accepted: { ...accepted, certificate: certificateId('c2'.repeat(32)), serialNumber: '2f' },
    }),
  ).toMatchObject({ blocked: false, onCrl: false });
});

test('of one that was not accepted the anchor alone is read, and of one without a serial number no list', async () => {
  expect(await registry.findAround({ anchor, accepted: null })).toMatchObject({
    anchor: { state: 'REVOKED' },
    device: null,
    tenant: null,
    blocked: false,
    onCrl: false,
  });
  expect(await registry.findAround({ anchor, accepted: { ...accepted, serialNumber: null } })).toMatchObject({
    blocked: true,
    onCrl: false,
  });
});
