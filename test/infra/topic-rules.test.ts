// Topic rules: what starts onboarding and presence, where it goes, and who may send it there.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { RULE } from '#names/iot.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

const SQL = {
  [RULE.jitr]:
    "SELECT *, clientid() AS clientId, topic(5) AS caFromTopic, newuuid() AS eventId FROM '$aws/events/certificates/registered/+'",
  [RULE.presence]: "SELECT *, topic(4) AS presenceEvent, newuuid() AS eventId FROM '$aws/events/presence/#'",
};
const QUEUE = { [RULE.jitr]: /^OnboardingMessagesQueue/, [RULE.presence]: /^PresenceMessagesQueue/ };

describe('topic rules', () => {
  const { onboarding } = synthesizedStacks();
  const rules = resourcesOf(onboarding, 'AWS::IoT::TopicRule');

  it('J-01, G-01: there is one for first connects and one for presence', () => {
    const names = rules.map(({ properties }) => properties['RuleName']);
    expect(names.toSorted()).toEqual(Object.values(RULE).toSorted());
  });

  it.each(Object.values(RULE))('J-01: %s selects what its function parses, in the SQL of 2016-03-23', (rule) => {
    onboarding.hasResourceProperties('AWS::IoT::TopicRule', {
      RuleName: rule,
      TopicRulePayload: Match.objectLike({ Sql: SQL[rule], AwsIotSqlVersion: '2016-03-23', RuleDisabled: false }),
    });
  });

  it.each(Object.values(RULE))(
    'J-01: %s puts events on its queue, as text, and failed ones on the last one',
    (rule) => {
      const sqs = (queue: RegExp) => ({
        Sqs: { QueueUrl: { Ref: Match.stringLikeRegexp(queue.source) }, UseBase64: false, RoleArn: Match.anyValue() },
      });
      onboarding.hasResourceProperties('AWS::IoT::TopicRule', {
        RuleName: rule,
        TopicRulePayload: Match.objectLike({ Actions: [sqs(QUEUE[rule])], ErrorAction: sqs(/^RuleErrors/) }),
      });
    },
  );

  it.each(Object.values(RULE))('G-03: only %s of this account may use its role', (rule) => {
    onboarding.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: 'iot.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnEquals: {
                'aws:SourceArn': {
                  'Fn::Join': ['', Match.arrayWith([{ Ref: 'AWS::AccountId' }, `:rule/${rule}`])],
                },
              },
            },
          }),
        ],
      }),
    });
  });
});
