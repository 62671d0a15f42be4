// after devices, operators and bad input have gone through the whole system, no key material stands anywhere that
// is kept or read: the table, the logs of the functions, the announced events.

import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';

let system: TestSystem;
let sqs: SQSClient;
let dynamo: DynamoDBClient;
beforeAll(async () => {
  system = await startTestSystem();
  const client = { ...system.aws, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  sqs = new SQSClient(client);
  dynamo = new DynamoDBClient(client);
});
afterAll(async () => {
  for (const client of [sqs, dynamo]) client.destroy();
  await system.stop();
});

/** The lines between the armour; the first of them is of the algorithm and the same for many keys. */
const linesOf = (pem: string): readonly string[] =>
  pem.split('\n').filter((line, at) => at > 1 && line.length >= 16 && !line.startsWith('-'));

it('R-06: no private key, and no certificate of a device, is in the table, the logs or the events', async () => {
  const acme = await system.tenant('acme');
  const [accepted, refused, sent] = [acme.device('device01'), acme.device('not a name'), acme.device('device02')];
  await system.firstConnect(accepted, 'acme_device01');
  await (await system.connect(accepted, 'acme_device01')).leave();
  await system.firstConnect(refused, 'acme_refused');
  await expect.poll(() => system.announced(refused.id), { timeout: 5_000 }).toContain('device.rejected');

  const QueueUrl = system.outputs.get(STACK.onboarding)?.get(OUTPUT.onboardingQueueUrl);
  // somebody's mistake: a message with everything that must not be kept
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: sent.keyPem + sent.chainPem }));
  const kept = () => system.api.call('listRejectedEvents', {});
  await expect.poll(async () => (await kept()).events.length, { timeout: 5_000 }).toBe(1);
  const upload = { params: { tenant: 'acme' }, body: { certificate: sent.keyPem } };
  await expect(system.api.call('registerAnchor', upload)).rejects.toMatchObject({ code: 'PRIVATE_KEY_IN_UPLOAD' });

  const TableName = system.outputs.get(STACK.registry)?.get(OUTPUT.registryTable);
  const { Items } = await dynamo.send(new ScanCommand({ TableName }));
  const places = {
    table: JSON.stringify(Items),
    logs: JSON.stringify(system.logs()),
    events: JSON.stringify(system.events()),
  };
  // what is searched is what was written: the device is there by name, the CA with its PEM
  expect(places.table).toContain('acme_device01');
  expect(linesOf(acme.ca.pem).every((line) => places.table.includes(line))).toBe(true);
  expect(places.logs).toContain(accepted.id);
  expect(places.events).toContain(accepted.id);

  const secrets = [acme.ca.keyPem, ...[accepted, refused, sent].flatMap(({ keyPem, pem }) => [keyPem, pem])].flatMap(
    linesOf,
  );
  expect(secrets.length).toBeGreaterThan(20);
  for (const [place, text] of Object.entries(places))
    expect(
      secrets.filter((line) => text.includes(line)),
      `in the ${place}`,
    ).toEqual([]);
});
