// Schedules of a template, on a clock that the test sets: the EventBridge Scheduler User Guide.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Deployment, startDeployment } from '#local/deployment.ts';
import type { JsonObject } from '#local/template/intrinsics.ts';
import { type EmulatedServices, startEmulatedServices } from '#support/emulated-services.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HANDLER =
  'export const handler = async (event) => { if (event.fail) throw new Error("no"); console.log(event.text); };';

let code: string;
beforeAll(async () => {
  code = await mkdtemp(join(tmpdir(), 'vestibule-code-'));
  await writeFile(join(code, 'index.mjs'), HANDLER);
});
afterAll(() => rm(code, { recursive: true }));

const QUEUE_ARN = { 'Fn::GetAtt': ['Queue', 'Arn'] };
const FUNCTION_ARN = { 'Fn::GetAtt': ['Fn', 'Arn'] };
const schedule = (ScheduleExpression: string, Target: JsonObject, more: JsonObject = {}): JsonObject => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { RoleArn: 'role', ...Target },
    ...more,
  },
});

type Running = { system: EmulatedServices; deployment: Deployment; received(): Promise<unknown[]> };

const deploy = async (clock: () => number, schedules: Readonly<Record<string, JsonObject>>): Promise<Running> => {
  const system = await startEmulatedServices({ clock });
  onTestFinished(() => system.stop());
  const Fn: JsonObject = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'sweeper',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'role',
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    },
  };
  const Resources: JsonObject = { Queue: { Type: 'AWS::SQS::Queue' }, Fn, ...schedules };
  const template: JsonObject = { Resources, Outputs: { Queue: { Value: { Ref: 'Queue' } } } };
  const deployment = await startDeployment({
    services: system.services,
    assembly: { stacks: [{ name: 'Timed', template }], assets: new Map([['code.zip', code]]) },
    apiPort: 0,
    clock,
    log: system.log,
  });
  onTestFinished(() => deployment.stop());
  const QueueUrl = deployment.outputs.get('Timed')?.get('Queue');
  return {
    system,
    deployment,
    received: async () => {
      const request = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await system.services.queues.send(request);
      return Messages.map(({ Body = '' }) => JSON.parse(Body) as unknown);
    },
  };
};

it('puts its input into a queue when it is due, with what the scheduler knows of the run', async () => {
  let now = NOW;
  const Input = JSON.stringify({
    act: 'expiry',
    commandId: '<aws.scheduler.execution-id>',
    at: '<aws.scheduler.scheduled-time>',
    by: '<aws.scheduler.schedule-arn>',
    attempt: '<aws.scheduler.attempt-number>',
    other: '<aws.scheduler.other>',
  });
  const Daily = schedule('cron(0 3 * * ? *)', { Arn: QUEUE_ARN, Input }, { Name: 'daily', GroupName: 'sweeps' });
  const { deployment, received } = await deploy(() => now, { Daily });
  now = Date.UTC(2026, 1, 1, 2, 59, 59);
  expect([await deployment.scheduler.runDue(), await received()]).toEqual([[], []]);

  now = Date.UTC(2026, 1, 1, 3);
  expect(await deployment.scheduler.runDue()).toEqual(['daily']);
  expect(await deployment.scheduler.runDue()).toEqual([]);
  const first = await received();
  now += DAY;
  await deployment.scheduler.runDue();

  const run = {
    act: 'expiry',
    commandId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    by: 'arn:aws:scheduler:eu-central-1:000000000000:schedule/sweeps/daily',
    attempt: '1',
    other: '<aws.scheduler.other>',
  };
  expect(first).toEqual([{ ...run, at: '2026-02-01T03:00:00Z' }]);
  const second = await received();
  expect(second).toEqual([{ ...run, at: '2026-02-02T03:00:00Z' }]);
  expect(second[0]).not.toEqual({ ...(first[0] as object), at: '2026-02-02T03:00:00Z' });
});

