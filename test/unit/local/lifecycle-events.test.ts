import { describe, expect, it } from 'vitest';
import { createLifecycleEvents, type Subject } from '#local/iot/broker/lifecycle-events.ts';
import { createMessageBus, type Message } from '#local/iot/message-bus.ts';

const HOUR_MS = 60 * 60 * 1000;

const subject = (clientId = 'device01'): Subject => ({
  clientId,
  certificateId: 'ab12',
  sessionIdentifier: 'session-1',
  exclusiveThing: null,
  ipAddress: '192.0.2.1',
});

const setUp = () => {
  const published: Message[] = [];
  const bus = createMessageBus();
  bus.subscribe((message) => published.push(message));
  const time = { now: 1_000_000 };
  return { published, time, events: createLifecycleEvents(bus, () => time.now) };
};

describe('version numbers (R-05)', () => {
  it('rise with each connection of a client id, and not with those of another', () => {
    const { events } = setUp();
    expect([events.connected(subject()), events.connected(subject()), events.connected(subject('other'))]).toEqual([
      0, 1, 0,
    ]);
  });

  it('go on within an hour offline, and start again at 0 after it', () => {
    const { events, time } = setUp();
    events.disconnected(subject(), events.connected(subject()), 'CONNECTION_LOST');
    time.now += HOUR_MS;
    expect(events.connected(subject())).toBe(1);
    events.disconnected(subject(), 1, 'CONNECTION_LOST');
    time.now += HOUR_MS + 1;
    expect(events.connected(subject())).toBe(0);
  });

  it('go on for a client that stays connected longer than an hour', () => {
    const { events, time } = setUp();
    events.connected(subject());
    time.now += 2 * HOUR_MS;
    expect(events.connected(subject())).toBe(1);
  });

  it('are not reset by the late end of a session that was taken over', () => {
    const { events, time } = setUp();
    const first = events.connected(subject());
    events.connected(subject());
    events.disconnected(subject(), first, 'DUPLICATE_CLIENTID');
    time.now += 2 * HOUR_MS;
    expect(events.connected(subject())).toBe(2);
  });
});

it.each(['a+b', 'a#b'])('the client id %s gets no lifecycle events', (clientId) => {
  const { events, published } = setUp();
  events.disconnected(subject(clientId), events.connected(subject(clientId)), 'CONNECTION_LOST');
  events.connectFailed(subject(clientId));
  events.subscriptions(subject(clientId), 'subscribed', ['a']);
  expect(published).toEqual([]);
});

it('only an exclusive thing is named', () => {
  const { events, published } = setUp();
  events.connectFailed(subject());
  events.connectFailed({ ...subject(), exclusiveThing: 'thing-1' });
  const named = published.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()).thingName);
  expect(named).toEqual([undefined, 'thing-1']);
});
