// A topic rule, read and checked. What is not emulated is refused with the rule's name.

import * as v from 'valibot';
import type { TopicRule } from '../state.ts';
import { parseSql, type Query } from './sql.ts';

/** As CloudFormation has it, AWS::IoT::TopicRule Action, with every intrinsic resolved. */
const Action = v.strictObject({
  Sqs: v.strictObject({
    QueueUrl: v.pipe(v.string(), v.url()),
    /** who acts; nothing is authorized here */
    RoleArn: v.string(),
    UseBase64: v.optional(v.boolean(), false),
  }),
});
export type SqsAction = v.InferOutput<typeof Action>['Sqs'];

/** Actions of one rule (AWS General Reference, IoT Core quotas). */
const MAX_ACTIONS = 10;

const Actions = v.object({
  actions: v.pipe(v.array(Action), v.minLength(1), v.maxLength(MAX_ACTIONS)),
  errorAction: v.nullable(Action),
});

export type CompiledRule = {
  readonly name: string;
  readonly query: Query;
  readonly actions: readonly SqsAction[];
  readonly errorAction: SqsAction | null;
};

/** @throws Error that names the rule and what is wrong with it, or not emulated */
export const compileRule = (rule: TopicRule): CompiledRule => {
  const refuse = (why: string, cause?: unknown) => new Error(`topic rule ${rule.name}: ${why}`, { cause });
  if (!/^\w{1,128}$/.test(rule.name)) throw refuse('a name is 1 to 128 letters, digits and underscores');
  const parsed = v.safeParse(Actions, rule);
  if (!parsed.success) throw refuse(`an action is not valid, or not emulated:\n${v.summarize(parsed.issues)}`);
  const { actions, errorAction } = parsed.output;
  let query: Query;
  try {
    query = parseSql(rule.sql);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return { name: rule.name, query, actions: actions.map(({ Sqs }) => Sqs), errorAction: errorAction?.Sqs ?? null };
};
