// The rules engine: which rules run, what their actions get, and what becomes of failures.

import { describe, expect, it } from 'vitest';
import { createMessageBus, type Message } from '#local/iot/message-bus.ts';
import { createRulesEngine } from '#local/iot/rules/rules-engine.ts';
import type { TopicRule } from '#local/iot/state.ts';

const sqs = (queue: string, UseBase64 = false) => ({
  Sqs: { QueueUrl: `http://127.0.0.1:1/${queue}`, RoleArn: 'arn:aws:iam::123456789012:role/rule', UseBase64 },
});
const aRule = (overrides: Partial<TopicRule> = {}): TopicRule => ({
  name: 'presence',
  sql: "SELECT *, topic(4) AS presenceEvent FROM '$aws/events/presence/#'",
  actions: [sqs('presence')],
  errorAction: null,
  ...overrides,
});
const aMessage = (overrides: Partial<Message> = {}): Message => ({
  topic: '$aws/events/presence/connected/acme_device01',
  payload: Buffer.from('{"clientId":"acme_device01"}'),
  qos: 0,
  clientId: 'acme_device01',
  principal: null,
  ...overrides,
});

/** An engine whose queues keep what they get, except for those named as failing. */
const startEngine = (failing: readonly string[] = []) => {
  const bus = createMessageBus();
  const sent: [queue: string, body: string][] = [];
  const lost: string[] = [];
  const engine = createRulesEngine({
    bus,
    accountId: '123456789012',
    clock: () => 42,
    sendToQueue: async (url, body) => {
      const queue = new URL(url).pathname.slice(1);
      if (failing.includes(queue)) throw new Error(`${queue} is full`);
      sent.push([queue, body]);
    },
    onLost: (rule, { topic }, why) => lost.push(`${rule} ${topic} ${String(why)}`),
  });
  return { bus, engine, sent, lost };
};

describe('a rule', () => {
  it('R-05: gets the messages that its filter covers, and no others', async () => {
    const { bus, engine, sent, lost } = startEngine();
    engine.registerRule(aRule());
    bus.publish(aMessage());
    bus.publish(aMessage({ topic: '$aws/events/subscriptions/subscribed/acme_device01' }));
    await engine.settled();

    expect(sent).toEqual([['presence', '{"clientId":"acme_device01","presenceEvent":"connected"}']]);
    expect(lost).toEqual([]);
  });

  it('runs all of its actions, each in its encoding, and every rule that matches', async () => {
    const { bus, engine, sent } = startEngine();
    engine.registerRule(aRule({ sql: "SELECT * FROM 'raw'", actions: [sqs('text'), sqs('base64', true)] }));
    engine.registerRule(aRule({ name: 'other', sql: "SELECT topic() AS t FROM '+'", actions: [sqs('other')] }));
    bus.publish(aMessage({ topic: 'raw', payload: Buffer.from('ä') }));
    await engine.settled();

    expect(sent).toEqual([
      ['text', 'ä'],
      ['base64', 'w6Q='],
      ['other', '{"t":"raw"}'],
    ]);
  });

  it('drops a message whose WHERE is not true without a word', async () => {
    const { bus, engine, sent, lost } = startEngine();
    engine.registerRule(aRule({ sql: "SELECT * FROM '$aws/#' WHERE clientId = 'other'" }));
    bus.publish(aMessage());
    await engine.settled();

    expect([sent, lost]).toEqual([[], []]);
  });

  it('takes the place of the rule of the same name, and none runs after the engine has stopped', async () => {
    const { bus, engine, sent } = startEngine();
    engine.registerRule(aRule());
    engine.registerRule(aRule({ actions: [sqs('newer')] }));
    bus.publish(aMessage());
    await engine.stop();
    bus.publish(aMessage());
    await engine.settled();

    expect(sent.map(([queue]) => queue)).toEqual(['newer']);
  });
});

describe('a failure of an action', () => {
  it('goes to the error action once, with what AWS documents', async () => {
    const { bus, engine, sent, lost } = startEngine(['presence', 'second']);
    engine.registerRule(aRule({ actions: [sqs('presence'), sqs('third'), sqs('second')], errorAction: sqs('errors') }));
    bus.publish(aMessage());
    await engine.settled();

    expect(sent.map(([queue]) => queue)).toEqual(['third', 'errors']);
    expect(JSON.parse(sent[1]?.[1] ?? '')).toEqual({
      ruleName: 'presence',
      topic: '$aws/events/presence/connected/acme_device01',
      cloudwatchTraceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      clientId: 'acme_device01',
      base64OriginalPayload: Buffer.from('{"clientId":"acme_device01"}').toString('base64'),
      failures: [
        { failedAction: 'SqsAction', failedResource: 'http://127.0.0.1:1/presence', errorMessage: 'presence is full' },
        { failedAction: 'SqsAction', failedResource: 'http://127.0.0.1:1/second', errorMessage: 'second is full' },
      ],
    });
    expect(lost).toEqual([]);
  });

  it.each([
    ['there is no error action', null, 'presence is full'],
    ['the error action fails too', sqs('errors'), 'errors is full'],
  ])('is told when %s', async (_, errorAction, why) => {
    const { bus, engine, lost } = startEngine(['presence', 'errors']);
    engine.registerRule(aRule({ errorAction }));
    bus.publish(aMessage());
    await engine.settled();

    expect(lost).toEqual([`presence $aws/events/presence/connected/acme_device01 Error: ${why}`]);
  });
});

it('a payload that the SQL cannot be applied to is told, and not for the error action', async () => {
  const { bus, engine, sent, lost } = startEngine();
  engine.registerRule(aRule({ errorAction: sqs('errors') }));
  bus.publish(aMessage({ payload: Buffer.from('not json') }));
  await engine.settled();

  expect(sent).toEqual([]);
  expect(lost).toEqual([expect.stringContaining('the payload is not a JSON object')]);
});

describe('a rule that cannot be emulated is refused with its name', () => {
  it.each([
    ['with an action of another kind', { actions: [{ Lambda: { FunctionArn: 'arn' } }] }, 'Lambda'],
    ['with an unknown option of an action', { actions: [{ Sqs: { ...sqs('q').Sqs, Delay: 1 } }] }, 'Delay'],
    ['without an action', { actions: [] }, 'actions'],
    ['with eleven actions', { actions: Array.from({ length: 11 }, () => sqs('q')) }, 'actions'],
    ['with an error action of another kind', { errorAction: { S3: {} } }, 'S3'],
    [
      'with a queue that is no URL',
      { actions: [{ Sqs: { ...sqs('q').Sqs, QueueUrl: { Ref: 'Queue' } } }] },
      'QueueUrl',
    ],
    ['with SQL that is not emulated', { sql: "SELECT get(a, 1) AS b FROM 'a'" }, 'function get()'],
    ['with a hyphen in its name', { name: 'my-rule' }, 'underscores'],
  ])('%s', (_, overrides, message) => {
    const { engine } = startEngine();
    const rule = aRule(overrides);

    expect(() => engine.registerRule(rule)).toThrow(`topic rule ${rule.name}: `);
    expect(() => engine.registerRule(rule)).toThrow(message);
  });
});