it('invokes a function, and says in the log when that fails', async () => {
  let now = NOW;
  const { deployment, system } = await deploy(() => now, {
    Good: schedule('rate(1 day)', { Arn: FUNCTION_ARN, Input: '{"text":"swept"}' }, { Name: 'good' }),
    Bad: schedule('cron(1 12 * * ? *)', { Arn: FUNCTION_ARN, Input: '{"fail":true}' }, { Name: 'bad' }),
  });
  now += MINUTE;
  await deployment.scheduler.runDue();

  const lines = () => system.log.lines().map(({ source, text }) => `${source}: ${text}`);
  await expect.poll(lines).toContain('sweeper: swept');
  expect(lines()).toContain('scheduler: bad: Error: no');
  expect(deployment.functions.get('sweeper').failures()).toHaveLength(1);
});

it('of a rate begins when it is made, and by itself', async () => {
  const { received, deployment } = await deploy(() => NOW, {
    Often: schedule('rate(5 minutes)', { Arn: QUEUE_ARN, Input: '{"n":1}' }),
  });
  await expect.poll(received).toEqual([{ n: 1 }]);
  expect(await deployment.scheduler.runDue()).toEqual([]);
});

it('runs by itself when its time comes', async () => {
  // the clock stands so that the next full minute is close
  const offset = Math.ceil(Date.now() / MINUTE) * MINUTE - Date.now() - 1_500;
  const { received } = await deploy(() => Date.now() + offset, {
    Minutely: schedule('cron(* * * * ? *)', { Arn: QUEUE_ARN, Input: '{"n":2}' }),
  });
  await expect.poll(received, { timeout: 10_000 }).toEqual([{ n: 2 }]);
});

it('runs once when the clock is set past several of its times', async () => {
  let now = NOW;
  const { deployment, received } = await deploy(() => now, {
    Daily: schedule('cron(0 3 * * ? *)', { Arn: QUEUE_ARN, Input: '{"n":3}' }, { Name: 'daily' }),
  });
  now += 30 * DAY;
  expect(await deployment.scheduler.runDue()).toEqual(['daily']);
  expect(await deployment.scheduler.runDue()).toEqual([]);
  expect(await received()).toEqual([{ n: 3 }]);
});

it('does not run while it is disabled', async () => {
  let now = NOW;
  const { deployment } = await deploy(() => now, {
    Off: schedule('cron(0 3 * * ? *)', { Arn: QUEUE_ARN, Input: '{}' }, { State: 'DISABLED' }),
  });
  now += DAY;
  expect(await deployment.scheduler.runDue()).toEqual([]);
});

it.each<[string, JsonObject, RegExp]>([
  [
    'an expression that is not understood',
    schedule('at(2026-01-31T12:00:00)', { Arn: QUEUE_ARN, Input: '{}' }),
    /at\(/,
  ],
  [
    'a time zone',
    schedule('rate(1 day)', { Arn: QUEUE_ARN, Input: '{}' }, { ScheduleExpressionTimezone: 'Europe/Berlin' }),
    /ScheduleExpressionTimezone/,
  ],
  ['a beginning', schedule('rate(1 day)', { Arn: QUEUE_ARN, Input: '{}' }, { StartDate: '2026-01-31' }), /StartDate/],
  ['another target', schedule('rate(1 day)', { Arn: 'arn:aws:sns:eu-central-1:000000000000:t', Input: '{}' }), /sns/],
  [
    'a queue that is not there',
    schedule('rate(1 day)', { Arn: 'arn:aws:sqs:eu-central-1:000000000000:none', Input: '{}' }),
    /does not exist|no queue/,
  ],
  [
    'a function that is not there',
    schedule('rate(1 day)', { Arn: 'arn:aws:lambda:eu-central-1:000000000000:function:none', Input: '{}' }),
    /no function/,
  ],
  ['an input that is no JSON', schedule('rate(1 day)', { Arn: QUEUE_ARN, Input: 'sweep' }), /expected JSON/],
  ['no input', schedule('rate(1 day)', { Arn: QUEUE_ARN }), /Input/],
])('with %s stops the start', async (_, Wrong, message) => {
  await expect(deploy(() => NOW, { Wrong })).rejects.toThrow(message);
});
