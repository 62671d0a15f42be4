// The daily look at what expires: a command that a scheduler puts on the trust queue.

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { TrustCommand } from '#contracts/trust-command.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

describe('the daily look at what expires', () => {
  const { onboarding } = synthesizedStacks();
  const [schedule, ...more] = resourcesOf(onboarding, 'AWS::Scheduler::Schedule');
  const target = Object(schedule?.properties['Target']);
  const queue = (id: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(id), 'Arn'] });

  it('I-10: comes once a day, in UTC, whatever the region', () => {
    expect(more).toEqual([]);
    expect(schedule?.properties).toMatchObject({
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
    });
  });

  it('I-10: is a command of the trust queue under the id of its run; one that cannot be sent is a dead letter', () => {
    expect(target).toMatchObject({
      Arn: queue(/^TrustMessagesQueue/),
      DeadLetterConfig: { Arn: queue(/^TrustMessagesDeadLetters/) },
    });
    expect(JSON.parse(target.Input)).toEqual({ act: 'expiry', commandId: '<aws.scheduler.execution-id>' });
    // as the scheduler sends it
    const command = JSON.parse(target.Input.replace('<aws.scheduler.execution-id>', 'd32c5kddcf5bb8c3'));
    expect(v.parse(TrustCommand, command)).toMatchObject({ act: 'expiry', commandId: 'd32c5kddcf5bb8c3' });
  });

  it('G-03: only schedules of this account may use its role', () => {
    const role = resourcesOf(onboarding, 'AWS::IAM::Role').find(({ id }) => id === target.RoleArn['Fn::GetAtt'][0]);
    expect(role?.properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnEquals: { 'aws:SourceArn': { 'Fn::Join': ['', expect.arrayContaining([':schedule-group/default'])] } },
          },
        },
      ],
    });
  });
});
