// PutEvents of the embedded EventBridge, through the real SDK client.

import {
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type EventBusDoor, startEventBridgeEndpoint } from '#local/cloud/event-bus.ts';

let door: EventBusDoor;
let client: EventBridgeClient;
const told: string[] = [];

const entry = (overrides: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source: 'vestibule',
  DetailType: 'device.onboarded',
  Detail: '{"clientId":"acme_device01"}',
  EventBusName: 'vestibule',
  ...overrides,
});
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

beforeAll(async () => {
  door = await startEventBridgeEndpoint({
    accountId: '123456789012',
    region: 'eu-central-1',
    clock: () => Date.UTC(2026, 0, 31, 12),
    onEvent: (event, bus) => told.push(`${bus}: ${event.id}`),
  });
  door.createBus('vestibule');
  client = new EventBridgeClient({
    endpoint: door.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    maxAttempts: 1,
  });
});

beforeEach(() => {
  told.length = 0;
});

afterAll(async () => {
  client.destroy();
  await door.stop();
});

it('delivers an event in the envelope that targets see', async () => {
  const { FailedEntryCount, Entries } = await put(entry({ Resources: ['arn:thing'] }));

  const id = Entries?.[0]?.EventId;
  expect(FailedEntryCount).toBe(0);
  expect(door.events('vestibule').at(-1)).toEqual({
    version: '0',
    id,
    'detail-type': 'device.onboarded',
    source: 'vestibule',
    account: '123456789012',
    time: '2026-01-31T12:00:00Z',
    region: 'eu-central-1',
    resources: ['arn:thing'],
    detail: { clientId: 'acme_device01' },
  });
  expect(told).toEqual([`vestibule: ${id}`]);
});

it('takes the bus by ARN, the default bus without a name, and the time that is given', async () => {
  await put(
    entry({ EventBusName: 'arn:aws:events:eu-central-1:123456789012:event-bus/vestibule', DetailType: 'by.arn' }),
    { Source: 'vestibule', DetailType: 'by.default', Detail: '{}', Time: new Date('2026-01-01T00:00:00Z') },
  );

  expect(door.events('vestibule').at(-1)?.['detail-type']).toBe('by.arn');
  expect(door.events('default').at(-1)).toMatchObject({ 'detail-type': 'by.default', time: '2026-01-01T00:00:00Z' });
});

it.each([
  ['without a source', { Source: undefined }, 'InvalidArgument'],
  ['without a detail type', { DetailType: '' }, 'InvalidArgument'],
  ['without a detail', { Detail: undefined }, 'InvalidArgument'],
  ['whose detail type has 129 characters', { DetailType: 'd'.repeat(129) }, 'InvalidArgument'],
  ['whose detail is not JSON', { Detail: '{' }, 'MalformedDetail'],
  ['whose detail is a list', { Detail: '[]' }, 'MalformedDetail'],
  ['that claims to come from AWS', { Source: 'aws.iot' }, 'NotAuthorizedForSourceException'],
  ['for a bus that does not exist', { EventBusName: 'absent' }, 'ResourceNotFoundException'],
])('an entry %s fails, and the others of its request do not', async (_, overrides, code) => {
  const { FailedEntryCount, Entries } = await put(entry(), entry(overrides), entry());

  expect(FailedEntryCount).toBe(1);
  expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, code, undefined]);
  expect(told).toHaveLength(2);
});

it('refuses a request of eleven entries, and one over 256 kB', async () => {
  await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(put(entry({ Detail: JSON.stringify('x'.repeat(262_144)) }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
  expect(told).toEqual([]);
});

it('remembers the newest thousand events', async () => {
  for (let request = 0; request <= 100; request += 1) await put(...Array.from({ length: 10 }, () => entry()));

  expect(door.events('vestibule')).toHaveLength(1000);
  expect(`vestibule: ${door.events('vestibule').at(-1)?.id}`).toBe(told.at(-1));
});

it('names the operation that it does not emulate', async () => {
  await expect(client.send(new ListRulesCommand({}))).rejects.toMatchObject({
    name: 'NotEmulatedException',
    message: 'operation ListRules of EventBridge is not emulated',
  });
});
