import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventBridgePublisher } from '#adapters/event-bridge-publisher.ts';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { onboardingWorld } from '#support/onboarding-world.ts';

const client = new EventBridgeClient({ region: 'eu-central-1' });
// PutEvents answers 200 when an entry failed, which the embedded event bus never does
const bus = mockClient(client);
const publisher = eventBridgePublisher(client, 'the-bus');
const sent = () => bus.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries ?? []);

/** Events as onboarding makes them: one accepted, one turned away, one held. */
const announcements = async (): Promise<readonly DomainEvent[]> => {
  const world = onboardingWorld();
  for (const [n, cn] of ['device01', 'a b', 'device01'].entries()) await world.onboard(world.came(world.device(cn), n));
  return world.events.published;
};

beforeEach(() => {
  bus.reset();
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
});

describe('the announcements', () => {
  it('R-04: are as the contract says, under their type and our source', async () => {
    const events = await announcements();

    await publisher.publish(events);

    const [entries = []] = sent();
    expect(entries).toHaveLength(3);
    for (const [n, { Detail = '', ...entry }] of entries.entries()) {
      expect(entry).toEqual({
        EventBusName: 'the-bus',
        Source: 'vestibule',
        DetailType: events[n]?.type,
        Time: new Date(events[n]?.at ?? 0),
      });
      expect(v.parse(AnnouncedEvent, JSON.parse(Detail))).toEqual(JSON.parse(Detail));
      expect(JSON.parse(Detail)).toMatchObject({ version: 1, id: events[n]?.id });
    }
  });

  it('go out ten at a call at most', async () => {
    const [event] = await announcements();

    await publisher.publish(Array.from({ length: 23 }, () => event).flatMap((one) => one ?? []));

    expect(sent().map((entries) => entries.length)).toEqual([10, 10, 3]);
  });

  it('make no call when there are none', async () => {
    await publisher.publish([]);

    expect(sent()).toEqual([]);
  });

  it('fail when an entry does, though the call succeeded', async () => {
    bus.on(PutEventsCommand).resolves({
      FailedEntryCount: 1,
      Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }],
    });

    await expect(publisher.publish(await announcements())).rejects.toMatchObject({
      name: 'TransientError',
      message: 'events:PutEvents left an entry out: ThrottlingException',
    });
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1 });
    await expect(publisher.publish(await announcements())).rejects.toMatchObject({
      message: 'events:PutEvents left an entry out: no code',
    });
  });
});
