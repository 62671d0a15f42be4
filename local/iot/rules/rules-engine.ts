// The rules engine: reads every message of the bus, and runs the actions of the rules that it matches.

import { randomUUID } from 'node:crypto';
import type { Message, MessageBus } from '../message-bus.ts';
import type { TopicRule } from '../state.ts';
import { topicMatches } from '../topic-filter.ts';
import { type CompiledRule, compileRule, type SqsAction } from './compiled-rule.ts';
import { applyQuery, NO_CLIENT_ID } from './sql-evaluation.ts';

export type RulesEngineOptions = {
  readonly bus: MessageBus;
  readonly accountId: string;
  /** epoch milliseconds */
  readonly clock: () => number;
  readonly sendToQueue: (queueUrl: string, body: string) => Promise<void>;
  /**
   * Told of a message that a rule lost: its SQL could not be applied, which no error action covers on AWS either, or
   * an action failed and so did the error action, or there is none.
   */
  readonly onLost: (ruleName: string, message: Message, why: unknown) => void;
};

export type RulesEngine = {
  /** Takes the place of a rule of the same name. @throws Error that names the rule and what of it is not emulated */
  readonly registerRule: (rule: TopicRule) => void;
  /** Resolves when no action is under way. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type Failure = { readonly failedAction: string; readonly failedResource: string; readonly errorMessage: string };

const decode = (payload: Uint8Array): string => Buffer.from(payload).toString();

/** AWS IoT developer guide, error action message format. */
const errorActionMessage = (rule: CompiledRule, message: Message, failures: readonly Failure[]): string =>
  JSON.stringify({
    ruleName: rule.name,
    topic: message.topic,
    cloudwatchTraceId: randomUUID(),
    clientId: message.clientId ?? NO_CLIENT_ID,
    base64OriginalPayload: Buffer.from(message.payload).toString('base64'),
    failures,
  });

export const createRulesEngine = (options: RulesEngineOptions): RulesEngine => {
  const { bus, accountId, clock, sendToQueue, onLost } = options;
  const rules = new Map<string, CompiledRule>();
  const underWay = new Set<Promise<void>>();

  const act = async (action: SqsAction, output: Uint8Array): Promise<Failure[]> => {
    try {
      await sendToQueue(action.QueueUrl, action.UseBase64 ? Buffer.from(output).toString('base64') : decode(output));
      return [];
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      return [{ failedAction: 'SqsAction', failedResource: action.QueueUrl, errorMessage }];
    }
  };

  const run = async (rule: CompiledRule, message: Message): Promise<void> => {
    const output = applyQuery(rule.query, message, { accountId, now: clock });
    if (output === null) return;
    const failures = (await Promise.all(rule.actions.map((action) => act(action, output)))).flat();
    if (failures.length === 0) return;
    if (rule.errorAction === null) throw new Error(failures.map(({ errorMessage }) => errorMessage).join('; '));
    await sendToQueue(rule.errorAction.QueueUrl, errorActionMessage(rule, message, failures));
  };

  const start = (rule: CompiledRule, message: Message): void => {
    const running = run(rule, message)
      .catch((error: unknown) => onLost(rule.name, message, error))
      .finally(() => underWay.delete(running));
    underWay.add(running);
  };

  const unsubscribe = bus.subscribe((message) => {
    for (const rule of rules.values()) if (topicMatches(rule.query.filter, message.topic)) start(rule, message);
  });

  const settled = async () => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return {
    registerRule: (rule) => void rules.set(rule.name, compileRule(rule)),
    settled,
    stop: async () => {
      unsubscribe();
      await settled();
    },
  };
};
