// What the broker remembers for a time: that it forgets it then, and not before, and that memory is given back.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createRetainedMessages } from '#local/iot/broker/retained-messages.ts';
import { createClientRate } from '#local/iot/client-rate.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const message = (topic: string, text: string, seconds?: number) => ({
  topic,
  payload: Buffer.from(text),
  qos: 0 as const,
  clientId: null,
  principal: null,
  ...(seconds === undefined ? {} : { properties: { messageExpiryInterval: seconds } }),
});

it('a client may connect once a second, however many others do', () => {
  let now = 0;
  const rate = createClientRate(() => now);
  expect(rate.admits('a')).toBe(true);
  now = 500;
  expect(rate.admits('b')).toBe(true);
  now = 999;
  expect(rate.admits('a')).toBe(false);
  now = 1000;
  expect(rate.admits('a')).toBe(true);
  expect(rate.admits('b')).toBe(false);
  now = 1500;
  expect(rate.admits('b')).toBe(true);
  expect(rate.admits('a')).toBe(false);
});

it('clients that connected more than a second ago are forgotten', () => {
  let now = 0;
  const rate = createClientRate(() => now);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;

  for (now = 0; now < 100_000_000; now += 1000) rate.admits(`client-${now}-${'x'.repeat(100)}`);

  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  expect(rate.admits('next')).toBe(true);
});

it('retained messages that expired are forgotten, others are kept', () => {
  let now = 0;
  const retained = createRetainedMessages(() => now);
  retained.keep(message('lasts', 'x'));
  const weak: WeakRef<object>[] = [];
  const keep = (topic: string) => {
    const expiring = message(topic, 'x', 1);
    weak.push(new WeakRef(expiring));
    retained.keep(expiring);
  };
  for (let n = 0; n < 99; n += 1) keep(`topic/${n}`);
  expect(retained.find('topic/0')).toBeDefined();
  now = 1000;
  expect(retained.find('topic/0')).toBeUndefined();

  retained.keep(message('new', 'y', 1));

  expect(retained.find('lasts')).toBeDefined();
  expect(retained.find('new')).toBeDefined();
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    collectGarbage();
    expect(weak.filter((one) => one.deref() !== undefined)).toEqual([]);
  });
});
