import { readFile } from 'node:fs/promises';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import type { Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';

const DOCUMENT = new URL('../../docs/registry-queries.md', import.meta.url);
const NOON = Date.parse('2026-01-31T12:00:00Z');
const EXPIRY = Date.parse('2026-02-28T08:00:00Z');
const [acme, globex] = [tenantName('acme'), tenantName('globex')];
const anchor = anchorId('aa'.repeat(32));

/** What each question of the document is answered with, by the names that the seeded items go by. */
const ANSWERS: Record<string, string[]> = {
  'the device that was let in under a client id': ['device acme_device01'],
  'a certificate, with its history, by its fingerprint': ['certificate 1'],
  'a tenant': ['tenant acme'],
  "whether a common name is on a tenant's allow-list": ['cn device01'],
  'a trust anchor by its fingerprint': ['anchor aa'],
  'all tenants': ['tenant acme', 'tenant globex'],
  'the trust anchors of a tenant': ['anchor aa', 'anchor ab'],
  'all certificates of a tenant, by client id': ['certificate 4', 'certificate 1', 'certificate 2', 'certificate 3'],
  'those whose client id begins with a text': ['certificate 1', 'certificate 2'],
  'every certificate that gave one client id': ['certificate 1', 'certificate 2', 'certificate 6'],
  'those of one tenant': ['certificate 1', 'certificate 2'],
  'certificates of a tenant in one state': ['certificate 3'],
  'those that were decided since a time': ['certificate 2'],
  'certificates under a trust anchor': ['certificate 1', 'certificate 2', 'certificate 3', 'certificate 4'],
  'everything decided on a day, of all tenants': ['certificate 1', 'certificate 2', 'certificate 3', 'certificate 5'],
  'everything decided on a day since a time': ['certificate 2', 'certificate 3', 'certificate 5'],
  'events of a day that could not be handled': ['event e1'],
  'certificates that expire on a day': ['certificate 1', 'certificate 5'],
};

type Question = {
  readonly question: string;
  readonly index: string;
  readonly partition: string;
  readonly sort: string;
};
const questions: Question[] = (await readFile(DOCUMENT, 'utf8'))
  .split('\n')
  .filter((line) => line.startsWith('|') && line.includes('` = `'))
  .map((line) => {
    const [, question = '', index = '', partition = '', sort = ''] = line.split('|').map((cell) => cell.trim());
    return { question, index, partition, sort };
  });

const CONDITION = /^`(\w+)` (=|≥|begins with) `([^`]+)`$/;
const conditionOf = (cell: string, name: string, value: string) => {
  const [, attribute, operator, text] = CONDITION.exec(cell) ?? [];
  if (attribute === undefined || text === undefined) throw new Error(`not a key condition: ${cell}`);
  const expression =
    operator === 'begins with' ? `begins_with(${name}, ${value})` : `${name} ${operator === '≥' ? '>=' : '='} ${value}`;
  return { expression, names: { [name]: attribute }, values: { [value]: text } };
};

const nameOf = (item: Record<string, unknown>): string => {
  const pk = String(item['pk']);
  const [kind, id = ''] = pk.split('#');
  if (String(item['sk']).startsWith('ALLOW')) return `cn ${String(item['sk']).split('#')[2]}`;
  if (kind === 'CERT') return `certificate ${id[0]}`;
  return `${kind?.toLowerCase()} ${kind === 'ANCHOR' ? id.slice(0, 2) : id}`;
};

let table: RegistryTable;
beforeAll(async () => {
  table = await startRegistryTable();
  const to = [table.client, table.tableName] as const;
  const tenants = dynamoTenantRegistry(...to);
  const shared = { naming: 'eu1', admission: 'auto', createdAt: NOON, version: 0 } as const;
  await tenants.create({ ...shared, name: globex, allowListId: null });
  await tenants.create({ ...shared, name: acme, allowListId: 'list-1' });
  await tenants.writeAllowList(acme, 'list-1', ['device01', 'device02']);

  const anchors = dynamoAnchorRegistry(...to);
  for (const [tenant, byte] of [
    [acme, 'aa'],
    [acme, 'ab'],
    [globex, 'bb'],
  ] as const)
    await anchors.create({
      id: anchorId(byte.repeat(32)),
      tenant,
      state: 'ACTIVE',
      proof: 'OPERATOR',
      subject: 'CN=ca',
      pem: '',
      validFrom: NOON,
      validTo: EXPIRY,
      registeredAt: NOON,
      registeredBy: 'op',
    });

  const registry = dynamoCertificateRegistry(...to);
  const reason = 'APPROVAL_REQUIRED';
  const [pump, valve] = [clientId('acme_device01'), clientId('acme_valve01')];
  const accept: Verdict = { kind: 'accept', clientId: pump, permissionSet: 'acme.eu1' };
  const conflict: Verdict = { kind: 'reject', clientId: pump, reason: 'CLIENT_ID_CONFLICT', seen: pump };
  const unnamed: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: '' };
  const held: Verdict = { kind: 'hold', clientId: valve, reason, seen: 'approve' };
  const abroad: Verdict = { kind: 'reject', clientId: pump, reason: 'CLIENT_ID_FOREIGN_PREFIX', seen: pump };
  const foreign: Verdict = { kind: 'accept', clientId: clientId('globex_pump1'), permissionSet: 'globex.eu1' };
  for (const [digit, tenant, verdict, at, validTo] of [
    ['1', acme, accept, NOON - 1, EXPIRY],
    ['2', acme, conflict, NOON, EXPIRY + 86_400_000],
    ['3', acme, held, NOON + 1, null],
    ['4', acme, unnamed, NOON - 86_400_000, null],
    ['5', globex, foreign, NOON + 2, EXPIRY + 1],
    ['6', globex, abroad, NOON - 86_400_000, null],
  ] as const) {
    const id = certificateId(digit.repeat(64));
    await registry.claim(id, { owner: 'a', now: NOON + Number(digit), until: NOON });
    const entry = {
      at,
      actor: 'onboarding',
      state: stateOf({ verdict, causes: [] }),
      reason: null,
      seen: null,
      rules: 1,
    };
    const anchorOf = tenant === acme ? anchor : anchorId('bb'.repeat(32));
    await registry.decide(id, 0, { verdict, causes: [], anchorId: anchorOf, tenant, subject: '', validTo, entry });
  }
  await dynamoDeviceRegistry(...to).claim('acme_device01', {
    clientId: pump,
    tenant: acme,
    certificateId: certificateId('1'.repeat(64)),
    permissionSet: 'acme.eu1',
    claimedAt: NOON,
  });
  const event = { source: 'onboard-device', code: 'MALFORMED_EVENT', reason: 'not JSON', body: 'x' } as const;
  await dynamoRejectedEvents(...to).keep({ ...event, id: 'e1', at: NOON });
  await dynamoRejectedEvents(...to).keep({ ...event, id: 'e2', at: NOON + 86_400_000 });
});
afterAll(async () => {
  await table[Symbol.asyncDispose]();
});

test('R-03: the document asks every question that has an answer here, and none else', () => {
  expect(questions.map(({ question }) => question)).toEqual(Object.keys(ANSWERS));
});

test.each(questions)(
  'R-03: "$question" is answered by the key condition of the document',
  async ({ question, index, partition, sort }) => {
    const conditions = [conditionOf(partition, '#p', ':p'), ...(sort === '' ? [] : [conditionOf(sort, '#s', ':s')])];
    const { Items = [] } = await DynamoDBDocumentClient.from(table.client).send(
      new QueryCommand({
        TableName: table.tableName,
        ...(index !== 'table' && { IndexName: index.replaceAll('`', '') }),
        KeyConditionExpression: conditions.map(({ expression }) => expression).join(' AND '),
        ExpressionAttributeNames: Object.assign({}, ...conditions.map(({ names }) => names)),
        ExpressionAttributeValues: Object.assign({}, ...conditions.map(({ values }) => values)),
      }),
    );
    expect(Items.map(nameOf)).toEqual(ANSWERS[question]);
  },
);
