import { readFile } from 'node:fs/promises';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoBlockLists } from '#adapters/dynamo-block-lists.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoExpiryWatermark } from '#adapters/dynamo-expiry-watermark.ts';
import { dynamoPermissionSetRegistry } from '#adapters/dynamo-permission-set-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoRoleRegistry } from '#adapters/dynamo-role-registry.ts';
import { dynamoTenantLock } from '#adapters/dynamo-tenant-lock.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import type { Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { isRoleId } from '#domain/role.ts';
import { ANCHOR_PLACES_PARTITION } from '#names/keys.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';
import { anAnchor } from '#support/trust-anchors.ts';

const DOCUMENT = new URL('../../docs/registry-queries.md', import.meta.url);
const NOON = Date.parse('2026-01-31T12:00:00Z');
const EXPIRY = Date.parse('2026-02-28T08:00:00Z');
const DAY_MS = 86_400_000;
const [acme, globex] = [tenantName('acme'), tenantName('globex')];
const anchor = anchorId('aa'.repeat(32));
const COMPOSITION = '0123456789abcdef';

/** What each question of the document is answered with, by the names that the seeded items go by. */
const ANSWERS: Record<string, string[]> = {
  'the device that was let in under a client id': ['device acme_device01'],
  'a certificate, with its history, by its fingerprint': ['certificate 1'],
  'a tenant': ['tenant acme'],
  "whether a common name is on a tenant's allow-list": ['cn device01'],
  'a trust anchor by its fingerprint': ['anchor aa'],
  'all tenants': ['tenant acme', 'tenant globex'],
  'the CA certificates of a tenant, uploads and trust anchors': ['place acme aa', 'place acme ab'],
  'the CA certificates of all tenants': ['place acme aa', 'place acme ab', 'place globex bb'],
  'serial numbers that a revocation list of a trust anchor names': ['serial 5c1f', 'serial 7a'],
  'whether one of them is': ['serial 5c1f'],
  'the block list of a tenant': ['block 7', 'block 8'],
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
  'devices whose former certificate may be used until some time of a day': ['device acme_pump'],
  'until when what expires was looked at': ['watermark'],
  'a role by its id': ['role 1'],
  'the roles of a tenant': ['role 1', 'role 2'],
  'a user': ['user device01'],
  'the users of a tenant, by name': ['user device01', 'user device02', 'user pump'],
  'those whose name begins with a text': ['user device01', 'user device02'],
  'the devices of a user': ['device acme_device01'],
  'a permission set': ['set acme.connectware.0123456789abcdef'],
  'the permission sets of a tenant': ['set acme.connectware', 'set acme.connectware.0123456789abcdef'],
  'the devices of users with one permission set': ['device acme_device01', 'device acme_pump'],
  'the users with one composition of roles': ['user device01', 'user pump'],
  'until when a change of a tenant keeps others waiting': ['lock acme'],
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

const nameOf = ({ pk, sk }: Record<string, unknown>): string => {
  const [owner, id = ''] = String(pk).split('#');
  const [kind = '', name = '', entry = ''] = String(sk).split('#');
  if (pk === ANCHOR_PLACES_PARTITION) return `place ${kind} ${name.slice(0, 2)}`;
  switch (kind) {
    case 'ALLOW':
      return `cn ${entry}`;
    case 'CERT':
      return `certificate ${id[0]}`;
    case 'ANCHOR':
      return `anchor ${id.slice(0, 2)}`;
    case 'ROLE':
    case 'BLOCK':
      return `${kind.toLowerCase()} ${name[0]}`;
    case 'SERIAL':
      return `serial ${name}`;
    case 'EXPIRY':
      return 'watermark';
    case 'USER':
    case 'SET':
      return `${kind.toLowerCase()} ${name}`;
    case 'LOCK':
      return `lock ${id}`;
    default:
      return `${owner?.toLowerCase()} ${id}`;
  }
};

let table: RegistryTable;
beforeAll(async () => {
  table = await startRegistryTable();
  const to = [table.client, table.tableName] as const;
  const tenants = dynamoTenantRegistry(...to);
  const shared = {
    naming: 'eu1',
    admission: 'auto',
    userMatch: 'off',
    topics: null,
    anchorLimit: 2,
    anchorRules: 'default',
    renewal: 'replace',
    secondSession: 'take-over',
    createdAt: NOON,
    version: 0,
  } as const;
  await tenants.create({ ...shared, name: globex, allowListId: null });
  await tenants.create({ ...shared, name: acme, allowListId: 'list-1' });
  await tenants.writeAllowList(acme, 'list-1', ['device01', 'device02']);

  const [anchors, places] = [dynamoAnchorRegistry(...to), dynamoAnchorPlaces(...to)];
  for (const [tenant, byte] of [
    [acme, 'aa'],
    [acme, 'ab'],
    [globex, 'bb'],
  ] as const) {
    const id = anchorId(byte.repeat(32));
    await places.put({ tenant, id, upload: null });
    await anchors.create(anAnchor({ id, tenant }));
  }

  const registry = dynamoCertificateRegistry(...to);
  const reason = 'APPROVAL_REQUIRED';
  const [pump, valve] = [clientId('acme_device01'), clientId('acme_valve01')];
  const accept: Verdict = { kind: 'accept', clientId: pump, permissionSet: 'acme.eu1', user: null };
  const conflict: Verdict = { kind: 'reject', clientId: pump, reason: 'CLIENT_ID_CONFLICT', seen: pump };
  const unnamed: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: '' };
  const held: Verdict = { kind: 'hold', clientId: valve, reason, seen: 'approve' };
  const abroad: Verdict = { kind: 'reject', clientId: pump, reason: 'CLIENT_ID_FOREIGN_PREFIX', seen: pump };
  const foreign: Verdict = {
    kind: 'accept',
    clientId: clientId('globex_pump1'),
    permissionSet: 'globex.eu1',
    user: null,
  };
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
    const shared = { causes: [], memberships: [], subject: '', serialNumber: null, publicKeyId: null };
    await registry.decide(id, 0, { ...shared, verdict, anchorId: anchorOf, tenant, validTo, entry });
  }
  const [plain, composed] = ['acme.connectware', `acme.connectware.${COMPOSITION}`];
  const devices = dynamoDeviceRegistry(...to);
  const [older, newer] = [certificateId('1'.repeat(64)), certificateId('9'.repeat(64))];
  for (const [name, user, permissionSet] of [
    ['device01', 'device01', composed],
    ['pump', 'pump', composed],
    ['valve01', null, plain],
  ] as const) {
    const key = `acme_${name}`;
    const claim = { clientId: clientId(key), tenant: acme, permissionSet, user, claimedAt: NOON };
    await devices.claim(key, { ...claim, certificateId: older });
    const renewed = { ...claim, certificateId: newer };
    const seen = { certificateId: older, claims: 1 };
    if (name === 'pump')
      await devices.renew(key, renewed, { former: { certificateId: older, until: null }, others: [] }, seen);
  }
  await devices.endFormer('acme_pump', older, NOON + 7 * DAY_MS);

  const blockLists = dynamoBlockLists(...to);
  for (const [tenant, digit] of [
    [acme, '8'],
    [acme, '7'],
    [globex, '7'],
  ] as const)
    await blockLists.block(tenant, certificateId(digit.repeat(64)), { at: NOON, by: 'operator' });
  const revoked = { revokedAt: NOON, reason: null };
  await blockLists.addSerials(anchor, [
    { serialNumber: '7a', ...revoked },
    { serialNumber: '5c1f', ...revoked },
  ]);
  await blockLists.addSerials(anchorId('bb'.repeat(32)), [{ serialNumber: '5c1f', ...revoked }]);
  await dynamoExpiryWatermark(...to).advance(NOON);

  const roles = dynamoRoleRegistry(...to);
  for (const [tenant, digit] of [
    [acme, '2'],
    [acme, '1'],
    [globex, '3'],
  ] as const) {
    const id = `${digit.repeat(8)}-${digit.repeat(4)}-5${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;
    if (!isRoleId(id)) throw new Error(`not a role id: ${id}`);
    await roles.create({
      id,
      tenant,
      name: `line-${digit}`,
      permissions: [],
      plusMode: 'exact',
      createdAt: NOON,
      version: 1,
    });
  }
  const users = dynamoUserRegistry(...to);
  for (const [tenant, username] of [
    [acme, 'pump'],
    [acme, 'device02'],
    [acme, 'device01'],
    [globex, 'device01'],
  ] as const) {
    const composition = username === 'device02' ? null : COMPOSITION;
    const nothing = { grantTypes: [], roles: [], permissions: [] };
    await users.create({ ...nothing, tenant, username, composition, createdAt: NOON, version: 1 });
    if (composition !== null) await users.note(tenant, composition, username);
  }
  const sets = dynamoPermissionSetRegistry(...to);
  const bare = { roles: [], permissions: [], applied: null, unusedSince: null };
  for (const each of [
    permissionSetOf(acme, 'connectware'),
    permissionSetOf(acme, 'connectware', COMPOSITION),
    permissionSetOf(globex, 'connectware'),
  ])
    await sets.put({ ...bare, ...each }, null);
  await dynamoTenantLock(...to, () => NOON).take(acme);

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
