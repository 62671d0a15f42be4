// AWS::IoT::TopicRule: handed to the rules engine of the embedded IoT Core.

import * as v from 'valibot';
import { arn, type Provider } from '#local/template/cloud.ts';
import { TemplateError } from '#local/template/intrinsics.ts';
import { flag, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

/** The one action that the stacks use; the role is not looked at. */
const Action = v.strictObject({
  Sqs: v.strictObject({ QueueUrl: v.string(), RoleArn: v.string(), UseBase64: v.optional(flag, false) }),
});

const TopicRuleProperties = v.strictObject({
  RuleName: v.optional(v.string()),
  TopicRulePayload: v.strictObject({
    Sql: v.string(),
    AwsIotSqlVersion: v.literal('2016-03-23'),
    Actions: v.array(Action),
    ErrorAction: v.optional(Action),
    RuleDisabled: v.optional(flag, false),
    Description: withoutEffect,
  }),
  Tags: withoutEffect,
});

export const topicRule: Provider = (resource, cloud) => {
  const { RuleName, TopicRulePayload: payload } = propertiesOf(resource, TopicRuleProperties);
  const name = RuleName ?? physicalName(resource, 128).replaceAll('-', '_');
  if (!/^[a-zA-Z0-9_]+$/.test(name)) throw new TemplateError(`${name} is no name of a topic rule`);
  if (!payload.RuleDisabled) {
    const { Sql: sql, Actions: actions, ErrorAction: errorAction = null } = payload;
    cloud.topicRules.set(name, { name, sql, actions, errorAction });
  }
  return { ref: name, attributes: { Arn: arn(cloud, 'iot', `rule/${name}`) } };
};
